//! What a live run would start, open and break, in words, for `--dry-run`. Touches nothing and checks nothing.

use super::{ending, needs, target};
use crate::base::{EdgeId, ServiceId, Span};
use crate::live::{drivers, engines};
use crate::plan::real::Origin;
use crate::plan::{Effect, Plan, RealService, Role, Step, Target};

/// One line for each thing, in the order in which it would be done.
pub fn describe(plan: &Plan) -> Vec<String> {
    let mut lines = guard(plan);
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
            let edge = &plan.edges[index].name;
            lines.push(match &plan.real.toxiproxy {
                None if target::leaves_a_room(plan, EdgeId::from(index)) => {
                    format!("listen at the end of the caller's network as the fault proxy of `{edge}`")
                }
                None => format!("listen on a free port of 127.0.0.1 as the fault proxy of `{edge}`"),
                Some(api) => format!("make a proxy for `{edge}` on the Toxiproxy at {api}"),
            });
        }
    }
    lines.extend(plan.schedule.iter().filter_map(|step| of_step(plan, step)));
    lines
        .extend(plan.stop_if.iter().map(|line| format!("stop, and undo everything within a second, if {}", line.text)));
    lines.extend(plan.limits.stop_file.iter().map(|file| format!("stop likewise when the file {file} is there")));
    lines.push("end every process, close every port and remove every folder and volume of the run".to_owned());
    if target::is_guarded(plan) {
        lines.push(
            "look whether each change is really gone, strike it out of the ledger, and remove the ledger".to_owned(),
        );
    }
    lines
}

/// What must be there before anything is changed.
fn guard(plan: &Plan) -> Vec<String> {
    if !target::is_guarded(plan) {
        return Vec::new();
    }
    let longest = plan.limits.longest_fault();
    vec![
        "write each change outside firedrill into an undo ledger in the state folder, before it is made".to_owned(),
        format!(
            "start the guardian, a process that undoes everything if firedrill dies, and any fault after {longest} at the latest"
        ),
    ]
}

fn of_service(plan: &Plan, real: &RealService) -> Vec<String> {
    let service = plan.service(real.service);
    let name = &service.name;
    let mut lines = match engines::resolved(plan, real).origin {
        Origin::Address(address) => {
            let mut lines = vec![format!("connect to `{name}` at {address}")];
            if let Some(foreign) = &real.foreign {
                lines.extend(needs::describe(plan, real.service));
                let named = foreign.which.permission();
                lines.push(format!(
                    "act on the process of `{name}` ({named}), which is somebody else's, and give it back"
                ));
            }
            lines
        }
        Origin::Start { program, args, first, .. } => {
            let mut lines = vec![format!("make a private folder for `{name}` in the temporary folder")];
            lines.extend(first.files.iter().map(|(file, _)| format!("write {file} for `{name}` in it")));
            lines.extend(first.run.iter().map(|words| format!("run there: {}", shown(words))));
            lines.push(format!("start `{name}` on a free port of 127.0.0.1: {program} {}", shown(&args)));
            lines
        }
        Origin::Engine { .. } => Vec::new(),
    };
    if target::is_started(real) {
        let at = lines.len() - 1;
        lines.splice(at..at, needs::describe(plan, real.service));
        if target::has_made_certificate(plan, real.service) {
            let line = format!(
                "make a certificate for `{name}`, of an authority that is made for the run, and write it there"
            );
            lines.insert(at, line);
        }
    }
    if let Some(bytes) = real.volume_bytes {
        lines.insert(1, format!("mount a tmpfs of {bytes} bytes for the data of `{name}`"));
    }
    if let Role::Cache(spec) = &service.role
        && spec.warm
        && drivers::kind(real.protocol).prepare.is_some()
    {
        lines.push(format!("write {} keys named firedrill:key:N into `{name}`", spec.entries.min(spec.keys)));
    }
    if !target::is_started(real) && drivers::kind(real.protocol).clear.is_some() {
        let what = "make what its calls need (a table, a queue or a stream, with the run's id in its name)";
        lines.push(format!("{what} at `{name}`, and remove it afterwards"));
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
        Target::Edge(edge) if needs::is_handled_inside(plan, step) => {
            format!("packets of `{}` in its network namespace", plan.service(plan.edge(edge).to).name)
        }
        Target::Edge(edge) => format!("on the proxy of `{}`", plan.edge(edge).name),
        Target::Service { id, .. } => {
            let how = ending::how_hit(target::real(plan, id)?, &step.effect)?;
            format!("the process of `{}`: {how}", plan.service(id).name)
        }
        _ => return None,
    };
    Some(match step.on {
        true => format!("at {}: {} ({}): {what}; {}", step.at, fault.name, fault.label, lasts(plan, step)),
        false => format!("at {}: heal {}", step.at, fault.name),
    })
}

/// When it is undone by plan, and whatever happens.
fn lasts(plan: &Plan, step: &Step) -> String {
    let fault = &plan.faults[step.fault.index()];
    let lasts = fault.to.since(step.at);
    match lasts == Span::ZERO {
        true => "over at once".to_owned(),
        false => format!("for {lasts}, and never longer than {}", plan.limits.longest_fault()),
    }
}
