//! Before a run: whether each step of the schedule can be carried out on what it names.

use super::Desk;
use crate::live::play::target;
use crate::plan::real::{Origin, Protocol};
use crate::plan::{Effect, Step, Target};

impl Desk<'_> {
    pub(super) fn step(&mut self, step: &Step) {
        if let (Target::Zones { .. }, true) = (step.target, step.on) {
            let fault = &self.plan.faults[step.fault.index()].name;
            let why = "no message between stand-ins knows of zones";
            return self.problems.push(format!("fault `{fault}`: {why}; name services and clients instead"));
        }
        if let Effect::Spoil(_) = step.effect {
            let fault = &self.plan.faults[step.fault.index()].name;
            return self.problems.push(format!("fault `{fault}`: this world does not read single messages yet"));
        }
        let Target::Service { id, .. } = step.target else { return };
        let Some(real) = target::real(self.plan, id) else { return };
        let (fault, name) = (&self.plan.faults[step.fault.index()].name, self.name(id));
        let why = match (&real.origin, &step.effect) {
            (Origin::Address(_), _) => {
                "firedrill did not start it and must not break it; use a fault on an edge into it, or `start` it here"
            }
            (_, Effect::Set(_)) => "a real process keeps its own settings; push values of the calls to it instead",
            (_, Effect::Down | Effect::Freeze) => return,
            (_, Effect::Slow { .. }) => {
                "a real process cannot be slowed from outside; use `latency` on an edge into it"
            }
            (_, Effect::Leak(_)) => "a real process leaks what it leaks; nothing can be taken from it bit by bit",
            (_, Effect::SlowDisk(_)) => {
                "the disk of a real process cannot be slowed from outside; use `latency` on an edge into it"
            }
            (_, Effect::Fail { .. }) => {
                "a real process cannot be made to answer with errors; use `reset` or `refuse` on an edge into it"
            }
            (_, Effect::Fill { .. }) if real.volume_bytes.is_some() => return,
            (_, Effect::Fill { .. }) => "it has no `volume` that could be filled; give it one under `live:`",
            (_, Effect::Forget { share }) if real.protocol == Protocol::Redis && *share >= 1.0 => return,
            (_, Effect::Forget { .. }) => "only a Redis can be made to forget, and only everything (`share: 100%`)",
            _ => "this effect does not act on a service",
        };
        self.problems.push(format!("fault `{fault}` on the real service `{name}`: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::base::ServiceId;
    use crate::live::Trouble;
    use crate::plan::fixture;

    #[test]
    fn impossible_steps_are_all_named_before_anything_starts() {
        let mut plan = fixture::chain(1.0, &[]);
        plan.services[0].name = "cache".into();
        plan.real.services.push(fixture::redis(0));
        let target = Target::Service { id: ServiceId(0), replicas: crate::plan::Replicas::ALL };
        for effect in [
            Effect::Slow { factor: 2.0 },
            Effect::Fail { chance: 0.5 },
            Effect::Fill { share: 0.9, added: false },
            Effect::Forget { share: 0.5 },
            Effect::Down,
            Effect::Freeze,
            Effect::Forget { share: 1.0 },
        ] {
            fixture::fault(&mut plan, target, effect, 0.2, 0.4);
        }
        let Err(Trouble::Unplayable { problems }) = check(&plan, false) else { panic!("it was not refused") };
        assert_eq!(problems.len(), 4, "four of seven: {problems:#?}");
        plan.real.services[0].origin = Origin::Address("127.0.0.1:1".into());
        let Err(Trouble::Unplayable { problems }) = check(&plan, false) else { panic!("it was not refused") };
        assert!(problems.iter().all(|problem| problem.contains("did not start it")), "{problems:#?}");
    }
}
