//! One direction of one connection: the bytes that were read and have not yet been written, and what may be done with them now.
//! Pure: time in, decisions out; the link reads and writes. Never reorders: first in is first out whatever was drawn. It drops only what
//! a toxic says must vanish.

use super::hub::Close;
use super::pool::{self, CHUNK};
use super::rules::{Direction, Rules};
use super::stages::{Delays, Stages};
use crate::base::Time;
use std::collections::VecDeque;

#[derive(Debug)]
pub struct Lane {
    direction: Direction,
    connection: u64,
    /// Rules of now hold everything.
    cut: bool,
    stages: Stages,
    queue: VecDeque<Held>,
    bytes: usize,
    turn: Option<Turn>,
    /// The last read filled its buffer: the next one continues the same burst and shares its draws.
    burst: bool,
    ended: bool,
    closed: bool,
}

/// What the link has to do next to move this lane on.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    Write(&'a [u8]),
    /// Pass on the end of the stream (half-close).
    Shut,
    /// Pass on a reset.
    Abort,
    Wait(Time),
    Idle,
}

/// How the sender stopped sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Shut,
    Reset,
}

#[derive(Debug)]
struct Held {
    arrived: Time,
    /// By the stamp of the rule that added it, so that healing one fault takes away only its share.
    delays: Delays,
    what: What,
}

#[derive(Debug)]
enum What {
    Bytes { buffer: Box<[u8]>, from: usize, to: usize },
    End(End),
}

/// A reservation with the toxics that shape the flow: how many bytes, and when.
#[derive(Clone, Copy, Debug)]
struct Turn {
    bytes: usize,
    from: Time,
}

/// Held chunks beyond which a link stops reading, however small they are.
const CHUNKS_MAX: usize = 16 * 1024;
/// Bytes held by a cut before a link stops reading.
const CUT_HOLDS_MAX: usize = 256 << 10;
/// Bytes of messages that are late: those behind them must be read to be late from when they came.
const SPOIL_HOLDS_MAX: usize = 4 << 20;
/// Without a fault one chunk at a time is taken, and the next only when it is gone.
const PLAIN_HOLDS_MAX: usize = 1;

impl Lane {
    pub fn new(direction: Direction, connection: u64, opened: Time) -> Lane {
        Lane {
            direction,
            connection,
            cut: false,
            stages: Stages::new(direction, connection, opened),
            queue: VecDeque::new(),
            bytes: 0,
            turn: None,
            burst: false,
            ended: false,
            closed: false,
        }
    }

    /// Everything was passed on, the end included, or there is nobody left to take it.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// When a toxic ends the connection; asked again whenever the lane was moved.
    pub fn ends(&self) -> Option<Time> {
        self.stages.ends()
    }

    /// Ends the connection if it is time.
    pub fn strike(&self, now: Time) -> Option<Close> {
        self.stages.strike(now)
    }

    /// Whether the link should read.
    pub fn wants_more(&self, rules: &Rules) -> bool {
        !self.ended && self.bytes < self.holds_max(rules) && self.queue.len() < CHUNKS_MAX
    }

    pub fn holds(&self) -> usize {
        self.bytes
    }

    /// It holds more chunks than it would read by itself: answers that were put into it.
    pub fn is_crowded(&self) -> bool {
        self.queue.len() > 4 * CHUNKS_MAX
    }

    /// How many held bytes stop the link from reading more.
    fn holds_max(&self, rules: &Rules) -> usize {
        if rules.clear {
            return PLAIN_HOLDS_MAX;
        }
        let cut = if self.cut { CUT_HOLDS_MAX } else { PLAIN_HOLDS_MAX };
        let spoil = if rules.spoils().next().is_some() { SPOIL_HOLDS_MAX } else { PLAIN_HOLDS_MAX };
        self.stages.holds_max().max(cut).max(spoil)
    }

    /// Takes what was read into `buffer[..len]`.
    pub fn admit(&mut self, now: Time, buffer: Box<[u8]>, len: usize, rules: &Rules) {
        let full = len == buffer.len();
        self.hold(now, buffer, len, Delays::new(), rules);
        self.burst = full;
    }

    /// Takes bytes that a reader has made late, beside what the toxics do.
    pub fn admit_late(&mut self, now: Time, bytes: Box<[u8]>, late: Delays, rules: &Rules) {
        let len = bytes.len();
        self.burst = false;
        if len > 0 && !self.ended {
            self.hold(now, bytes, len, late, rules);
        }
    }

    fn hold(&mut self, now: Time, buffer: Box<[u8]>, len: usize, late: Delays, rules: &Rules) {
        self.compact();
        let Some(mut delays) = self.arrive(now, len) else { return pool::give(buffer) };
        delays.extend(late);
        if self.cut {
            rules.count_held(self.direction, self.connection, Some(len));
        }
        self.bytes += len;
        self.queue.push_back(Held { arrived: now, delays, what: What::Bytes { buffer, from: 0, to: len } });
    }

