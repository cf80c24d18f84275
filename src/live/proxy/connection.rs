//! The life of one connection through the proxy: wait while the edge is cut, dial the server, copy, close or reset. Dialling happens
//! here, in the connection's own task, so that a server that does not answer never keeps others from being accepted.

use super::door::RETRY_PAUSE;
use super::evidence::Count;
use super::hub::{Close, Hub, Post};
use super::rules::{Act, Direction};
use super::timer::Alarm;
use super::{link, pool, tls};
use crate::base::Time;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;

/// A server that does not answer the dial for this long is taken for dead.
const DIAL_MAX: Duration = Duration::from_secs(30);
/// Bytes that are read and thrown away at most before a connection is closed in the middle of its streams.
const DRAIN_MAX: usize = 16 << 20;

/// Accepts connections until the task is aborted.
pub async fn accept_all(hub: Arc<Hub>) {
    loop {
        match hub.door.accept().await {
            Ok(client) => match hub.enter() {
                Some(post) => drop(tokio::spawn(serve(hub.clone(), post, client))),
                None => close(Some(client), Close::Reset),
            },
            // Out of descriptors, or the port is taken: both can pass.
            Err(_) => {
                hub.counters.listen_failures.fetch_add(1, Relaxed);
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }
}

async fn serve(hub: Arc<Hub>, post: Arc<Post>, mut client: TcpStream) {
    let registered = Registered { hub: &hub, number: post.number };
    let mut server = None;
    let end = match until_open(&hub, &post).await {
        Some(end) => end,
        None if hub.rules().certificate().is_some() => untrusted(&hub, &post, &mut client).await,
        None => match dial_late(&hub, &post).await {
            Ok(stream) => {
                let stream = server.insert(stream);
                // A proxy that waits for more bytes to send at once would add a delay of its own.
                let _ = client.set_nodelay(true);
                let _ = stream.set_nodelay(true);
                link::run(&hub, &post, &mut client, stream).await
            }
            Err(end) => end,
        },
    };
    close(Some(client), end);
    close(server, end);
    drop(registered);
}

/// A connection that meets a wrong certificate.
async fn untrusted(hub: &Hub, post: &Post, client: &mut TcpStream) -> Close {
    let rules = hub.rules();
    let Some(rule) = rules.certificate() else { return Close::Clean };
    let Act::Certificate { wrong, acceptor } = &*rule.act else { return Close::Clean };
    let make = || tls::acceptor(*wrong, hub.authority.as_deref()).ok();
    match acceptor.get_or_init(make) {
        Some(acceptor) => Box::pin(tls::serve(hub, post, client, rule, acceptor)).await,
        None => Close::Reset,
    }
}

/// Waits while the edge is cut on the way to the server. A cut of the answers alone lets connections come about: what it is for is
/// a request that is served and whose answer never comes.
async fn until_open(hub: &Hub, post: &Post) -> Option<Close> {
    let mut counted = false;
    poll_fn(|cx| {
        let order = post.poll(cx.waker());
        let rules = hub.rules();
        if order.is_some() || !rules.cuts(Direction::Up, post.number) {
            return Poll::Ready(order);
        }
        if !counted {
            rules.count_held(Direction::Up, post.number, None);
            counted = true;
        }
        Poll::Pending
    })
    .await
}

/// Waits as long as faults of connecting say, then dials.
async fn dial_late(hub: &Hub, post: &Post) -> Result<TcpStream, Close> {
    // By rule: whether it was counted, and until when it waits.
    let mut waits: Vec<(u64, Option<Time>)> = Vec::new();
    let mut alarm = Alarm::default();
    poll_fn(|cx| {
        if let Some(close) = post.poll(cx.waker()) {
            return Poll::Ready(Err(close));
        }
        let rules = hub.rules();
        let mut until = Some(post.opened);
        for (rule, by) in rules.connects(post.number) {
            let (stamp, chance) = (rule.stamp, || rule.dice(&format!("{}", post.number)));
            let wait = match waits.iter().find(|(of, _)| *of == stamp) {
                Some((_, wait)) => *wait,
                None => {
                    let wait = by.map(|by| post.opened + by.draw_span(&mut chance()));
                    match wait {
                        Some(until) => rule.tally.add(Count::ConnectsDelayed, u64::from(until > post.opened)),
                        None => rule.tally.add(Count::ConnectsNever, 1),
                    }
                    waits.push((stamp, wait));
                    wait
                }
            };
            until = until.zip(wait).map(|(a, b)| a.max(b));
        }
        match until {
            Some(until) if until <= hub.now() => Poll::Ready(Ok(())),
            Some(until) => {
                alarm.set(hub.instant(until), cx.waker());
                Poll::Pending
            }
            None => Poll::Pending,
        }
    })
    .await?;
    dial(hub, post).await
}

async fn dial(hub: &Hub, post: &Post) -> Result<TcpStream, Close> {
    let order = poll_fn(|cx| post.poll(cx.waker()).map_or(Poll::Pending, Poll::Ready));
    // Boxed, because the task keeps the room of its largest moment for as long as it lives.
    let dialled = Box::pin(tokio::time::timeout(DIAL_MAX, hub.upstream.connect()));
    tokio::select! {
        biased;
        close = order => Err(close),
        result = dialled => match result {
            Ok(Ok(stream)) => Ok(stream),
            // The server did answer, and then reset the connection before we were woken.
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset => Err(Close::Reset),
            _ => {
                hub.counters.dial_failures.fetch_add(1, Relaxed);
                Err(Close::Clean)
            }
        },
    }
}

fn close(stream: Option<TcpStream>, end: Close) {
    let Some(stream) = stream else { return };
    match end {
        Close::Ended => {}
        // What was not read would turn the kernel's FIN into a reset, and the peer might lose what it has not read yet.
        Close::Clean => drain(&stream),
        // The kernel then sends RST instead of FIN, and throws away what it has not yet delivered.
        Close::Reset => drop(stream.set_zero_linger()),
    }
}

fn drain(stream: &TcpStream) {
    let mut buffer = pool::take();
    let mut left = DRAIN_MAX;
    while let Ok(count @ 1..) = stream.try_read(&mut buffer) {
        left = left.saturating_sub(count);
        if left == 0 {
            break;
        }
    }
    pool::give(buffer);
}

/// Leaves the register however the task ends.
struct Registered<'a> {
    hub: &'a Hub,
    number: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.hub.leave(self.number);
    }
}
