//! The callers' side: keep-alive HTTP/1.1 connections, one request at a time on each, newest idle one first. Everything happens on the thread that calls,
//! when it sends or when a socket has something to say. It has no timers and never sends a request again that may have reached the server.

use super::answer::{Answer, Manner, Read as Heard};
use super::outgoing::Outgoing;
use super::poller::{Ready, Watch};
use super::template::Template;
use crate::base::{EdgeId, ErrorKind, Outcome};
use crate::engine::{Handle, Request};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind as Io, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Idle connections kept for one edge.
const IDLE_MAX: usize = 4096;
const BUFFER_BYTES: usize = 64 << 10;

/// Where the calls of one edge go, and how they are written.
pub struct Line {
    pub address: SocketAddr,
    pub template: Template,
    pub manner: Manner,
}

/// A call that has its answer, or will never have one.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    pub call: Handle,
    pub attempt: u16,
    pub outcome: Outcome,
    pub took: Duration,
}

/// Names a connection; a stale name is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    slot: u32,
    stamp: u32,
}

/// All connections of the callers of a run.
pub struct Callers {
    watch: Watch,
    /// By edge; `None` where calls are carried otherwise.
    lines: Vec<Option<Arc<Line>>>,
    /// By edge: connections that were idle when they were put here.
    idle: Vec<Vec<Place>>,
    /// By edge: each request takes a new connection, because a fault resets new ones, each with its chance.
    fresh_only: Vec<bool>,
    slots: Vec<Option<Box<Connection>>>,
    free: Vec<u32>,
    most_open: usize,
    last_stamp: u32,
    answered: Vec<Answered>,
    buffer: Box<[u8]>,
}

struct Connection {
    stream: TcpStream,
    stamp: u32,
    edge: EdgeId,
    line: Arc<Line>,
    connected: bool,
    out: Outgoing,
    answer: Answer,
    job: Option<Job>,
}

#[derive(Clone, Copy)]
struct Job {
    request: Request,
    begun: Instant,
    /// The connection has carried others before, and nothing of this request has left yet.
    untouched: bool,
}

/// How a connection stands after it was moved on.
enum Turn {
    Waits,
    Answered { outcome: Outcome, keep: bool },
    Broken(ErrorKind),
}

impl Callers {
    pub fn new(watch: Watch, lines: Vec<Option<Arc<Line>>>) -> Callers {
        let edges = lines.len();
        Callers {
            watch,
            lines,
            idle: vec![Vec::new(); edges],
            fresh_only: vec![false; edges],
            slots: Vec::new(),
            free: Vec::new(),
            most_open: 0,
            last_stamp: 0,
            answered: Vec::new(),
            buffer: vec![0; BUFFER_BYTES].into(),
        }
    }

    pub fn carries(&self, edge: EdgeId) -> bool {
        self.lines[edge.index()].is_some()
    }

    pub fn use_fresh_connections(&mut self, edge: EdgeId, only: bool) {
        self.fresh_only[edge.index()] = only;
    }

    /// Sends a request; `None` if it came to nothing at once, which is among the answered then.
    pub fn send(&mut self, request: &Request) -> Option<Place> {
        self.send_job(Job { request: *request, begun: Instant::now(), untouched: false })
    }

    /// Nobody waits for the answer any more: the connection is closed, so that the server sees that its caller has gone.
    pub fn abandon(&mut self, place: Place) {
        if self.connection(place).is_some_and(|connection| connection.job.is_some()) {
            self.close(place);
        }
    }

    /// Connections that were open at one moment, at most.
    pub fn most_open(&self) -> usize {
        // A slot is only made when all others are taken.
        self.most_open
    }

    /// Closes everything.
    pub fn hang_up(&mut self) {
        self.slots.clear();
        self.free.clear();
        self.idle.iter_mut().for_each(Vec::clear);
    }

    pub fn hear(&mut self, ready: Ready) {
        let place = Place::of_number(ready.number);
        let Some(connection) = self.slots.get_mut(place.slot as usize).and_then(Option::as_deref_mut) else { return };
        if connection.stamp != place.stamp {
            return;
        }
        let turn = connection.move_on(ready, &mut self.buffer);
        self.settle(place, turn);
    }

    pub fn take_answered(&mut self) -> Vec<Answered> {
        std::mem::take(&mut self.answered)
    }

    pub fn has_answered(&self) -> bool {
        !self.answered.is_empty()
    }

    fn send_job(&mut self, job: Job) -> Option<Place> {
        let edge = job.request.edge;
        while let Some(place) = self.idle[edge.index()].pop() {
            if self.fresh_only[edge.index()] {
                self.close(place);
                continue;
            }
            let Some(connection) = self.connection(place).filter(|connection| connection.job.is_none()) else {
                continue;
            };
            let turn = connection.begin(Job { untouched: true, ..job });
            return self.settle(place, turn);
        }
        match self.open(edge) {
            Ok(place) => {
                let turn = self.connection(place).map_or(Turn::Waits, |connection| connection.begin(job));
                self.settle(place, turn)
            }
            Err(error) => {
                self.finish(&job, Outcome::Failed(kind_of(&error)));
                None
            }
        }
    }

    fn settle(&mut self, place: Place, turn: Turn) -> Option<Place> {
        match turn {
            Turn::Waits => return Some(place),
            Turn::Answered { outcome, keep } => {
                let connection = self.connection(place)?;
                let (job, edge) = (connection.job.take(), connection.edge);
                if let Some(job) = job {
                    self.finish(&job, outcome);
                }
                match keep && self.idle[edge.index()].len() < IDLE_MAX {
                    true => self.idle[edge.index()].push(place),
                    false => self.close(place),
                }
            }
            Turn::Broken(kind) => {
                let job = self.connection(place).and_then(|connection| connection.job.take());
                self.close(place);
                match job {
                    // The server had closed the idle connection and the request never left: another one is tried.
                    Some(job) if job.untouched => return self.send_job(Job { untouched: false, ..job }),
                    Some(job) => self.finish(&job, Outcome::Failed(kind)),
                    None => {}
                }
            }
        }
        None
    }

