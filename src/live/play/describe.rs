//! What a live run would start, open and break, in words, for `--dry-run`. Touches nothing and checks nothing.

use super::{ending, target};
use crate::base::{EdgeId, ServiceId};
use crate::plan::real::{Origin, Protocol};
use crate::plan::{Effect, Plan, RealService, Role, Step, Target};

/// One line for each thing, in the order in which it would be done.
pub fn describe(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, service) in plan.services.iter().enumerate() {
        if target::real(plan, ServiceId::from(index)).is_none() {
            lines.push(format!("listen on a free port of 127.0.0.1 as the stand-in for `{}`", service.name));
        }
    }
    for real in &plan.real.services {
        lines.extend(of_service(plan, real));
    }
    for index in 0..plan.edges.len() {
        if target::needs_proxy(plan, EdgeId::from(index)) {
            lines
                .push(format!("listen on a free port of 127.0.0.1 as the fault proxy of `{}`", plan.edges[index].name));
        }
    }
    lines.extend(plan.schedule.iter().filter_map(|step| of_step(plan, step)));
    lines.push("end every process, close every port and remove every folder and volume of the run".to_owned());
    lines
}

fn of_service(plan: &Plan, real: &RealService) -> Vec<String> {
    let service = plan.service(real.service);
    let name = &service.name;
    let mut lines = match &real.origin {
        Origin::Address(address) => vec![format!("connect to `{name}` at {address}")],
        Origin::Start { program, args, .. } => vec![
            format!("make a private folder for `{name}` in the temporary folder"),
            format!("start `{name}` on a free port of 127.0.0.1: {program} {}", shown(args)),
        ],
    };
    if let Some(bytes) = real.volume_bytes {
        lines.insert(1, format!("mount a tmpfs of {bytes} bytes for the data of `{name}`"));
    }
    if let (Role::Cache(spec), Protocol::Redis) = (&service.role, real.protocol)
        && spec.warm
    {
        lines.push(format!("write {} keys named firedrill:key:N into `{name}`", spec.entries.min(spec.keys)));
    }
    lines
}

/// Arguments as one would type them: an empty one or one with blanks stands in quotes.
fn shown(args: &[String]) -> String {
    let one = |arg: &String| match arg.is_empty() || arg.contains(char::is_whitespace) {
        true => format!("'{arg}'"),
        false => arg.clone(),
    };
    args.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Steps on stand-ins and on clients touch nothing outside firedrill.
fn of_step(plan: &Plan, step: &Step) -> Option<String> {
    if matches!(step.effect, Effect::Set(_)) {
        return None;
    }
    let fault = &plan.faults[step.fault.index()];
    let what = match step.target {
        Target::Edge(edge) => format!("on the proxy of `{}`", plan.edge(edge).name),
        Target::Service { id, .. } if target::real(plan, id).is_some() => {
            let how = ending::mechanism(&step.effect)?;
            format!("the process of `{}`: {how}", plan.service(id).name)
        }
        _ => return None,
    };
    Some(match step.on {
        true => format!("at {}: {} ({}): {what}", step.at, fault.name, fault.label),
        false => format!("at {}: heal {}", step.at, fault.name),
    })
}
