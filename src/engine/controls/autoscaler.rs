//! A horizontal autoscaler as a pure machine: a reading and the replicas that serve in, the replicas that shall serve out. New replicas
//! serve only after a lag; it does not know what a replica is.
//!
//! wanted = ceil(serving x reading / target), as in the Kubernetes documentation, "Horizontal Pod Autoscaling: Algorithm details".

use crate::base::Time;
use crate::plan::Scaling;

#[derive(Debug, Default)]
pub struct Autoscaler {
    /// More replicas were ordered: how many there will be, and from when on.
    ordered: Option<(u32, Time)>,
    changed: Option<Time>,
}

impl Autoscaler {
    /// When it must look again although no look is due.
    pub fn delivery(&self) -> Option<Time> {
        self.ordered.map(|(_, at)| at)
    }

    /// Replicas whose time has come.
    pub fn delivered(&mut self, now: Time) -> Option<u32> {
        let (count, _) = self.ordered.filter(|(_, at)| *at <= now)?;
        self.ordered = None;
        Some(count)
    }

    /// A look at a reading, with so many replicas serving. The answer is how many serve from now on, when that changes at once.
    pub fn look(&mut self, spec: &Scaling, now: Time, reading: f64, serving: u32) -> Option<u32> {
        let wanted = wanted(spec, reading, serving);
        if wanted < serving {
            return self.fewer(spec, now, wanted, serving);
        }
        let coming = self.ordered.map_or(serving, |(count, _)| count);
        if wanted > coming {
            self.changed = Some(now);
            if spec.lag.0 == 0 {
                return Some(wanted);
            }
            // What is added to an order that is under way comes with it: one figure for both is near enough to the truth.
            let at = self.ordered.map_or(now + spec.lag, |(_, at)| at);
            self.ordered = Some((wanted, at));
        }
        None
    }

    fn fewer(&mut self, spec: &Scaling, now: Time, wanted: u32, serving: u32) -> Option<u32> {
        let is_cool = self.changed.is_none_or(|at| now >= at + spec.cooldown);
        if spec.fewer == 0 || !is_cool {
            return None;
        }
        self.changed = Some(now);
        self.ordered = None;
        Some(wanted.max(serving.saturating_sub(spec.fewer)))
    }
}

fn wanted(spec: &Scaling, reading: f64, serving: u32) -> u32 {
    let ratio = reading / spec.target;
    let wanted = match (ratio - 1.0).abs() <= spec.tolerance {
        true => serving,
        // A hair above a whole number is that number.
        false => libm::ceil(f64::from(serving) * ratio - 1e-9).min(f64::from(u32::MAX)) as u32,
    };
    wanted.clamp(spec.min, spec.max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ServiceId, Span};
    use crate::plan::Signal;

    fn spec() -> Scaling {
        Scaling {
            service: ServiceId(0),
            sees: Signal::Utilisation,
            target: 0.5,
            tolerance: 0.1,
            lag: Span::from_secs(30),
            cooldown: Span::from_secs(60),
            min: 2,
            max: 10,
            fewer: 1,
        }
    }

    fn at(seconds: u64) -> Time {
        Time(Span::from_secs(seconds).0)
    }

    #[test]
    fn new_replicas_serve_after_the_lag_and_are_ordered_once() {
        let (spec, mut scaler) = (spec(), Autoscaler::default());
        assert_eq!(scaler.look(&spec, at(0), 0.54, 4), None, "within the tolerance");
        assert_eq!(scaler.look(&spec, at(10), 0.8, 4), None);
        assert_eq!(scaler.delivery(), Some(at(40)));
        assert_eq!(scaler.look(&spec, at(20), 0.8, 4), None, "ordered already");
        assert_eq!(scaler.delivered(at(39)), None);
        assert_eq!(scaler.delivered(at(40)), Some(7), "4 x 0.8 / 0.5 = 6.4");
        assert_eq!(scaler.delivery(), None);
        assert_eq!(scaler.look(&spec, at(50), 1.0, 7), None);
        assert_eq!(scaler.delivered(at(80)), Some(10), "14 are wanted and 10 allowed");
    }

    #[test]
    fn replicas_go_one_by_one_and_only_when_it_is_quiet() {
        let (spec, mut scaler) = (spec(), Autoscaler::default());
        assert_eq!(scaler.look(&spec, at(0), 0.2, 6), Some(5));
        assert_eq!(scaler.look(&spec, at(30), 0.2, 5), None, "cooling down");
        assert_eq!(scaler.look(&spec, at(60), 0.2, 5), Some(4));
        let never = Scaling { fewer: 0, ..spec.clone() };
        assert_eq!(scaler.look(&never, at(600), 0.2, 4), None);
        let all = Scaling { fewer: u32::MAX, ..spec };
        assert_eq!(scaler.look(&all, at(600), 0.0, 4), Some(2), "never below the least");
    }
}
