//! The one copy loop: moves the bytes of a connection in both directions, as the rules allow. It asks a lane what to do next and does
//! it; it knows no fault. Holds no buffer while nothing moves. If the proxy was told the protocol, a reader of its own sits between
//! reading and holding, and may take bytes away, change them, make them late or answer them.

use super::hub::{Close, Hub, Post};
use super::lane::{End, Lane, Next};
use super::pool;
use super::reader::{Piece, Reader, What};
use super::rules::{Direction, Rules};
use super::timer::Alarm;
use crate::base::Time;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Copies until both directions have ended, or until a reset or an order ends both.
pub async fn run(hub: &Hub, post: &Post, client: &mut TcpStream, server: &mut TcpStream) -> Close {
    let rules = hub.rules();
    let lane = |direction| Lane::new(direction, post.number, post.opened);
    let lanes = [lane(Direction::Up), lane(Direction::Down)];
    let reader = hub.reader(post.number);
    let alarm = Alarm::default();
    let mut link = Link { hub, post, rules, ends: [client, server], reset: [false; 2], lanes, reader, alarm };
    let begun = link.change();
    match begun {
        Some(close) => close,
        None => poll_fn(|cx| link.poll(cx)).await,
    }
}

struct Link<'a> {
    hub: &'a Hub,
    post: &'a Post,
    rules: Arc<Rules>,
    /// By the direction that is read from them: the client, the server.
    ends: [&'a mut TcpStream; 2],
    /// By the same: a write met its reset. The kernel tells that once, and shows a plain end to whoever reads afterwards.
    reset: [bool; 2],
    /// By direction.
    lanes: [Lane; 2],
    reader: Option<Box<dyn Reader>>,
    alarm: Alarm,
}

