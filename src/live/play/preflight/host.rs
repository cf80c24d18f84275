//! Before a run: whether the machine lets us do to a process what the faults say: cgroups, a disk in user space, a clock, a network of
//! its own. Each is tried, or looked at, where nobody can see it.

use super::Desk;
use crate::base::ServiceId;
use crate::live::clock::Clock;
use crate::live::disk::Disk;
use crate::live::engines;
use crate::live::net::probe;
use crate::live::play::{needs, target};
use crate::live::process;
use crate::live::resources;
use crate::plan::real::Origin;
use crate::plan::{Effect, Limit, Party, Plan, RealService, Target};

impl Desk<'_> {
    /// What the machine under a started service must be able to do.
    pub(super) fn host(&mut self, real: &RealService) {
        let plan = self.plan;
        let wanted = needs::of(plan, real.service);
        let name = self.name(real.service).to_owned();
        let missing = |what: &str, why: String| format!("service `{name}`: a fault needs {what}: {why}");
        for controller in &wanted.controllers {
            if let Err(why) = resources::probe(*controller) {
                self.problems.push(missing("a cgroup", why));
            }
        }
        if wanted.disk.is_some()
            && let Err(why) = Disk::probe()
        {
            self.problems.push(missing("a disk that can fail (FUSE)", why));
        }
        if wanted.clock
            && let Err(why) = clock(&engines::resolved(plan, real))
        {
            self.problems.push(missing("a clock of its own", why));
        }
        if wanted.network {
            self.network(real, &name);
        }
    }

    fn network(&mut self, real: &RealService, name: &str) {
        let packets = needs::packets_of(self.plan, real.service);
        let handled = if packets.is_empty() { Ok(()) } else { probe::best(&packets).map(drop) };
        let why = [probe::room(), handled, rooms(self.plan, &engines::resolved(self.plan, real))];
        let missing = why.into_iter().filter_map(Result::err);
        self.problems.extend(missing.map(|why| format!("service `{name}`: a network of its own: {why}")));
        let out = target::edges_from(self.plan, real.service);
        if !packets.is_empty() && !out.is_empty() {
            let names: Vec<String> = out.iter().map(|edge| format!("`{}`", self.plan.edge(*edge).name)).collect();
            let what = "take the same way, so what is done to its packets is done to theirs, too";
            self.checked.warnings.push(format!("`{name}`: the packets of {} {what}", names.join(", ")));
        }
    }

    /// What only a real process can feel.
    pub(super) fn host_of_stand_in(&mut self, id: ServiceId, effect: &Effect, fault: &str) {
        let what = match effect {
            Effect::Limit(Limit::Cpu { .. }) => return,
            Effect::Limit(Limit::Memory { .. }) => "memory of its own",
            Effect::Limit(Limit::OpenFiles { .. }) => "files of its own",
            Effect::Limit(Limit::Processes { .. }) => "processes of its own",
            Effect::ShortWrites { .. } => "files of its own",
            _ => return,
        };
        let name = self.name(id);
        let text =
            format!("fault `{fault}`: `{name}` is a stand-in, which has no {what}; `start` a real one under `live:`");
        self.problems.push(text);
    }
}

fn clock(real: &RealService) -> Result<(), String> {
    Clock::library()?;
    let Origin::Start { program, .. } = &real.origin else { return Ok(()) };
    process::program_file(program).map_or(Ok(()), |path| Clock::check(&path))
}

/// Whether the service can be reached in a network of its own, and none is hit there who is not meant.
fn rooms(plan: &Plan, real: &RealService) -> Result<(), String> {
    if !real.origin.texts().iter().any(|text| text.contains("{host}")) {
        return Err("it must listen on the address there; write {host} where the program takes its address".to_owned());
    }
    let into = || plan.edges.iter().enumerate().filter(|(_, edge)| edge.to == real.service);
    for step in needs::effects_on(plan, real.service).filter(|step| matches!(step.effect, Effect::Packets(_))) {
        let is_hit = |index: usize| {
            plan.schedule.iter().any(|other| other.fault == step.fault && other.target == Target::Edge(index.into()))
        };
        if let Some((_, edge)) = into().find(|(index, _)| !is_hit(*index)) {
            let caller = match edge.from {
                Party::Client(id) => &plan.client(id).name,
                Party::Service(id) => &plan.service(id).name,
            };
            return Err(format!(
                "packets of `{caller}` take the same way, so they cannot be left out; let the fault act `on: {}`",
                plan.service(real.service).name
            ));
        }
    }
    Ok(())
}
