//! Copies that crash, freeze, are cut off and come back; leaders that are lost, chosen and deposed; and what that costs.

use super::Database;
use crate::base::{Span, Time};
use crate::plan::Whose;
use crate::plan::database::{Fencing, Writes};

/// What happened to a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Down,
    Up,
    Apart,
    Together,
    Frozen,
    Thawed,
}

impl Database {
    /// A copy changes. `Some`: an election of this number is due then, if nothing changes before.
    pub fn change(&mut self, copy: u32, change: Change, now: Time) -> Option<(u32, Time)> {
        let was_heard = self.copies[copy as usize].is_reachable();
        let state = &mut self.copies[copy as usize];
        match change {
            Change::Down => state.down = true,
            Change::Up => state.down = false,
            Change::Apart => state.apart += 1,
            Change::Together => state.apart = state.apart.saturating_sub(1),
            Change::Frozen => state.frozen += 1,
            Change::Thawed => state.frozen = state.frozen.saturating_sub(1),
        }
        if change == Change::Up {
            self.restore(copy, now);
        }
        let is_heard = self.copies[copy as usize].is_reachable();
        if is_heard && !was_heard {
            self.meet(copy, now);
        }
        match (self.leader == Some(copy), was_heard, is_heard) {
            (true, true, false) => self.lose_contact(copy, now),
            (true, false, true) => {
                (self.epoch, self.fenced_at) = (self.epoch + 1, None);
                None
            }
            // A copy that may lead is back, and nobody leads.
            (_, false, true) if self.leader.is_none() && self.spec.writes == Writes::Leader => {
                self.epoch += 1;
                let wait = self.spec.failover.map_or(Span::ZERO, |failover| failover.election);
                Some((self.epoch, now + wait))
            }
            _ => None,
        }
    }

    fn lose_contact(&mut self, leader: u32, now: Time) -> Option<(u32, Time)> {
        self.epoch += 1;
        let failover = self.spec.failover?;
        let holder = &self.copies[leader as usize];
        if failover.fencing != Fencing::None && !holder.down {
            self.fenced_at = Some(now + holder.lease(failover.lease));
        }
        Some((self.epoch, now + self.others_wait(leader, failover.lease) + failover.election))
    }

    /// How long the others wait for a leader that is silent: until the lease is over by the first of their clocks.
    fn others_wait(&self, leader: u32, lease: Span) -> Span {
        let others = self.copies.iter().zip(0..).filter(|(copy, number)| *number != leader && copy.is_reachable());
        others.map(|(copy, _)| copy.lease(lease)).min().unwrap_or(lease)
    }

    /// The clocks of some copies are so much further ahead from now on; which copies these are.
    pub fn skew(&mut self, whose: Whose, ahead_ns: i64) -> Vec<u32> {
        let is_meant = |copy: &u32| (self.leader == Some(*copy)) == (whose == Whose::Leader);
        let copies: Vec<u32> = (0..self.copies.len() as u32).filter(is_meant).collect();
        self.turn_clocks(&copies, ahead_ns);
        copies
    }

    /// The clocks of these copies jump forward, or back (below 0). For a silence that has begun it is too late.
    pub fn turn_clocks(&mut self, copies: &[u32], ahead_ns: i64) {
        for copy in copies {
            let clock = &mut self.copies[*copy as usize].ahead_ns;
            *clock = clock.saturating_add(ahead_ns);
        }
    }

    /// A copy that crashed loads its backup and plays back the log.
    fn restore(&mut self, copy: u32, now: Time) {
        let Some(restore) = self.spec.restore else { return };
        let to_play = restore.behind + self.next.saturating_sub(1);
        let playing = Span::from_secs_f64(to_play as f64 / restore.replay_per_sec);
        self.copies[copy as usize].back_at = now + restore.load + playing;
    }

    /// A copy hears of the others again: it is sent what it missed, and they what they missed of it.
    fn meet(&mut self, copy: u32, now: Time) {
        for to in 0..self.copies.len() as u32 {
            if to == copy || self.copies[to as usize].is_reachable() {
                let missing = std::mem::take(&mut self.copies[to as usize].missing);
                for position in missing {
                    self.send(to, position, now);
                }
            }
        }
    }

    /// The election of this number: `Some(acknowledged writes that are lost)` if another leader was chosen.
    pub fn elect(&mut self, epoch: u32, now: Time) -> Option<u64> {
        if epoch != self.epoch {
            return None;
        }
        self.epoch += 1;
        self.copies.iter_mut().for_each(|copy| copy.advance(now));
        let old = self.leader;
        let able = (0..self.copies.len() as u32).filter(|copy| {
            Some(*copy) != old
                && self.copies[*copy as usize].is_reachable()
                && self.copies[*copy as usize].back_at <= now
        });
        let agree = self.copies.iter().filter(|copy| copy.is_reachable()).count();
        let majority = self.spec.failover.is_some_and(|failover| failover.majority);
        let may_choose = !majority || 2 * agree > self.copies.len();
        let Some(best) = able
            .filter(|_| may_choose)
            .max_by_key(|copy| (self.copies[*copy as usize].complete_up_to(), std::cmp::Reverse(*copy)))
        else {
            self.leader = old.filter(|old| !self.copies[*old as usize].down);
            return None;
        };
        let kept = self.copies[best as usize].complete_up_to();
        let lost = self.log.iter().filter(|write| write.position > kept && write.acked_at <= now).count() as u64;
        self.log.retain(|write| write.position <= kept);
        self.last.retain(|_, (position, _)| *position <= kept);
        self.copies.iter_mut().for_each(|copy| copy.cut_to(kept, now));
        self.next = kept + 1;
        self.leader = Some(best);
        // A leader that still runs and that nobody refuses goes on for those who find it, as long as its own clock lets it.
        let is_refused = self.spec.failover.is_some_and(|failover| failover.fencing == Fencing::Token);
        self.old_leader = old.filter(|old| !is_refused && !self.copies[*old as usize].down);
        self.old_stops_at = self.fenced_at.take();
        Some(lost)
    }

    /// Two leaders hear of each other: the older one steps down, and what it acknowledged alone is lost.
    pub fn step_down(&mut self) -> u64 {
        match self.old_leader.filter(|old| self.copies[*old as usize].is_reachable()) {
            Some(_) => {
                self.old_leader = None;
                std::mem::take(&mut self.diverged)
            }
            None => 0,
        }
    }

    /// Writes that an old leader has acknowledged alone, so far.
    pub fn diverged(&self) -> u64 {
        self.diverged
    }
}