/// Bytes of answers that a fault has given, and that nobody has read yet, beyond which no more requests are read. More than a lane holds
/// of what it reads itself, so that requests go on while answers of the server are held.
const ANSWERS_HOLD_MAX: usize = 8 << 20;

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
        if let Some(close) = self.follow_rules() {
            return Poll::Ready(close);
        }
        let (mut up, mut down) = (self.pump(Direction::Up, cx), self.pump(Direction::Down, cx));
        if self.reader.is_some() {
            // What was read from the server may have put something into the other lane, and what was written to the client may have
            // made room for more answers.
            loop {
                up = self.pump(Direction::Up, cx);
                let full = self.is_full();
                down = self.pump(Direction::Down, cx);
                if !full || self.is_full() {
                    break;
                }
            }
        }
        let until = match (up, down) {
            (Still::Abort, _) | (_, Still::Abort) => return Poll::Ready(Close::Reset),
            _ if self.lanes.iter().all(Lane::closed) => return Poll::Ready(Close::Ended),
            (Still::Until(a), Still::Until(b)) => Some(a.min(b)),
            (Still::Until(at), Still::Idle) | (Still::Idle, Still::Until(at)) => Some(at),
            (Still::Idle, Still::Idle) => None,
        };
        if !self.rules.clear
            && let Some(close) = self.strike()
        {
            return Poll::Ready(close);
        }
        let ends = self.lanes.iter().filter_map(Lane::ends);
        if let Some(at) = ends.chain(until).min() {
            self.alarm.set(self.hub.instant(at), cx.waker());
        }
        Poll::Pending
    }

    /// The end that a toxic puts to the connection, if it is time.
    fn strike(&self) -> Option<Close> {
        let now = self.hub.now();
        self.lanes.iter().find_map(|lane| lane.strike(now))
    }

    fn follow_rules(&mut self) -> Option<Close> {
        if self.hub.version() == self.rules.version {
            return None;
        }
        self.rules = self.hub.rules();
        self.change()
    }

    fn change(&mut self) -> Option<Close> {
        let now = self.hub.now();
        let [up, down] = self.lanes.each_mut().map(|lane| lane.change(&self.rules, now));
        up.or(down)
    }

    /// So much is answered by faults and unread that requests must wait.
    fn is_full(&self) -> bool {
        let answers = self.reader.as_ref().map_or(0, |reader| reader.holds());
        let down = &self.lanes[Direction::Down as usize];
        self.reader.is_some() && (down.holds() + answers > ANSWERS_HOLD_MAX || down.is_crowded())
    }

    fn wants_more(&self, direction: Direction) -> bool {
        self.lanes[direction as usize].wants_more(&self.rules) && !(direction == Direction::Up && self.is_full())
    }

    /// Moves one lane as far as it goes now. The sockets spend tokio's budget, which gives other tasks their turn.
    fn pump(&mut self, direction: Direction, cx: &mut Context<'_>) -> Still {
        loop {
            // Without a rule that needs it, nobody looks at the clock.
            let now = if self.rules.clear && self.reader.is_none() { Time::ZERO } else { self.hub.now() };
            let lane = &mut self.lanes[direction as usize];
            let to = &mut self.ends[direction.other() as usize];
            let still = match lane.next(now, &self.rules) {
                Next::Write(bytes) => match Pin::new(&mut **to).poll_write(cx, bytes) {
                    Poll::Ready(Ok(count)) => {
                        self.hub.counters.bytes[direction as usize].fetch_add(count as u64, Relaxed);
                        lane.wrote(now, count);
                        continue;
                    }
                    // The receiver is gone; its own sending side, the other lane, says how.
                    Poll::Ready(Err(error)) => {
                        self.reset[direction.other() as usize] |= error.kind() == ErrorKind::ConnectionReset;
                        lane.close();
                        Still::Idle
                    }
                    Poll::Pending => Still::Idle,
                },
                Next::Shut => {
                    let _ = Pin::new(&mut **to).poll_shutdown(cx);
                    lane.close();
                    Still::Idle
                }
                Next::Abort => return Still::Abort,
                Next::Wait(at) => Still::Until(at),
                Next::Idle => Still::Idle,
            };
            if !self.wants_more(direction) || !self.fill(direction, now, cx) {
                self.lanes[direction as usize].compact();
                return still;
            }
        }
    }

    /// Reads once into the lane; `false` if there is nothing to read now.
    fn fill(&mut self, direction: Direction, now: Time, cx: &mut Context<'_>) -> bool {
        let mut buffer = pool::take();
        let count = match poll_read(self.ends[direction as usize], &mut buffer, cx) {
            Poll::Pending => {
                pool::give(buffer);
                return false;
            }
            Poll::Ready(Ok(0)) if self.reset[direction as usize] => Err(ErrorKind::ConnectionReset.into()),
            Poll::Ready(read) => read,
        };
        if let Ok(count) = count {
            self.hub.counters.received[direction as usize].fetch_add(count as u64, Relaxed);
        }
        let lane = &mut self.lanes[direction as usize];
        match (count, &mut self.reader) {
            (Ok(0), None) => lane.end(now, End::Shut),
            (Ok(count), None) => {
                lane.admit(now, buffer, count, &self.rules);
                return true;
            }
            (Ok(count), Some(reader)) => {
                let mut pieces = Vec::new();
                match count {
                    0 => reader.ended(direction, now, &self.rules, &mut pieces),
                    _ => reader.read(direction, &buffer[..count], now, &self.rules, &mut pieces),
                }
                self.take_pieces(pieces, now);
                pool::give(buffer);
                return count > 0;
            }
            (Err(_), _) => lane.end(now, End::Reset),
        }
        pool::give(buffer);
        true
    }

    fn take_pieces(&mut self, pieces: Vec<Piece>, now: Time) {
        for piece in pieces {
            let lane = &mut self.lanes[piece.direction as usize];
            match piece.what {
                What::Bytes(bytes) => lane.admit_late(now, bytes.into_boxed_slice(), piece.late, &self.rules),
                What::End(end) => lane.end_late(now, end, piece.late),
            }
        }
    }
}

fn poll_read(from: &mut TcpStream, buffer: &mut [u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    let mut space = ReadBuf::new(buffer);
    Pin::new(from).poll_read(cx, &mut space).map_ok(|()| space.filled().len())
}