    fn finish(&mut self, job: &Job, outcome: Outcome) {
        let Request { call, attempt, .. } = job.request;
        self.answered.push(Answered { call, attempt, outcome, took: job.begun.elapsed() });
    }

    fn open(&mut self, edge: EdgeId) -> io::Result<Place> {
        let Some(line) = self.lines[edge.index()].clone() else { return Err(Io::ConnectionRefused.into()) };
        let stream = dial(line.address)?;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                self.most_open = self.slots.len();
                self.slots.len() as u32 - 1
            }
        };
        self.last_stamp = self.last_stamp.wrapping_add(1) & STAMP_MAX;
        let place = Place { slot, stamp: self.last_stamp };
        if let Err(error) = self.watch.socket(&stream, place.number()) {
            self.free.push(slot);
            return Err(error);
        }
        self.slots[slot as usize] = Some(Box::new(Connection::new(stream, place.stamp, edge, line)));
        Ok(place)
    }

    fn close(&mut self, place: Place) {
        if self.connection(place).is_some() {
            self.slots[place.slot as usize] = None;
            self.free.push(place.slot);
        }
    }

    fn connection(&mut self, place: Place) -> Option<&mut Connection> {
        let connection = self.slots.get_mut(place.slot as usize)?.as_deref_mut()?;
        (connection.stamp == place.stamp).then_some(connection)
    }
}

/// Stamps leave the highest bits of a number to others who watch sockets at the same poller.
const STAMP_MAX: u32 = (1 << 28) - 1;

impl Place {
    pub fn number(self) -> u64 {
        u64::from(self.stamp) << 32 | u64::from(self.slot)
    }

    pub fn of_number(number: u64) -> Place {
        Place { slot: number as u32, stamp: (number >> 32) as u32 }
    }
}

impl Connection {
    fn new(stream: TcpStream, stamp: u32, edge: EdgeId, line: Arc<Line>) -> Connection {
        Connection {
            stream,
            stamp,
            edge,
            line,
            connected: false,
            out: Outgoing::default(),
            answer: Answer::default(),
            job: None,
        }
    }

    fn begin(&mut self, job: Job) -> Turn {
        let body = self.line.template.write(&job.request, self.out.begin());
        self.out.fill(body);
        self.answer.clear();
        self.job = Some(job);
        match self.connected {
            true => self.write(),
            false => Turn::Waits,
        }
    }

    fn move_on(&mut self, ready: Ready, buffer: &mut [u8]) -> Turn {
        if !self.connected {
            if !ready.writable {
                return Turn::Waits;
            }
            match self.stream.take_error() {
                Ok(None) => self.connected = true,
                Ok(Some(error)) | Err(error) => return Turn::Broken(kind_of(&error)),
            }
        }
        if ready.writable
            && let Turn::Broken(kind) = self.write()
        {
            return Turn::Broken(kind);
        }
        match ready.readable {
            true => self.read(ready.ended, buffer),
            false => Turn::Waits,
        }
    }

    fn write(&mut self) -> Turn {
        let untouched = self.job.is_some_and(|job| job.untouched);
        match self.out.write(&mut self.stream) {
            Ok(0) => {}
            Ok(_) => self.job.iter_mut().for_each(|job| job.untouched = false),
            // What the server said before it closed may still be read, such as a refusal of a long body.
            Err(error) if !untouched && error.kind() == Io::BrokenPipe => self.out.give_up(),
            Err(error) => return Turn::Broken(kind_of(&error)),
        }
        Turn::Waits
    }

    /// Reads until nothing more is there; a read that did not fill the buffer has taken everything, unless the end is near.
    fn read(&mut self, ended: bool, buffer: &mut [u8]) -> Turn {
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return self.at_end(),
                Ok(count) => count,
                Err(error) if error.kind() == Io::WouldBlock => return Turn::Waits,
                Err(error) if error.kind() == Io::Interrupted => continue,
                Err(error) => return Turn::Broken(kind_of(&error)),
            };
            if self.job.is_none() {
                // Nobody asked for anything.
                return Turn::Broken(ErrorKind::Error);
            }
            match self.answer.feed(&buffer[..count], self.line.manner) {
                Ok(Heard::More) if count < buffer.len() && !ended => return Turn::Waits,
                Ok(Heard::More) => {}
                Ok(Heard::Whole { outcome, keep }) => {
                    return Turn::Answered { outcome, keep: keep && self.out.is_done() && !ended };
                }
                Err(_) => return Turn::Broken(ErrorKind::Error),
            }
        }
    }

    fn at_end(&mut self) -> Turn {
        match self.answer.end() {
            Some(outcome) => Turn::Answered { outcome, keep: false },
            None => Turn::Broken(ErrorKind::Reset),
        }
    }
}

/// Begins to connect, and does not wait.
fn dial(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking().cloexec(), Some(Protocol::TCP))?;
    // Small requests must not wait for one another's acknowledgements.
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket.into()),
    }
}

fn kind_of(error: &io::Error) -> ErrorKind {
    match error.kind() {
        Io::ConnectionRefused => ErrorKind::Refused,
        Io::TimedOut => ErrorKind::Timeout,
        _ => ErrorKind::Reset,
    }
}
