//! A rolling deploy as a pure machine: looks and the replicas that are still to be replaced in, what is to be done with some of them out.
//! It holds one batch at a time, and takes the next at the first look at which that is done; it does not know what a replica is.

use crate::base::Time;
use crate::plan::{Rollout as Spec, Then};

#[derive(Debug, Default)]
pub struct Rollout {
    /// What is being replaced now, and what is due next for it.
    batch: Vec<u32>,
    due: Option<(Stage, Time)>,
    /// The version that it replaces, once it has begun.
    from: Option<u16>,
    back: bool,
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Stop,
    Start,
}

/// What is to be done with replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Nothing new is sent to them.
    Drain(Vec<u32>),
    Stop(Vec<u32>),
    /// They run this version. Those that were not stopped change places with it.
    Start {
        replicas: Vec<u32>,
        version: u16,
    },
}

impl Rollout {
    /// When it must go on although no look is due.
    pub fn delivery(&self) -> Option<Time> {
        self.due.map(|(_, at)| at)
    }

    pub fn has_begun(&self) -> bool {
        self.from.is_some()
    }

    /// The version that replicas shall get.
    pub fn goal(&self, spec: &Spec) -> u16 {
        self.from.filter(|_| self.back).unwrap_or(spec.to)
    }

    /// Another rollout of the same service has begun: this one ends with its present batch.
    pub fn supersede(&mut self) {
        self.over = true;
    }

    /// A tick. `look`: what was seen, if this is a look and there is anything to see; `current`: the version that is out now;
    /// `behind(goal)`: the replicas that are of another version than that, those to be replaced next first.
    pub fn tick(
        &mut self,
        spec: &Spec,
        now: Time,
        look: Option<Option<f64>>,
        current: u16,
        behind: impl Fn(u16) -> Vec<u32>,
    ) -> Vec<Deed> {
        let mut deeds = Vec::new();
        self.go_on(spec, now, &mut deeds);
        let is_due = now >= spec.at && !self.over;
        let Some(seen) = look.filter(|_| is_due) else { return deeds };
        let waits = self.judge(spec, seen);
        if waits || self.over || !self.batch.is_empty() {
            return deeds;
        }
        self.from.get_or_insert(current);
        self.batch = behind(self.goal(spec));
        self.batch.truncate(spec.batch as usize);
        self.over = self.batch.is_empty();
        if self.over {
            return deeds;
        }
        if spec.drain.0 > 0 {
            deeds.push(Deed::Drain(self.batch.clone()));
        }
        self.due = Some((Stage::Stop, now + spec.drain));
        self.go_on(spec, now, &mut deeds);
        deeds
    }

    /// Must the next batch wait, by what was seen?
    fn judge(&mut self, spec: &Spec, seen: Option<f64>) -> bool {
        let (Some(watch), Some(seen)) = (&spec.watch, seen) else { return false };
        let is_asked = self.from.is_some() || watch.first;
        if !is_asked || self.back || seen <= watch.above {
            return false;
        }
        match watch.then {
            Then::Pause => return true,
            Then::Stop => self.over = true,
            // Of what has not begun there is nothing to take back.
            Then::RollBack if self.from.is_none() => self.over = true,
            Then::RollBack => self.back = true,
        }
        false
    }

