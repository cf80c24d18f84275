//! What a balancer thinks of one replica: checks passed and failed in a row, ejections, and how much of its share it takes again.

use super::Balancer;
use crate::base::{Span, Time};
use crate::engine::slab::Handle;
use crate::plan::Balance;

#[derive(Clone, Debug)]
pub struct Standing {
    /// Taken out by checks.
    fallen: bool,
    /// Ejected by failures until then.
    out_until: Time,
    /// When it came back last; the start of the run counts as long ago.
    back_at: Option<Time>,
    passes: u32,
    fails: u32,
    /// Requests that failed in a row, and how often it was ejected for that.
    errors: u32,
    ejections: u32,
    /// The check under way.
    pub probe: Handle,
    /// Seconds of busy workers at the last check of its load.
    pub busy_mark: f64,
}

impl Default for Standing {
    fn default() -> Standing {
        Standing {
            fallen: false,
            out_until: Time::ZERO,
            back_at: None,
            passes: 0,
            fails: 0,
            errors: 0,
            ejections: 0,
            probe: Handle::NONE,
            busy_mark: 0.0,
        }
    }
}

impl Standing {
    pub fn is_in(&self) -> bool {
        !self.fallen && self.out_until == Time::ZERO
    }

    /// How much of its share it takes now, 0 to 1.
    pub fn share(&self, plan: &Balance, now: Time) -> f64 {
        let slow_start = plan.health.as_ref().and_then(|health| health.slow_start);
        match (slow_start, self.back_at) {
            (Some(over), Some(back)) if now < back + over => {
                now.since(back).as_secs_f64() / over.as_secs_f64().max(f64::MIN_POSITIVE)
            }
            _ => 1.0,
        }
    }
}

impl Balancer {
    /// A check of a replica came out like this.
    pub fn checked(&mut self, replica: u32, passed: bool, now: Time, active: u32) {
        let Some(health) = self.plan.health.clone() else { return };
        let out = self.standings.iter().take(active as usize).filter(|standing| standing.fallen).count();
        let may_fall = (out + 1) as f64 <= health.max_ejected * f64::from(active) + 1e-9;
        let standing = &mut self.standings[replica as usize];
        match passed {
            true => (standing.passes, standing.fails) = (standing.passes.saturating_add(1), 0),
            false => (standing.passes, standing.fails) = (0, standing.fails.saturating_add(1)),
        }
        if !standing.fallen && standing.fails >= health.fall && may_fall {
            standing.fallen = true;
            self.settle(active);
        } else if standing.fallen && standing.passes >= health.rise {
            standing.fallen = false;
            standing.back_at = Some(now);
            self.settle(active);
        }
    }

    /// A request that went to a replica ended like this. `Some`: the replica is ejected until then.
    pub fn request_ended(&mut self, replica: u32, failed: bool, now: Time, active: u32) -> Option<Time> {
        let outliers = self.plan.outliers?;
        let out =
            self.standings.iter().take(active as usize).filter(|standing| standing.out_until > Time::ZERO).count();
        let standing = &mut self.standings[replica as usize];
        standing.errors = if failed { standing.errors.saturating_add(1) } else { 0 };
        let room = (outliers.max_ejected * f64::from(active)).floor().max(1.0);
        if standing.errors < outliers.errors || standing.out_until > Time::ZERO || (out + 1) as f64 > room {
            return None;
        }
        standing.ejections += 1;
        standing.errors = 0;
        let long = Span(outliers.base.0.saturating_mul(u64::from(standing.ejections))).min(outliers.longest);
        standing.out_until = now + long;
        self.settle(active);
        Some(now + long)
    }

    /// The time of an ejection may be over.
    pub fn readmit(&mut self, replica: u32, now: Time, active: u32) {
        let standing = &mut self.standings[replica as usize];
        if standing.out_until > Time::ZERO && standing.out_until <= now {
            standing.out_until = Time::ZERO;
            standing.back_at = Some(now);
            self.settle(active);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dice;
    use crate::plan::balance::Outliers;

    #[test]
    fn ejections_grow_are_capped_and_always_leave_room_for_one() {
        let outliers =
            Outliers { errors: 5, base: Span::from_secs(30), longest: Span::from_secs(70), max_ejected: 0.1 };
        let plan = Balance { outliers: Some(outliers), ..Balance::default() };
        let mut balancer = Balancer::new(&plan, 4, 0, 1, Dice::named(1, "x"));
        let at = |s: u64| Time(Span::from_secs(s).0);
        let fail = |balancer: &mut Balancer, replica, now| -> Option<Time> {
            (0..5).filter_map(|_| balancer.request_ended(replica, true, now, 4)).last()
        };
        assert_eq!(fail(&mut balancer, 0, at(0)), Some(at(30)));
        assert_eq!(fail(&mut balancer, 1, at(1)), None, "10% of 4 is less than one, and one is out");
        assert_eq!(balancer.in_rotation(), 3);
        balancer.readmit(0, at(29), 4);
        assert_eq!(balancer.in_rotation(), 3);
        balancer.readmit(0, at(30), 4);
        assert_eq!(balancer.in_rotation(), 4);
        assert_eq!(fail(&mut balancer, 0, at(40)), Some(at(100)));
        balancer.readmit(0, at(100), 4);
        assert_eq!(fail(&mut balancer, 0, at(100)), Some(at(170)), "three times 30 s, at most 70 s");
        (0..4).for_each(|_| assert_eq!(balancer.request_ended(1, true, at(101), 4), None));
        assert_eq!(balancer.request_ended(1, false, at(101), 4), None);
    }
}
