//! The copies of a broker: which one leads, which are in sync, and which messages every copy in sync has.
//!
//! A copy that is silent is no longer in sync after the lesser of `session` and `lag_max`. A leader that is silent for `session` is
//! followed, after `election`, by another copy in sync, or, with `unclean`, by any other, and what that one never had is lost. A copy
//! that comes back has caught up at once. Names and rules are Kafka's (its documentation, section "Replication"); here all partitions
//! have one leader. It holds positions only, never messages.

use crate::base::{Span, Time};
use crate::plan::broker::{Acks, Replication};
use std::collections::VecDeque;

pub struct Copies {
    spec: Replication,
    copies: Vec<Copy>,
    leader: Option<u32>,
    /// The last message that was taken in.
    last: u64,
    /// Every copy in sync has the messages up to here.
    committed: u64,
    /// Messages on their way to the followers, and when they are there.
    sent: VecDeque<(u64, Time)>,
}

#[derive(Clone, Copy, Debug)]
struct Copy {
    /// Reasons for which it is not heard of, such as crashes and pauses.
    silences: u32,
    since: Time,
    in_sync: bool,
    /// The last message that it has, as a follower.
    has: u64,
}

/// What happened to a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not heard of any more.
    Silent,
    /// It is heard of again.
    Back,
}

/// What a publisher can expect of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ready,
    /// It does not lead.
    NoLeader,
    /// Fewer are in sync than `min_in_sync`.
    TooFew,
}

/// Another copy leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elected {
    /// What was taken in after this message is gone.
    pub has: u64,
}

impl Copies {
    pub fn new(spec: Replication, copies: u32) -> Copies {
        let copy = Copy { silences: 0, since: Time::ZERO, in_sync: true, has: 0 };
        Copies {
            spec,
            copies: vec![copy; copies as usize],
            leader: Some(0),
            last: 0,
            committed: 0,
            sent: VecDeque::new(),
        }
    }

    pub fn reconfigure(&mut self, spec: Replication) {
        self.spec = spec;
    }

    pub fn count(&self) -> u32 {
        self.copies.len() as u32
    }

    pub fn leader(&self) -> Option<u32> {
        self.leader
    }

    pub fn in_sync(&self) -> u32 {
        self.copies.iter().filter(|copy| copy.in_sync).count() as u32
    }

    /// Does a publisher wait for nothing at all?
    pub fn acks_nothing(&self) -> bool {
        self.spec.acks == Acks::None
    }

    /// Does a publisher hear at once that its message is taken in, or when other copies have it?
    pub fn acks_at_once(&self) -> bool {
        self.spec.acks != Acks::All || self.copies.len() == 1
    }

    pub fn standing(&self, at: u32) -> Standing {
        match self.leader {
            Some(leader) if leader == at => match self.are_enough() {
                true => Standing::Ready,
                false => Standing::TooFew,
            },
            _ => Standing::NoLeader,
        }
    }

    /// Are as many in sync as must have a message?
    pub fn are_enough(&self) -> bool {
        self.spec.acks != Acks::All || self.in_sync() >= self.spec.min_in_sync
    }

    /// When a message that is taken in now is known to be with every copy in sync; `None` while one of those is silent.
    pub fn known_at(&self, now: Time) -> Option<Time> {
        let is_heard = self.leader.is_some_and(|leader| self.copies[leader as usize].silences == 0);
        let all_heard = is_heard && self.copies.iter().all(|copy| !copy.in_sync || copy.silences == 0);
        let there_and_back = if self.in_sync() > 1 { 2 * self.spec.lag.0 } else { 0 };
        all_heard.then(|| now + Span(there_and_back))
    }

    /// The leader takes another message in; its position.
    pub fn append(&mut self, now: Time) -> u64 {
        self.last += 1;
        if self.copies.len() > 1 {
            let leader = self.leader.map(|leader| self.copies[leader as usize]);
            if leader.is_some_and(|leader| leader.silences == 0) {
                self.sent.push_back((self.last, now + self.spec.lag));
            }
            self.arrive(now);
        }
        self.last
    }

    /// Every copy in sync has the messages up to this one.
    pub fn committed(&mut self, now: Time) -> u64 {
        if self.copies.len() == 1 {
            return self.last;
        }
        self.arrive(now);
        self.committed
    }