    fn go_on(&mut self, spec: &Spec, now: Time, deeds: &mut Vec<Deed>) {
        while let Some((stage, _)) = self.due.filter(|(_, at)| *at <= now) {
            self.due = None;
            if stage == Stage::Stop && spec.down.0 > 0 {
                deeds.push(Deed::Stop(self.batch.clone()));
                self.due = Some((Stage::Start, now + spec.down));
                continue;
            }
            let replicas = std::mem::take(&mut self.batch);
            deeds.push(Deed::Start { replicas, version: self.goal(spec) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ServiceId, Span};
    use crate::plan::{Flaw, Signal, Watch};

    fn spec(batch: u32, drain_s: u64, down_s: u64, then: Option<Then>) -> Spec {
        let watch = then.map(|then| Watch { of: ServiceId(0), sees: Signal::Errors, above: 0.1, then, first: false });
        Spec {
            service: ServiceId(0),
            to: 1,
            at: Time::ZERO,
            batch,
            drain: Span::from_secs(drain_s),
            down: Span::from_secs(down_s),
            flaw: Flaw::NONE,
            watch,
        }
    }

    fn at(seconds: u64) -> Time {
        Time(Span::from_secs(seconds).0)
    }

    const BLIND: Option<Option<f64>> = Some(None);

    #[test]
    fn a_batch_is_drained_stopped_and_started_and_only_then_comes_the_next() {
        let (spec, mut rollout) = (spec(2, 5, 10, None), Rollout::default());
        assert_eq!(rollout.tick(&spec, at(0), BLIND, 0, |_| vec![0, 1, 2]), [Deed::Drain(vec![0, 1])]);
        assert_eq!(rollout.delivery(), Some(at(5)));
        assert_eq!(rollout.tick(&spec, at(5), None, 0, |_| vec![0, 1, 2]), [Deed::Stop(vec![0, 1])]);
        assert_eq!(rollout.tick(&spec, at(10), BLIND, 0, |_| vec![0, 1, 2]), [], "not up yet");
        let started = Deed::Start { replicas: vec![0, 1], version: 1 };
        assert_eq!(rollout.tick(&spec, at(15), None, 0, |_| vec![2]), [started]);
        assert_eq!(rollout.delivery(), None);
        assert_eq!(rollout.tick(&spec, at(20), BLIND, 0, |_| vec![2]), [Deed::Drain(vec![2])]);
        rollout.tick(&spec, at(35), None, 0, |_| vec![2]);
        assert_eq!(rollout.tick(&spec, at(45), BLIND, 0, |_| vec![]), [Deed::Start { replicas: vec![2], version: 1 }]);
        assert_eq!(rollout.tick(&spec, at(50), BLIND, 0, |_| vec![7]), [], "it is over");
    }

    #[test]
    fn without_a_time_between_they_change_places_at_once() {
        let (spec, mut rollout) = (spec(1, 0, 0, None), Rollout::default());
        assert_eq!(rollout.tick(&spec, at(0), BLIND, 0, |_| vec![3]), [Deed::Start { replicas: vec![3], version: 1 }]);
    }

    #[test]
    fn what_is_seen_pauses_it_stops_it_or_turns_it_back() {
        let (bad, good) = (Some(Some(0.2)), Some(Some(0.05)));
        let first = [Deed::Start { replicas: vec![0], version: 1 }];
        let second = [Deed::Start { replicas: vec![1], version: 1 }];
        let run = |then: Then| {
            let (spec, mut rollout) = (spec(1, 0, 0, Some(then)), Rollout::default());
            assert_eq!(
                rollout.tick(&spec, at(0), bad, 0, |_| vec![0, 1]),
                first,
                "before it begins it is not to blame"
            );
            let looks = [(10, bad), (20, good)];
            looks.map(|(second, seen)| {
                rollout.tick(&spec, at(second), seen, 0, |goal| if goal == 0 { vec![0] } else { vec![1] })
            })
        };
        assert_eq!(run(Then::Pause), [vec![], second.to_vec()]);
        assert_eq!(run(Then::Stop), [vec![], vec![]]);
        let back = vec![Deed::Start { replicas: vec![0], version: 0 }];
        assert_eq!(run(Then::RollBack)[0], back);
    }

    #[test]
    fn one_that_looks_first_does_not_begin_while_things_are_bad() {
        let (bad, good) = (Some(Some(0.2)), Some(Some(0.05)));
        let begun = |then: Then| {
            let mut spec = Spec { at: at(10), ..spec(1, 0, 0, Some(then)) };
            spec.watch.as_mut().expect("it has one").first = true;
            let mut rollout = Rollout::default();
            let looks = [(0, good), (10, bad), (20, bad), (30, good), (40, good)];
            let deeds = looks.map(|(second, seen)| rollout.tick(&spec, at(second), seen, 0, |_| vec![0]).len());
            (deeds, rollout.has_begun())
        };
        assert_eq!(begun(Then::Pause), ([0, 0, 0, 1, 1], true));
        assert_eq!(begun(Then::Stop), ([0; 5], false));
        assert_eq!(begun(Then::RollBack), ([0; 5], false));
    }
}
