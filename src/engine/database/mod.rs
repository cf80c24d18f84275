//! A replicated database as a pure state machine: who leads, what each copy has received and applied, which writes were acknowledged.
//!
//! Positions number the writes. A copy's pipeline holds what is on its way to it: when it is received (durable there, and counted
//! for acknowledgements) and when it is applied (visible to reads). What could not be sent waits as `missing` and is sent when the
//! copies hear of each other again. It never draws for anything but the lag between copies and quorums, and never looks at requests.

mod copy;
mod failover;
mod routes;
#[cfg(test)]
mod tests;

use crate::base::{Dice, Span, Time};
use crate::plan::database::{DatabaseSpec, Writes};
use copy::Copy;
use std::collections::{BTreeMap, VecDeque};

pub use failover::Change;

pub struct Database {
    spec: DatabaseSpec,
    copies: Vec<Copy>,
    leader: Option<u32>,
    /// A deposed leader that some writers still find.
    old_leader: Option<u32>,
    /// When that one stops by its own clock.
    old_stops_at: Option<Time>,
    /// When the leader stops because it cannot reach the others.
    fenced_at: Option<Time>,
    /// Counts changes of what is known of the leader; an election of an older number is off.
    epoch: u32,
    log: VecDeque<Write>,
    next: u64,
    /// The last write of a key: its position and moment.
    last: BTreeMap<u32, (u64, Time)>,
    /// Acknowledged by an old leader after another was chosen.
    diverged: u64,
    turn: u32,
    dice: Dice,
}

/// A write that not every copy has received yet.
#[derive(Clone, Copy, Debug)]
struct Write {
    position: u64,
    /// `Time::MAX` as long as it waits for copies that cannot be reached.
    acked_at: Time,
}

/// What becomes of a write that a copy has worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Acknowledged then.
    Acked(Time),
    /// Given up then.
    Failed(Time),
    /// Waits until copies can be reached again; ask `acked` by its position.
    Stuck(u64),
}

/// A log that is not received anywhere is kept up to this many writes; older ones count as safe.
const LOG_MAX: usize = 10_000_000;

impl Database {
    pub fn new(spec: &DatabaseSpec, copies: u32, dice: Dice) -> Database {
        Database {
            copies: (0..copies).map(|_| Copy::default()).collect(),
            leader: (spec.writes == Writes::Leader).then_some(0),
            old_leader: None,
            old_stops_at: None,
            fenced_at: None,
            epoch: 0,
            log: VecDeque::new(),
            next: 1,
            last: BTreeMap::new(),
            diverged: 0,
            turn: 0,
            dice,
            spec: spec.clone(),
        }
    }

    /// A copy has done the work of a write: it is sent to the others.
    pub fn commit(&mut self, at: u32, key: u32, now: Time) -> Commit {
        if self.old_leader == Some(at) {
            return self.commit_alone(now);
        }
        let position = self.next;
        self.next += 1;
        self.last.insert(key, (position, now));
        self.copies[at as usize].take_own(position);
        let mut heard = Vec::with_capacity(self.copies.len());
        for other in 0..self.copies.len() as u32 {
            if other != at {
                match self.hear(at, other) {
                    true => heard.push(self.send(other, position, now)),
                    false => self.copies[other as usize].missing.push(position),
                }
            }
        }
        heard.sort_unstable();
        let commit = self.acknowledgement(position, &heard, now);
        let acked_at = if let Commit::Acked(at) = commit { at } else { Time::MAX };
        self.log.push_back(Write { position, acked_at });
        self.trim(now);
        commit
    }

    /// A write at a leader that was deposed: nobody else will ever see it.
    fn commit_alone(&mut self, now: Time) -> Commit {
        let waits = self.spec.acks > 0 && !self.spec.ack_wait.is_some_and(|wait| wait.degrade);
        if waits || !self.old_leads(now) {
            return Commit::Failed(now + self.spec.ack_wait.map_or(Span::ZERO, |wait| wait.longest));
        }
        // It is acknowledged, and lost when the two sides meet.
        self.diverged += 1;
        Commit::Acked(now)
    }

