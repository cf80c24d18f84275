//! Copies that crash, freeze, are cut off and come back; leaders that are lost, chosen and deposed; and what that costs.

use super::Database;
use crate::base::{Span, Time};
use crate::plan::database::Writes;

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
        if failover.fencing && !self.copies[leader as usize].down {
            self.fenced_at = Some(now + failover.lease);
        }
        Some((self.epoch, now + failover.lease + failover.election))
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
        // Without fencing a leader that still runs goes on for those who find it.
        let fencing = self.spec.failover.is_some_and(|failover| failover.fencing);
        self.old_leader = old.filter(|old| !fencing && !self.copies[*old as usize].down);
        self.fenced_at = None;
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
