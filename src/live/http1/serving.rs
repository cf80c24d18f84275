//! The stand-ins' side: HTTP/1.1 servers on loopback in the place of modelled services. They pass requests to the engine and answer back; how long
//! that takes, and with what outcome, the engine says.

use super::poller::{Ready, Watch};
use super::visitor::{Over, Visitor, Waiting};
use crate::base::{EdgeId, Outcome, ServiceId};
use crate::engine::{Handle, Token, Traits};
use crate::plan::Plan;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind as Io};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Connections that one stand-in holds open; more wait in the kernel's backlog.
const CONNECTIONS_MAX: usize = 16_384;
const BACKLOG: i32 = 4096;
/// Accepted at a time, so that a flood at one door does not keep everything else waiting.
const ACCEPTS_MAX: usize = 64;
/// After a failed accept, usually for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
const BUFFER_BYTES: usize = 64 << 10;

/// These bits of a watched number tell listeners and visitors from the callers' connections.
const LISTENER: u64 = 1 << 61;
const VISITOR: u64 = 1 << 62;
const STAMP_MAX: u32 = (1 << 28) - 1;

/// A request that has come in whole.
#[derive(Clone, Copy, Debug)]
pub struct Requested {
    pub service: ServiceId,
    /// The edge, call and attempt it belongs to, if it is one of ours.
    pub from: Option<(EdgeId, Handle, u16)>,
    pub traits: Traits,
    pub token: Token,
}

/// All stand-ins of a run and those who are connected to them.
pub struct Servers {
    watch: Watch,
    plan: Arc<Plan>,
    doors: Vec<Door>,
    slots: Vec<Option<Box<Visitor>>>,
    free: Vec<u32>,
    last_stamp: u32,
    last_token: u32,
    requested: Vec<Requested>,
    buffer: Box<[u8]>,
}

struct Door {
    listener: TcpListener,
    service: ServiceId,
    open: usize,
    /// Not listened to until then.
    closed_until: Option<Instant>,
}

impl Servers {
    pub fn new(watch: Watch, plan: Arc<Plan>) -> Servers {
        Servers {
            watch,
            plan,
            doors: Vec::new(),
            slots: Vec::new(),
            free: Vec::new(),
            last_stamp: 0,
            last_token: 0,
            requested: Vec::new(),
            buffer: vec![0; BUFFER_BYTES].into(),
        }
    }

