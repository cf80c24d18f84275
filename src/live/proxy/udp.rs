//! Datagrams: the same edge for protocols that do not use connections. Whoever sends from one port is a flow, with a socket of its own towards
//! the server, so that answers find back. Delays, cuts and faults on questions act on single datagrams; what is cut is lost, as on a network.
//! It keeps no order: a datagram that is late is overtaken.

use super::hub::Hub;
use super::lock;
use super::protocols::dns::{self, Verdict};
use super::rules::{Direction, Rules};
use super::stages::{Delays, Stages};
use super::timer::Alarm;
use crate::base::{Span, Time};
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// The largest datagram that there is.
const DATAGRAM_MAX: usize = 65_535;
/// A flow over which nothing comes back for this long is over.
const QUIET_MAX: Duration = Duration::from_secs(10);
/// Flows at a time; datagrams of further ones are lost.
const FLOWS_MAX: usize = 4096;

/// Must be called in a tokio runtime.
pub fn bound(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Listens for datagrams where the hub's door stands.
pub async fn carry_all(hub: Arc<Hub>, socket: UdpSocket) {
    let front = Arc::new(Front { hub, socket, flows: Mutex::default() });
    let mut buffer = vec![0; DATAGRAM_MAX];
    // Dropped with this task, and all flows with it.
    let mut tasks = JoinSet::new();
    let mut number = 0;
    loop {
        let (length, client) = match front.socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // What a client's closed port says of an earlier answer.
            Err(_) => continue,
        };
        while tasks.try_join_next().is_some() {}
        let known = lock(&front.flows).get(&client).cloned();
        let flow = match known {
            Some(flow) => flow,
            None => {
                let Some(flow) = front.begin(client, number).await else { continue };
                number += 1;
                tasks.spawn(answers(front.clone(), flow.clone()));
                flow
            }
        };
        tasks.spawn(question(front.clone(), flow, buffer[..length].to_vec()));
    }
}

struct Front {
    hub: Arc<Hub>,
    socket: UdpSocket,
    flows: Mutex<HashMap<SocketAddr, Arc<Flow>>>,
}

/// One client's port.
struct Flow {
    number: u64,
    client: SocketAddr,
    server: UdpSocket,
    /// By direction.
    stages: Mutex<[Stages; 2]>,
}

impl Front {
    async fn begin(&self, client: SocketAddr, number: u64) -> Option<Arc<Flow>> {
        if lock(&self.flows).len() >= FLOWS_MAX {
            self.hub.counters.dial_failures.fetch_add(1, Relaxed);
            return None;
        }
        let Ok(server) = self.open().await else {
            self.hub.counters.dial_failures.fetch_add(1, Relaxed);
            return None;
        };
        self.hub.counters.accepted.fetch_add(1, Relaxed);
        let stages = Direction::BOTH.map(|direction| Stages::new(direction, number, self.hub.now()));
        let flow = Arc::new(Flow { number, client, server, stages: Mutex::new(stages) });
        lock(&self.flows).insert(client, flow.clone());
        Some(flow)
    }

    async fn open(&self) -> io::Result<UdpSocket> {
        let server = self.hub.upstream.resolve().await?;
        let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(server).await?;
        Ok(socket)
    }

    /// The delays of a datagram, or `None` if it is lost.
    fn pass(&self, flow: &Flow, direction: Direction, bytes: usize, rules: &Rules) -> Option<Delays> {
        if rules.cuts(direction, flow.number) || rules.refuse {
            rules.count_held(direction, flow.number, Some(bytes));
            return None;
        }
        let now = self.hub.now();
        let stages = &mut lock(&flow.stages)[direction as usize];
        stages.follow(rules, now);
        if stages.is_empty() { Some(Delays::new()) } else { stages.arrive(now, bytes, &[]) }
    }

    async fn send(&self, flow: &Flow, direction: Direction, bytes: &[u8], late: Delays) {
        let late = late.into_iter().fold(Span::ZERO, |sum, (_, by)| sum + by);
        self.wait_until(self.hub.now() + late).await;
        let sent = match direction {
            Direction::Up => flow.server.send(bytes).await,
            Direction::Down => self.socket.send_to(bytes, flow.client).await,
        };
        // A datagram that nobody takes is lost, as on a network.
        self.hub.counters.bytes[direction as usize].fetch_add(sent.unwrap_or(0) as u64, Relaxed);
    }

    async fn wait_until(&self, at: Time) {
        let mut alarm = Alarm::default();
        poll_fn(|cx| {
            if at <= self.hub.now() {
                return Poll::Ready(());
            }
            alarm.set(self.hub.instant(at), cx.waker());
            Poll::Pending
        })
        .await;
    }
}

async fn question(front: Arc<Front>, flow: Arc<Flow>, bytes: Vec<u8>) {
    let rules = front.hub.rules();
    let Some(mut late) = front.pass(&flow, Direction::Up, bytes.len(), &rules) else { return };
    match dns::judge(&bytes, &rules) {
        Verdict::Dropped => {}
        Verdict::Goes(more) => {
            late.extend(more);
            front.send(&flow, Direction::Up, &bytes, late).await;
        }
        Verdict::Answered(answer, more) => {
            late.extend(more);
            front.send(&flow, Direction::Down, &answer, late).await;
        }
    }
}

async fn answers(front: Arc<Front>, flow: Arc<Flow>) {
    let mut buffer = vec![0; DATAGRAM_MAX];
    let mut late_ones = JoinSet::new();
    while let Ok(received) = tokio::time::timeout(QUIET_MAX, flow.server.recv(&mut buffer)).await {
        // A closed port of the server is told as an error; to the client it is silence.
        let Ok(length) = received else { continue };
        let rules = front.hub.rules();
        let Some(late) = front.pass(&flow, Direction::Down, length, &rules) else { continue };
        let (front, flow, bytes) = (front.clone(), flow.clone(), buffer[..length].to_vec());
        late_ones.spawn(async move { front.send(&flow, Direction::Down, &bytes, late).await });
    }
    lock(&front.flows).remove(&flow.client);
    late_ones.join_all().await;
}
