//! What the faults of a plan need of each started process from its start. Pure look-ups in the plan.

use super::target;
use crate::base::ServiceId;
use crate::live::foreign;
use crate::live::net::probe;
use crate::live::process::surroundings::{DiskNeed, Needs};
use crate::live::resources::{self, Controller, Version};
use crate::plan::{Effect, Limit, Packets, Plan, Step, Target};

/// Is it done to the machine under a process?
pub fn is_of_host(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Limit(_)
            | Effect::DiskError(_)
            | Effect::SlowDisk(_)
            | Effect::ShortWrites { .. }
            | Effect::Skew { .. }
            | Effect::Packets(_)
    )
}

/// The effects that begin on a service, or on the packets of the calls into it.
pub fn effects_on(plan: &Plan, service: ServiceId) -> impl Iterator<Item = &Step> {
    let is_on = move |step: &&Step| match step.target {
        Target::Service { id, .. } => id == service,
        Target::Edge(edge) => plan.edge(edge).to == service && matches!(step.effect, Effect::Packets(_)),
        _ => false,
    };
    plan.schedule.iter().filter(|step| step.on).filter(is_on)
}

/// What is done to its packets.
pub fn packets_of(plan: &Plan, service: ServiceId) -> Vec<&Packets> {
    let all = effects_on(plan, service);
    all.filter_map(|step| if let Effect::Packets(packets) = &step.effect { Some(packets) } else { None }).collect()
}

pub fn of(plan: &Plan, service: ServiceId) -> Needs {
    let mut needs = Needs { network: own_network(plan, service), ..Needs::default() };
    for step in effects_on(plan, service) {
        match &step.effect {
            Effect::Limit(limit) => needs.controllers.extend(controller(limit, &needs)),
            Effect::DiskError(_) | Effect::SlowDisk(_) | Effect::ShortWrites { .. } => {
                needs.disk.get_or_insert(DiskNeed { power_cut: false });
            }
            Effect::PowerCut => needs.disk = Some(DiskNeed { power_cut: true }),
            Effect::Skew { .. } => needs.clock = true,
            _ => {}
        }
    }
    needs
}

fn controller(limit: &Limit, needs: &Needs) -> Option<Controller> {
    Controller::of(limit).filter(|controller| !needs.controllers.contains(controller))
}

/// Whether it runs in a network namespace of its own: it is to, or a fault of packets acts on it.
pub fn own_network(plan: &Plan, service: ServiceId) -> bool {
    target::real(plan, service).filter(|real| target::is_started(real)).is_some_and(|real| {
        real.own_network || effects_on(plan, service).any(|step| matches!(step.effect, Effect::Packets(_)))
    })
}

/// By which of several ways the kernel of this machine does it, for the report.
pub fn methods(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for real in plan.real.services.iter().filter(|real| target::is_started(real) || real.foreign.is_some()) {
        let (name, needs) = (&plan.service(real.service).name, of(plan, real.service));
        for controller in &needs.controllers {
            let home = match &real.foreign {
                None => resources::home(*controller),
                Some(foreign) => {
                    foreign::identify(&foreign.which).and_then(|who| resources::home_beside(who.pid, *controller))
                }
            };
            if let Ok(home) = home {
                let version = if home.version == Version::V2 { 2 } else { 1 };
                lines.push(format!("{name}: limits on {} by cgroup v{version}.", controller.name()));
            }
        }
        if needs.network {
            lines.push(format!(
                "{name}: in a network namespace of its own; it calls others through firedrill's proxies."
            ));
        }
        if !packets_of(plan, real.service).is_empty()
            && let Ok(mechanism) = probe::best(&[])
        {
            lines.push(format!("{name}: packets by {}.", mechanism.words()));
        }
    }
    lines
}

/// What is made for a process at its start, for `--dry-run`.
pub fn describe(plan: &Plan, service: ServiceId) -> Vec<String> {
    let (name, needs) = (&plan.service(service).name, of(plan, service));
    let controllers: Vec<_> = needs.controllers.iter().map(|controller| controller.name()).collect();
    let parts = [
        (!controllers.is_empty(), format!("make a cgroup for `{name}` ({})", controllers.join(", "))),
        (needs.disk.is_some(), format!("mount a FUSE pass-through over the data of `{name}`")),
        (needs.clock, format!("load libfaketime into `{name}`")),
        (needs.network, format!("make a network namespace and a pair of interfaces for `{name}`")),
    ];
    parts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, line)| line).collect()
}

/// Packets into a started process are handled in its own network, and not by a proxy.
pub fn is_handled_inside(plan: &Plan, step: &Step) -> bool {
    let Target::Edge(edge) = step.target else { return false };
    matches!(step.effect, Effect::Packets(_)) && target::real(plan, plan.edge(edge).to).is_some_and(target::is_started)
}