    /// Opens a door for a service on a free port of loopback.
    pub fn listen(&mut self, service: ServiceId) -> io::Result<SocketAddr> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking().cloexec(), Some(Protocol::TCP))?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        self.watch.listener(&listener, LISTENER | self.doors.len() as u64)?;
        self.doors.push(Door { listener, service, open: 0, closed_until: None });
        Ok(address)
    }

    /// Whether a watched number is one of ours.
    pub fn owns(number: u64) -> bool {
        number & (LISTENER | VISITOR) != 0
    }

    pub fn hear(&mut self, ready: Ready) {
        if ready.number & LISTENER != 0 {
            return self.accept((ready.number & !LISTENER) as usize);
        }
        let (slot, stamp) = (ready.number as u32, ((ready.number & !VISITOR) >> 32) as u32);
        let Some(visitor) = self.slots.get_mut(slot as usize).and_then(Option::as_deref_mut) else { return };
        if visitor.stamp != stamp {
            return;
        }
        if ready.readable {
            visitor.unread = true;
        }
        // Who has closed its side does not wait for an answer any more.
        let over = ready.ended && visitor.waiting.is_some();
        if over || (ready.writable && visitor.write().is_err()) {
            return self.close(slot);
        }
        self.read(slot);
    }

    pub fn has_requested(&self) -> bool {
        !self.requested.is_empty()
    }

    pub fn take_requested(&mut self) -> Vec<Requested> {
        std::mem::take(&mut self.requested)
    }

    /// Opens again the doors that were closed for want of descriptors.
    pub fn look_after(&mut self, now: Instant) {
        for (number, door) in self.doors.iter_mut().enumerate() {
            if door.closed_until.is_some_and(|until| now >= until) && door.open < CONNECTIONS_MAX {
                door.closed_until = None;
                // If that fails, it is tried again the next time.
                if self.watch.listener(&door.listener, LISTENER | number as u64).is_err() {
                    door.closed_until = Some(now + ACCEPT_PAUSE);
                }
            }
        }
    }

    /// Answers a request; a crash and a reset have no answer, the connection breaks.
    pub fn respond(&mut self, token: Token, outcome: Outcome) {
        let (slot, plan) = (token as u32, self.plan.clone());
        let Some(visitor) = self.waiting(token) else { return };
        let over = visitor.answer(outcome, &plan).and_then(|()| visitor.write()).is_err();
        match over {
            true => self.close(slot),
            false => self.read(slot),
        }
    }

    /// Who waits behind this token: is it still there?
    pub fn is_open(&self, token: Token) -> bool {
        let visitor = self.slots.get(token as u32 as usize).and_then(Option::as_deref);
        visitor.is_some_and(|visitor| visitor.waiting.is_some_and(|waiting| waiting.token == (token >> 32) as u32))
    }

    /// The attempt that waits behind this token.
    pub fn asker(&self, token: Token) -> Option<(EdgeId, Handle, u16)> {
        let visitor = self.slots.get(token as u32 as usize)?.as_deref()?;
        visitor.waiting.filter(|waiting| waiting.token == (token >> 32) as u32)?.about.from
    }

    /// Closes all doors and connections.
    pub fn close_all(&mut self) {
        self.doors.clear();
        self.slots.clear();
        self.free.clear();
    }

    fn waiting(&mut self, token: Token) -> Option<&mut Visitor> {
        let visitor = self.slots.get_mut(token as u32 as usize)?.as_deref_mut()?;
        visitor.waiting.is_some_and(|waiting| waiting.token == (token >> 32) as u32).then_some(visitor)
    }

    fn accept(&mut self, number: usize) {
        for _ in 0..ACCEPTS_MAX {
            let Some(door) = self.doors.get_mut(number) else { return };
            match door.listener.accept() {
                Ok((stream, _)) => match self.enter(stream, number) {
                    Ok(()) => {}
                    Err(_) => return self.shut(number),
                },
                Err(error) if error.kind() == Io::WouldBlock => return,
                Err(error) if matches!(error.kind(), Io::Interrupted | Io::ConnectionAborted) => {}
                Err(_) => return self.shut(number),
            }
            if self.doors[number].open >= CONNECTIONS_MAX {
                return self.shut(number);
            }
        }
    }

    /// Not listened to for a while: those who come wait in the kernel's backlog.
    fn shut(&mut self, number: usize) {
        let door = &mut self.doors[number];
        self.watch.forget(&door.listener);
        door.closed_until = Some(Instant::now() + ACCEPT_PAUSE);
    }

    fn enter(&mut self, stream: TcpStream, door: usize) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        let _ = stream.set_nodelay(true);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.last_stamp = self.last_stamp.wrapping_add(1) & STAMP_MAX;
        let number = VISITOR | u64::from(self.last_stamp) << 32 | u64::from(slot);
        if let Err(error) = self.watch.socket(&stream, number) {
            self.free.push(slot);
            return Err(error);
        }
        self.doors[door].open += 1;
        self.slots[slot as usize] = Some(Box::new(Visitor::new(stream, door, self.last_stamp)));
        Ok(())
    }

    fn read(&mut self, slot: u32) {
        let Some(visitor) = self.slots.get_mut(slot as usize).and_then(Option::as_deref_mut) else { return };
        match visitor.read(&mut self.buffer) {
            Ok(Some(mut about)) => {
                // A stranger may write anything there.
                about.from = about.from.filter(|(edge, ..)| edge.index() < self.plan.edges.len());
                self.last_token = self.last_token.wrapping_add(1);
                visitor.waiting = Some(Waiting { token: self.last_token, about });
                self.requested.push(Requested {
                    service: self.doors[visitor.door].service,
                    from: about.from,
                    traits: about.traits,
                    token: u64::from(self.last_token) << 32 | u64::from(slot),
                });
            }
            Ok(None) => {}
            Err(Over) => self.close(slot),
        }
    }

    fn close(&mut self, slot: u32) {
        if let Some(visitor) = self.slots[slot as usize].take() {
            self.free.push(slot);
            if let Some(door) = self.doors.get_mut(visitor.door) {
                door.open -= 1;
            }
        }
    }
}