    fn arrive(&mut self, now: Time, len: usize) -> Option<Delays> {
        if self.stages.is_empty() {
            return Some(Delays::new());
        }
        let before = match self.queue.back() {
            Some(last) if self.burst => &last.delays[..],
            _ => &[],
        };
        self.stages.arrive(now, len, before)
    }

    /// The sender has stopped sending; that too travels through the queue.
    pub fn end(&mut self, now: Time, end: End) {
        self.end_late(now, end, Delays::new());
    }

    /// The same for an end that a reader has made late, beside what the toxics do.
    pub fn end_late(&mut self, now: Time, end: End, late: Delays) {
        if self.ended {
            return;
        }
        self.compact();
        let mut delays = self.stages.end(now);
        delays.extend(late);
        self.ended = true;
        self.queue.push_back(Held { arrived: now, delays, what: What::End(end) });
    }

    pub fn next(&mut self, now: Time, rules: &Rules) -> Next<'_> {
        let Some(head) = self.queue.front().filter(|_| !self.cut) else { return Next::Idle };
        let due = if head.delays.is_empty() { head.arrived } else { head.due() };
        if !rules.clear && due > now {
            return wait(due);
        }
        let (from, to) = match head.what {
            What::End(End::Shut) => return Next::Shut,
            What::End(End::Reset) => return Next::Abort,
            What::Bytes { from, to, .. } => (from, to),
        };
        let mut upto = to;
        if !rules.clear && self.stages.shapes() {
            let turn = self.turn(now, due, to - from);
            if turn.bytes == 0 {
                return Next::Idle;
            }
            if turn.from > now {
                return wait(turn.from);
            }
            upto = from + turn.bytes.min(to - from);
        }
        match self.queue.front() {
            Some(Held { what: What::Bytes { buffer, .. }, .. }) => Next::Write(&buffer[from..upto]),
            _ => Next::Idle,
        }
    }

    fn turn(&mut self, now: Time, due: Time, ready: usize) -> Turn {
        if let Some(turn) = self.turn {
            return turn;
        }
        let (bytes, from) = self.stages.turn(now, due, ready);
        let turn = Turn { bytes, from };
        self.turn = (bytes > 0).then_some(turn);
        turn
    }

    /// The first `count` bytes of what `next` offered were written.
    pub fn wrote(&mut self, now: Time, count: usize) {
        self.bytes -= count;
        if !self.stages.is_empty() {
            self.stages.sent(now, count);
        }
        self.turn = self.turn.and_then(|turn| {
            let bytes = turn.bytes.saturating_sub(count);
            (bytes > 0).then_some(Turn { bytes, ..turn })
        });
        let Some(Held { what: What::Bytes { from, to, .. }, .. }) = self.queue.front_mut() else { return };
        *from += count;
        if from == to
            && let Some(Held { what: What::Bytes { buffer, .. }, .. }) = self.queue.pop_front()
        {
            pool::give(buffer);
        }
    }

    /// The end was passed on, or the receiver is gone: nothing more will be read or written.
    pub fn close(&mut self) {
        self.queue = VecDeque::new();
        self.bytes = 0;
        self.ended = true;
        self.closed = true;
    }

    /// Makes what is held small before the link goes to sleep: a few bytes must not keep a whole pooled buffer.
    pub fn compact(&mut self) {
        const SLOTS_KEPT: usize = 64;
        if self.queue.is_empty() && self.queue.capacity() > SLOTS_KEPT {
            self.queue = VecDeque::new();
        }
        let Some(Held { what: What::Bytes { buffer, from, to }, .. }) = self.queue.back_mut() else { return };
        if buffer.len() == CHUNK && *to - *from <= CHUNK / 2 {
            let small: Box<[u8]> = buffer[*from..*to].into();
            (*from, *to) = (0, small.len());
            pool::give(std::mem::replace(buffer, small));
        }
    }

    /// Another set of rules is in force: what healed faults put on held bytes is taken off. Says how the connection ends, if it does.
    pub fn change(&mut self, new: &Rules, now: Time) -> Option<Close> {
        self.cut = new.cuts(self.direction, self.connection);
        let followed = self.stages.follow(new, now);
        if followed.reshaped {
            self.turn = None;
        }
        if followed.swallowed {
            self.swallow(now);
        }
        for held in &mut self.queue {
            held.delays.retain(|(stamp, _)| new.get(*stamp).is_some());
        }
        self.burst = false;
        followed.close
    }

    /// Everything that is held vanishes; an end stays, and waits.
    fn swallow(&mut self, now: Time) {
        let end = self.queue.iter().rev().find_map(|held| match held.what {
            What::End(end) => Some(end),
            What::Bytes { .. } => None,
        });
        self.queue.clear();
        self.bytes = 0;
        self.turn = None;
        if let Some(end) = end {
            self.ended = false;
            self.end(now, end);
        }
    }
}

/// What is never due is not waited for.
fn wait<'a>(until: Time) -> Next<'a> {
    if until == Time::MAX { Next::Idle } else { Next::Wait(until) }
}

impl Held {
    fn due(&self) -> Time {
        self.delays.iter().fold(self.arrived, |due, (_, span)| due + *span)
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