    /// Does a leader that was deposed still take writes?
    fn old_leads(&self, now: Time) -> bool {
        self.old_leader.is_some() && self.old_stops_at.is_none_or(|at| now < at)
    }

    /// When a write that was stuck is acknowledged, now that copies can be reached again; `None` while it still waits.
    pub fn acked(&mut self, position: u64, now: Time) -> Option<Time> {
        let mut received: Vec<Time> = self.copies.iter().filter_map(|copy| copy.received_at(position, now)).collect();
        received.sort_unstable();
        // The copy that took the write has it too.
        let at = *received.get(self.spec.acks as usize)?;
        if let Some(write) = self.log.iter_mut().find(|write| write.position == position) {
            write.acked_at = at;
        }
        Some(at)
    }

    fn acknowledgement(&self, position: u64, heard: &[Time], now: Time) -> Commit {
        let Some(nth) = (self.spec.acks as usize).checked_sub(1) else { return Commit::Acked(now) };
        match (heard.get(nth).copied(), self.spec.ack_wait) {
            (Some(at), Some(wait)) if at > now + wait.longest => give_up(now + wait.longest, wait.degrade),
            (Some(at), _) => Commit::Acked(at),
            (None, Some(wait)) => give_up(now + wait.longest, wait.degrade),
            (None, None) => Commit::Stuck(position),
        }
    }

    /// Puts a write into the pipeline of a copy; when its sender hears that it is received.
    fn send(&mut self, to: u32, position: u64, now: Time) -> Time {
        let lag = self.spec.lag.draw_span(&mut self.dice);
        let per_write = self.spec.apply_per_sec.map_or(Span::ZERO, |rate| Span::from_secs_f64(1.0 / rate));
        let slower = self.copies[to as usize].slower;
        self.copies[to as usize].put(position, now + lag + slower, per_write) + lag
    }

    /// Until a write is on the disk of a copy it takes so much longer now.
    pub fn slow_disk(&mut self, copy: u32, slower: Span) {
        if let Some(copy) = self.copies.get_mut(copy as usize) {
            copy.slower = slower;
        }
    }

    /// Can these two copies reach each other?
    fn hear(&self, one: u32, other: u32) -> bool {
        self.copies[one as usize].is_reachable() && self.copies[other as usize].is_reachable()
    }

    /// Forgets writes that every copy has.
    fn trim(&mut self, now: Time) {
        self.copies.iter_mut().for_each(|copy| copy.advance(now));
        let everywhere = self.copies.iter().filter(|copy| copy.is_up()).map(Copy::complete_up_to).min().unwrap_or(0);
        while self.log.front().is_some_and(|write| write.position <= everywhere) || self.log.len() > LOG_MAX {
            self.log.pop_front();
        }
    }

    /// Would a read at this copy miss the last write of the key?
    pub fn is_stale(&mut self, at: u32, key: u32, now: Time) -> bool {
        let Some((position, _)) = self.last.get(&key).copied() else { return false };
        self.copies[at as usize].advance(now);
        !self.copies[at as usize].has_applied(position)
    }

    /// How long the slowest copy that can be reached will take to apply what it was sent.
    pub fn lag(&self, now: Time) -> Span {
        let last = self.copies.iter().filter(|copy| copy.is_up()).map(|copy| copy.behind(now)).max();
        last.unwrap_or(Span::ZERO)
    }

    /// How many copies take writes now.
    pub fn leaders(&self, now: Time) -> u32 {
        let takes = |copy: u32| self.takes_writes(copy, now);
        self.leader.is_some_and(takes) as u32 + self.old_leads(now) as u32
    }
}

fn give_up(at: Time, degrade: bool) -> Commit {
    if degrade { Commit::Acked(at) } else { Commit::Failed(at) }
}
