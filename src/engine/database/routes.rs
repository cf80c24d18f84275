//! Which copy a request goes to, and how long a read of several copies takes.

use super::Database;
use crate::base::{ErrorKind, Span, Time};
use crate::plan::database::{Reads, Writes};

impl Database {
    /// The copy for a request, or why there is none.
    pub fn route(&mut self, write: bool, key: u32, now: Time) -> Result<u32, ErrorKind> {
        if write {
            return self.route_write(now);
        }
        let fresh = self
            .spec
            .own_reads
            .is_some_and(|window| self.last.get(&key).is_some_and(|(_, written)| now.since(*written) < window));
        match self.spec.reads {
            Reads::Leader => self.route_to_leader(now),
            _ if fresh && self.spec.writes == Writes::Leader => self.route_to_leader(now),
            Reads::Any => self.in_turn(now, None),
            Reads::Followers => self.in_turn(now, self.leader).or_else(|_| self.in_turn(now, None)),
            Reads::Quorum(copies) => {
                let up = (0..self.copies.len() as u32).filter(|copy| self.serves(*copy, now)).count();
                if up < copies as usize { Err(ErrorKind::Unavailable) } else { self.in_turn(now, None) }
            }
        }
    }

    fn route_write(&mut self, now: Time) -> Result<u32, ErrorKind> {
        if self.spec.writes == Writes::Anywhere {
            return self.in_turn(now, None);
        }
        let stray = self.spec.failover.map_or(0.0, |failover| failover.stray);
        if let Some(old) = self.old_leader.filter(|_| stray > 0.0 && self.old_leads(now))
            && self.dice.chance(stray)
        {
            return Ok(old);
        }
        self.route_to_leader(now)
    }

    fn route_to_leader(&self, now: Time) -> Result<u32, ErrorKind> {
        match self.leader {
            // A leader that is down refuses by itself: its clients have not heard of it yet.
            Some(leader) if self.copies[leader as usize].down || self.takes_writes(leader, now) => Ok(leader),
            _ => Err(ErrorKind::Unavailable),
        }
    }

    /// Does a copy that leads still take writes?
    pub(super) fn takes_writes(&self, leader: u32, now: Time) -> bool {
        let fenced = self.fenced_at.is_some_and(|at| at <= now);
        !fenced && self.serves(leader, now)
    }

    fn serves(&self, copy: u32, now: Time) -> bool {
        let copy = &self.copies[copy as usize];
        copy.is_up() && copy.back_at <= now
    }

    fn in_turn(&mut self, now: Time, except: Option<u32>) -> Result<u32, ErrorKind> {
        let count = self.copies.len() as u32;
        let from = self.turn + 1;
        let next = (from..from + count).map(|turn| turn % count);
        let found = next.into_iter().find(|copy| Some(*copy) != except && self.serves(*copy, now));
        self.turn = found.unwrap_or(self.turn);
        found.ok_or(ErrorKind::Unavailable)
    }

    /// For a read of several copies: how much longer it takes than one, and whether the newest of them is old.
    pub fn read_quorum(&mut self, at: u32, key: u32, now: Time) -> (Span, bool) {
        let Reads::Quorum(copies) = self.spec.reads else { return (Span::ZERO, self.is_stale(at, key, now)) };
        let others: Vec<u32> =
            (0..self.copies.len() as u32).filter(|copy| *copy != at && self.hear(at, *copy)).collect();
        let mut answers: Vec<(Span, u32)> = Vec::with_capacity(others.len());
        for other in others {
            let there = self.spec.lag.draw_span(&mut self.dice);
            let back = self.spec.lag.draw_span(&mut self.dice);
            answers.push((there + back, other));
        }
        answers.sort_unstable();
        answers.truncate(copies.saturating_sub(1) as usize);
        let takes = answers.last().map_or(Span::ZERO, |(takes, _)| *takes);
        let mut stale = self.is_stale(at, key, now);
        for (_, other) in answers {
            stale = stale && self.is_stale(other, key, now);
        }
        (takes, stale)
    }
}
