//! Before a run: whether each step of the schedule can be carried out on what it names.

use super::{Desk, foreign};
use crate::base::EdgeId;
use crate::live::play::{needs, target};
use crate::plan::real::{Origin, Protocol};
use crate::plan::spoil::Speech;
use crate::plan::{Effect, Party, Spoil, Step, Target};

impl Desk<'_> {
    pub(super) fn step(&mut self, step: &Step) {
        if let (Target::Zones { .. }, true) = (step.target, step.on) {
            let fault = &self.plan.faults[step.fault.index()].name;
            let why = "no message between stand-ins knows of zones";
            return self.problems.push(format!("fault `{fault}`: {why}; name services and clients instead"));
        }
        if let (Target::Edge(edge), Effect::Spoil(spoil)) = (step.target, &step.effect) {
            return self.spoil(step, edge, spoil);
        }
        if let (Target::Edge(edge), Effect::Certificate(_)) = (step.target, &step.effect) {
            return self.certificate(step, edge);
        }
        let Target::Service { id, .. } = step.target else { return };
        let Some(real) = target::real(self.plan, id) else {
            let fault = &self.plan.faults[step.fault.index()].name;
            return self.host_of_stand_in(id, &step.effect, fault);
        };
        let (fault, name) = (&self.plan.faults[step.fault.index()].name, self.name(id));
        let why = match (&real.origin, &step.effect) {
            (Origin::Address(_), effect) if real.foreign.is_some() => match foreign::refused(real, effect) {
                Some(why) => why,
                None => return,
            },
            (Origin::Address(_), _) => {
                "firedrill did not start it and must not break it; use a fault on an edge into it, `start` it here, or name its `pid` and allow it"
            }
            (_, Effect::Set(_)) => "a real process keeps its own settings; push values of the calls to it instead",
            (_, Effect::Down | Effect::Freeze | Effect::PowerCut) => return,
            (_, effect) if needs::is_of_host(effect) => return,
            (_, Effect::Slow { .. }) => {
                "a real process cannot be slowed by a factor; take processor time from it (`cpu`), or use `latency` on an edge into it"
            }
            (_, Effect::Bound { .. }) => {
                "firedrill cannot tell the requests of a real process apart, and does not know which of its states a restart ends"
            }
            (_, Effect::Kill { .. }) => "no request of a real process can be made deadly; use `down`",
            (_, Effect::Leak(_)) => "a real process leaks what it leaks; nothing can be taken from it bit by bit",
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

    /// A certificate is only shown to those who speak TLS, which stand-ins do not, and our own callers only where they are told to.
    fn certificate(&mut self, step: &Step, edge: EdgeId) {
        let of = self.plan.edge(edge);
        let is_real = |party| matches!(party, Party::Service(id) if target::real(self.plan, id).is_some());
        let fault = &self.plan.faults[step.fault.index()].name;
        let why = match target::real(self.plan, of.to) {
            None => {
                "a stand-in speaks no TLS; make it real under `live:`, or use `kind: expire`, which the engine decides"
            }
            Some(real) if !real.tls && !is_real(of.from) => {
                "firedrill calls it without TLS; write `tls: true` under `live:`, or use `kind: expire`, which the engine decides"
            }
            Some(_) => return,
        };
        self.problems.push(format!("fault `{fault}` on `{}`: {why}", of.name));
    }

    /// Only messages that pass in their own protocol can be read.
    fn spoil(&mut self, step: &Step, edge: EdgeId, spoil: &Spoil) {
        let (of, speech) = (self.plan.edge(edge), spoil.of.speech());
        let (fault, to) = (&self.plan.faults[step.fault.index()].name, self.name(of.to));
        if target::real(self.plan, of.to).is_some_and(|real| real.tls) {
            let why = "its messages are encrypted (`tls`), so that the proxy cannot read them";
            return self.problems.push(format!("fault `{fault}` on `{}`: {why}", of.name));
        }
        let why = match (speech, target::real(self.plan, of.to).map(|real| real.protocol)) {
            (Speech::Dns, None) => format!("`{to}` is a stand-in, which speaks HTTP; make it real under `live:`"),
            (Speech::Http, None) => String::new(),
            (_, None) => {
                format!("`{to}` is a stand-in, which speaks HTTP; make it real under `live:`, or use `kind: http`")
            }
            // Whoever says no more than TCP is taken at the fault's word.
            (Speech::Http | Speech::Redis | Speech::Postgres, Some(Protocol::Tcp))
            | (Speech::Dns, Some(Protocol::Dns))
            | (Speech::Http, Some(Protocol::Http))
            | (Speech::Redis, Some(Protocol::Redis))
            | (Speech::Postgres, Some(Protocol::Postgres)) => String::new(),
            (_, Some(_)) => format!("`{to}` does not speak {}", speech.word()),
        };
        let mixed = target::speech(self.plan, edge).filter(|other| *other != speech);
        if !why.is_empty() {
            self.problems.push(format!("fault `{fault}` on `{}`: {why}", of.name));
        } else if let Some(other) = mixed {
            let (other, name) = (other.word(), &of.name);
            self.problems.push(format!("fault `{fault}` on `{name}`: another fault reads this edge as {other}"));
        }
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
        let Err(Trouble::Unplayable { problems }) = check(&plan, false, 1) else { panic!("it was not refused") };
        assert_eq!(problems.len(), 4, "four of seven: {problems:#?}");
        plan.real.services[0].origin = Origin::Address("127.0.0.1:1".into());
        let Err(Trouble::Unplayable { problems }) = check(&plan, false, 1) else { panic!("it was not refused") };
        assert!(problems.iter().all(|problem| problem.contains("did not start it")), "{problems:#?}");
    }
}