    /// Followers receive what has been on its way long enough.
    fn arrive(&mut self, now: Time) {
        let mut there = None;
        while self.sent.front().is_some_and(|(_, at)| *at <= now) {
            there = self.sent.pop_front().map(|(position, _)| position);
        }
        let heard = self.copies.iter_mut().filter(|copy| copy.silences == 0);
        if let Some(there) = there {
            heard.for_each(|copy| copy.has = copy.has.max(there));
        }
        let others = self.copies.iter().zip(0..).filter(|(copy, number)| copy.in_sync && self.leader != Some(*number));
        let least = others.map(|(copy, _)| copy.has).min().unwrap_or(self.last);
        self.committed = self.committed.max(least);
    }

    /// A copy was lost sight of, or is heard of again; call `step` after it.
    pub fn change(&mut self, copy: u32, change: Change, now: Time) {
        self.arrive(now);
        let this = &mut self.copies[copy as usize];
        match change {
            Change::Silent => {
                if this.silences == 0 {
                    this.since = now;
                }
                this.silences += 1;
            }
            Change::Back => {
                this.silences = this.silences.saturating_sub(1);
                if this.silences == 0 {
                    self.catch_up(copy);
                }
            }
        }
    }

    /// A copy that is heard of again copies from the leader what it missed, and throws away what only it has.
    fn catch_up(&mut self, copy: u32) {
        let Some(leader) = self.leader else { return };
        let (last, is_leader) = (self.last, leader == copy);
        if !is_leader && self.copies[leader as usize].silences > 0 {
            return;
        }
        for (one, number) in self.copies.iter_mut().zip(0..) {
            if one.silences == 0 && (is_leader || number == copy) {
                (one.in_sync, one.has) = (true, last);
            }
        }
        self.arrive(Time::ZERO);
    }

    /// What time has brought about: copies that are no longer in sync, or another leader.
    pub fn step(&mut self, now: Time) -> Option<Elected> {
        if self.copies.len() == 1 {
            return None;
        }
        self.arrive(now);
        let (leader, leaves) = (self.leader, self.spec.session.min(self.spec.lag_max));
        for (copy, number) in self.copies.iter_mut().zip(0..) {
            if copy.silences > 0 && leader.is_some_and(|leader| leader != number) && copy.since + leaves <= now {
                copy.in_sync = false;
            }
        }
        self.arrive(now);
        let is_over = match leader {
            Some(leader) => self.elects_at(leader).is_some_and(|at| at <= now),
            None => true,
        };
        if is_over { self.elect() } else { None }
    }

    fn elect(&mut self) -> Option<Elected> {
        let old = self.leader.take();
        if let Some(old) = old {
            self.copies[old as usize].has = self.last;
        }
        let may_lead = |copy: &Copy| copy.silences == 0 && (copy.in_sync || self.spec.unclean);
        let candidates = self.copies.iter().zip(0..).filter(|(copy, _)| may_lead(copy));
        let (best, leader) = candidates.max_by_key(|(copy, number)| (copy.in_sync, copy.has, u32::MAX - number))?;
        let has = best.has;
        for (copy, number) in self.copies.iter_mut().zip(0..) {
            copy.in_sync = copy.silences == 0 || copy.in_sync && old.is_some_and(|old| old != number);
            copy.has = if copy.silences == 0 { self.last } else { copy.has.min(has) };
        }
        self.sent.clear();
        (self.leader, self.committed) = (Some(leader), self.last);
        Some(Elected { has })
    }

    /// When another copy is chosen if the leader stays silent.
    fn elects_at(&self, leader: u32) -> Option<Time> {
        let copy = &self.copies[leader as usize];
        (copy.silences > 0).then(|| copy.since + self.spec.session + self.spec.election)
    }

    /// When `step` has something to do if nothing else happens.
    pub fn next(&self) -> Option<Time> {
        if self.copies.len() == 1 {
            return None;
        }
        let leaves = self.spec.session.min(self.spec.lag_max);
        let of = self.copies.iter().zip(0..).filter(|(copy, number)| {
            copy.silences > 0 && copy.in_sync && self.leader.is_some_and(|leader| leader != *number)
        });
        let leaving = of.map(|(copy, _)| copy.since + leaves).min();
        let electing = self.leader.and_then(|leader| self.elects_at(leader));
        let arriving = self.sent.front().map(|(_, at)| *at);
        leaving.into_iter().chain(electing).chain(arriving).min()
    }
}
