//! The one copy loop: moves the bytes of a connection in both directions, as the rules allow. It asks a lane what to do next and does
//! it; it knows no fault. Holds no buffer while nothing moves.

use super::hub::{Close, Hub, Post};
use super::lane::{End, Lane, Next};
use super::rules::{Direction, Rules};
use super::{pool, timer};
use crate::base::Time;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Copies until both directions have ended, or until a reset or an order ends both.
pub async fn run(hub: &Hub, post: &Post, client: &mut TcpStream, server: &mut TcpStream) -> Close {
    let up = Lane::new(Direction::Up, post.number);
    let down = Lane::new(Direction::Down, post.number);
    let mut link = Link { hub, post, rules: hub.rules(), client, server, up, down, alarm: None };
    poll_fn(|cx| link.poll(cx)).await
}

struct Link<'a> {
    hub: &'a Hub,
    post: &'a Post,
    rules: Arc<Rules>,
    client: &'a mut TcpStream,
    server: &'a mut TcpStream,
    up: Lane,
    down: Lane,
    /// The earliest wake-up that is still to come.
    alarm: Option<Time>,
}

/// Why a lane stands still.
enum Still {
    /// Until a socket is ready or the rules change.
    Idle,
    Until(Time),
    Abort,
}

impl Link<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Close> {
        // The waker is left before orders and rules are looked at, so that no change can slip through in between.
        if let Some(close) = self.post.poll(cx.waker()) {
            return Poll::Ready(close);
        }
        self.follow_rules();
        let up = pump(self.hub, &self.rules, &mut self.up, Direction::Up, self.client, self.server, cx);
        let down = pump(self.hub, &self.rules, &mut self.down, Direction::Down, self.server, self.client, cx);
        match (up, down) {
            (Still::Abort, _) | (_, Still::Abort) => return Poll::Ready(Close::Reset),
            _ if self.up.closed() && self.down.closed() => return Poll::Ready(Close::Clean),
            (Still::Until(a), Still::Until(b)) => self.wake_at(a.min(b), cx),
            (Still::Until(at), Still::Idle) | (Still::Idle, Still::Until(at)) => self.wake_at(at, cx),
            (Still::Idle, Still::Idle) => {}
        }
        Poll::Pending
    }

    fn follow_rules(&mut self) {
        if self.hub.version() != self.rules.version {
            let new = self.hub.rules();
            self.up.change(&self.rules, &new);
            self.down.change(&self.rules, &new);
            self.rules = new;
        }
    }

    fn wake_at(&mut self, at: Time, cx: &Context<'_>) {
        let rings = self.alarm.filter(|alarm| *alarm > self.hub.now());
        if rings.is_none_or(|alarm| at < alarm) {
            self.alarm = Some(at);
            timer::wake_at(self.hub.instant(at), cx.waker().clone());
        }
    }
}

/// Moves one lane as far as it goes now. The sockets spend tokio's budget, which gives other tasks their turn.
fn pump(
    hub: &Hub,
    rules: &Rules,
    lane: &mut Lane,
    direction: Direction,
    from: &mut TcpStream,
    to: &mut TcpStream,
    cx: &mut Context<'_>,
) -> Still {
    loop {
        // Without a rule that needs it, nobody looks at the clock.
        let now = if rules.clear { Time::ZERO } else { hub.now() };
        let still = match lane.next(now, rules) {
            Next::Write(bytes) => match Pin::new(&mut *to).poll_write(cx, bytes) {
                Poll::Ready(Ok(count)) => {
                    hub.counters.bytes[direction as usize].fetch_add(count as u64, Relaxed);
                    lane.wrote(count);
                    continue;
                }
                // The receiver is gone; its own sending side, the other lane, says how.
                Poll::Ready(Err(_)) => {
                    lane.close();
                    Still::Idle
                }
                Poll::Pending => Still::Idle,
            },
            Next::Shut => {
                let _ = Pin::new(&mut *to).poll_shutdown(cx);
                lane.close();
                Still::Idle
            }
            Next::Abort => return Still::Abort,
            Next::Wait(at) => Still::Until(at),
            Next::Idle => Still::Idle,
        };
        if !lane.wants_more(rules) || !fill(rules, lane, now, from, cx) {
            lane.compact();
            return still;
        }
    }
}

/// Reads once into the lane; `false` if there is nothing to read now.
fn fill(rules: &Rules, lane: &mut Lane, now: Time, from: &mut TcpStream, cx: &mut Context<'_>) -> bool {
    let mut buffer = pool::take();
    match poll_read(from, &mut buffer, cx) {
        Poll::Pending => {
            pool::give(buffer);
            return false;
        }
        Poll::Ready(Ok(0)) => lane.end(now, End::Shut, rules),
        Poll::Ready(Ok(count)) => {
            lane.admit(now, buffer, count, rules);
            return true;
        }
        Poll::Ready(Err(_)) => lane.end(now, End::Reset, rules),
    }
    pool::give(buffer);
    true
}

fn poll_read(from: &mut TcpStream, buffer: &mut [u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    let mut space = ReadBuf::new(buffer);
    Pin::new(from).poll_read(cx, &mut space).map_ok(|()| space.filled().len())
}
