//! Before a run: whether a process that is somebody else's may be hit, is there, and can be given back. Each mechanism is tried where nobody
//! sees it, or with what is in force already.

use super::Desk;
use crate::live::foreign;
use crate::live::play::needs;
use crate::live::process::listens;
use crate::live::resources::{self, soft_limit};
use crate::live::undo::Identity;
use crate::live::undo::identity::Kin;
use crate::plan::real::Which;
use crate::plan::{Effect, Limit, RealService};

impl Desk<'_> {
    pub(super) fn foreign(&mut self, real: &RealService) {
        let Some(named) = &real.foreign else { return };
        let (name, permission) = (self.name(real.service).to_owned(), named.which.permission());
        if !self.plan.real.allow.contains(&permission) {
            let why = format!("it is not firedrill's own; if you may put faults on it, write `allow: [{permission}]`");
            self.problems.push(format!("service `{name}`: {why} into the scenario"));
        }
        let Some(address) = self.checked.addresses.get(&real.service) else { return };
        if !address.ip().is_loopback() && !is_ours(address.ip()) {
            let why = "is not on this machine, and a process elsewhere cannot be hit from here";
            return self.problems.push(format!("service `{name}`: {address} {why}; leave its process out"));
        }
        match foreign::identify(&named.which) {
            Err(why) => self.problems.push(format!("service `{name}`: {why}")),
            Ok(who) => {
                if !listens(address.port(), Kin::Descendants(who)) {
                    let why = format!("nobody of pid {} is seen to listen there", who.pid);
                    let warning = format!("`{name}` ({address}): {why}; make sure that it is the right process");
                    self.checked.warnings.push(warning);
                }
                self.can_be_limited(real, &name, who);
            }
        }
        if let Which::File(_) = named.which
            && named.may_end
        {
            let why = "a process that takes its place meanwhile is not followed";
            self.checked.warnings.push(format!("`{name}` may be ended by a fault; {why}"));
        }
    }

    fn can_be_limited(&mut self, real: &RealService, name: &str, who: Identity) {
        for controller in needs::of(self.plan, real.service).controllers {
            if let Err(why) = resources::probe_beside(who.pid, controller) {
                self.problems.push(format!("service `{name}`: a fault needs a cgroup beside it: {why}"));
            }
        }
        let open_files = |effect: &Effect| matches!(effect, Effect::Limit(Limit::OpenFiles { .. }));
        if needs::effects_on(self.plan, real.service).any(|step| open_files(&step.effect)) {
            // What it has is set anew, which changes nothing and takes the same right.
            let tried =
                soft_limit::open_files(who.pid).and_then(|limit| soft_limit::set_open_files(who.pid, limit.rlim_cur));
            if let Err(error) = tried {
                let why = format!("the limits of pid {} cannot be set ({error})", who.pid);
                let how = "run firedrill as its user, or as root with CAP_SYS_RESOURCE";
                self.problems.push(format!("service `{name}`: {why}; {how}"));
            }
        }
    }
}

/// Whether an address is one of this machine: only then can a socket be bound to it.
fn is_ours(address: std::net::IpAddr) -> bool {
    std::net::UdpSocket::bind((address, 0)).is_ok()
}

/// Why this cannot be done to a process that nobody here can start again; `None`: it can be undone, or is allowed all the same.
pub(super) fn refused(real: &RealService, effect: &Effect) -> Option<&'static str> {
    let may_end = real.foreign.as_ref().is_some_and(|foreign| foreign.may_end);
    match effect {
        Effect::Freeze | Effect::Limit(Limit::Cpu { .. } | Limit::Processes { .. } | Limit::OpenFiles { .. }) => None,
        Effect::Down if may_end => None,
        Effect::Down => Some(
            "firedrill cannot start it again; if it may be killed all the same, write `may_end: true` beside its `pid`",
        ),
        Effect::Limit(Limit::Memory { .. }) if may_end => None,
        Effect::Limit(Limit::Memory { .. }) => Some(
            "the kernel may kill it for want of memory, and firedrill cannot start it again; if that may happen, write `may_end: true` beside its `pid`",
        ),
        _ => Some(
            "it is not firedrill's own: it can be paused and limited (`cpu`, `memory`, `processes`, `open-files`) only",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::base::ServiceId;
    use crate::live::Trouble;
    use crate::plan::real::{Foreign, Origin};
    use crate::plan::{Plan, Replicas, Target, fixture};

    fn plan(which: Which, may_end: bool, effect: Effect) -> Plan {
        let mut plan = fixture::chain(1.0, &[]);
        let (origin, foreign) = (Origin::Address("127.0.0.1:9".into()), Some(Foreign { which, may_end }));
        plan.real.services.push(RealService { origin, foreign, ..fixture::redis(0) });
        let target = Target::Service { id: ServiceId(0), replicas: Replicas::ALL };
        fixture::fault(&mut plan, target, effect, 0.2, 0.4);
        plan
    }

    fn problems(plan: &Plan) -> String {
        match check(plan, false, 1) {
            Err(Trouble::Unplayable { problems }) => problems.join("\n"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn it_must_be_allowed_be_there_and_not_be_what_all_depends_on() {
        let words = problems(&plan(Which::Pid(1), false, Effect::Freeze));
        assert!(words.contains("allow: [pid:1]") && words.contains("first process"), "{words}");
        let mut gone = plan(Which::File("/nowhere/it.pid".into()), false, Effect::Freeze);
        gone.real.allow.push("pid_file:/nowhere/it.pid".into());
        let words = problems(&gone);
        assert!(words.contains("cannot be read") && !words.contains("allow:"), "{words}");
    }

    #[test]
    fn what_cannot_be_undone_needs_a_word_of_its_own() {
        let memory = || Effect::Limit(Limit::Memory { bytes: 1 << 30 });
        for effect in [Effect::Down, memory()] {
            assert!(problems(&plan(Which::Pid(1), false, effect)).contains("may_end: true"));
        }
        for effect in [Effect::Down, memory()] {
            assert!(!problems(&plan(Which::Pid(1), true, effect)).contains("may_end"));
        }
        let words = problems(&plan(Which::Pid(1), true, Effect::PowerCut));
        assert!(words.contains("paused and limited"), "{words}");
    }
}
