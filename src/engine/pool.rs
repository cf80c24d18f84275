//! Idle connections with idle timers on both ends, and the race between them.
//!
//! A called side that closes an idle connection before its caller would, leaves a short window in which the caller still believes
//! in it: a request sent then is lost (the 504 without a backend log line of classic load balancers).

use crate::base::{Dice, Span, Time};
use crate::plan::Pool;

#[derive(Clone, Debug)]
pub struct Connections {
    policy: Pool,
    last_used: Vec<Time>,
    dice: Dice,
}

impl Connections {
    pub fn new(policy: &Pool, dice: Dice) -> Connections {
        Connections { policy: policy.clone(), last_used: vec![Time::ZERO; policy.size as usize], dice }
    }

    pub fn reconfigure(&mut self, policy: &Pool) {
        self.policy = policy.clone();
        self.last_used.resize(policy.size as usize, Time::ZERO);
    }

    /// Sends a request over one of the connections; `false` if it ran into the race and is lost.
    pub fn send(&mut self, now: Time) -> bool {
        let chosen = self.dice.below(self.last_used.len() as u64) as usize;
        let idle = now.since(self.last_used[chosen]);
        self.last_used[chosen] = now;
        let closed_by = |timer: Option<Span>| timer.is_some_and(|timer| idle >= timer);
        let in_race = self.policy.peer_idle.is_some_and(|peer| idle >= peer && idle < peer + self.policy.race);
        // A connection that the caller closed itself, or whose end it has heard of, is simply opened again.
        !in_race || closed_by(self.policy.idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_lost_only_inside_the_race_window() {
        let policy = |idle: Option<u64>| Pool {
            size: 1,
            idle: idle.map(Span::from_secs),
            peer_idle: Some(Span::from_secs(20)),
            race: Span::from_millis(100),
        };
        let sent_after = |idle: Option<u64>, seconds: f64| {
            Connections::new(&policy(idle), Dice::named(1, "pool")).send(Time::from_secs_f64(seconds))
        };
        assert!(sent_after(Some(60), 19.9));
        assert!(!sent_after(Some(60), 20.05));
        assert!(sent_after(Some(60), 20.2));
        assert!(sent_after(Some(15), 20.05));
        assert!(!sent_after(None, 20.05));
    }
}
