//! Guardrails: conditions that end a run by themselves, and limits to what it may touch at all.
//!
//! `stop_if` (at the top of the scenario, one line or a list) ends the run when a line of the expectation language, without a window, has
//! held for so long: `errors(users) > 30% for 5s`. It is looked at when a recording window is over (half a second long, unless `window` says
//! otherwise), after the warm-up; requests count when they end. Shares and latencies need 20 requests, so that one early error stops
//! nothing. In the simulated world the run stops in virtual time.
//!
//! `limits` bounds the blast radius. What can be known from the scenario is a mistake in it: a fault that lasts longer than
//! `longest_fault` (10 minutes in the live world), hits more than this share of the `replicas` of a service at one moment, or says that it
//! touches more than this share of `requests` or `connections`; a fault that says no share touches all. In the live world it is looked at
//! as well what each fault on a call really touched since it began: beyond the limit, and beyond chance, the run stops. The guardian undoes a fault
//! of a live run when its longest time is over, even if firedrill itself hangs.
//!
//! A live run also stops when somebody presses `q` at its terminal, and when `stop_file` (or `--stop-file`) is there; it does not begin while
//! it is. Whatever stops it, everything is undone within a second, the report says which guardrail it was, and the exit code is 13.
//!
//! ```yaml
//! name: limits-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 500ms}, rate: 100/s}
//! services:
//!   web: {workers: 32, work: exp(5ms), replicas: 4}
//! faults:
//!   one-down: {kind: down, on: web, replicas: 1, at: 20s, for: 20s}
//! stop_if:
//!   - errors(users) > 60% for 5s
//!   - p99(users) > 2s for 10s
//! limits: {longest_fault: 5m, replicas: 50%}
//! expect:
//!   - success(users) >= 70% whole
//! ```

use super::expect::{self, Names};
use crate::base::{ServiceId, Span, Time, Which};
use crate::plan::{Effect, Limits, Plan, Step, StopLine, Target, World};
use crate::scenario::{FieldDoc, Fields, Node, Place, Shape, Sources, Value, values};
use std::collections::{BTreeMap, BTreeSet};

pub static TABLE: [FieldDoc; 5] = [
    FieldDoc::optional("longest_fault", Shape::Span, "10m in the live world", "no fault may last longer"),
    FieldDoc::optional(
        "replicas",
        Shape::Ratio,
        "no limit",
        "share of a service's replicas that are hit at one moment",
    ),
    FieldDoc::optional(
        "connections",
        Shape::Ratio,
        "no limit",
        "share of the connections of a call that a fault may touch",
    ),
    FieldDoc::optional("requests", Shape::Ratio, "no limit", "share of the requests that a fault may touch"),
    FieldDoc::optional("stop_file", Shape::Text, "none", "a live run stops when this file is there"),
];

pub fn read(fields: &Fields, plan: &mut Plan, sources: &Sources) {
    plan.limits = fields.node("limits").map(|node| limits(node, fields)).unwrap_or_default();
    let names = Names::of(plan);
    plan.stop_if = lines(fields).iter().filter_map(|node| line(node, &names, fields, sources)).collect();
    check_longest(fields, plan);
    check_replicas(fields, plan);
    check_shares(fields, plan);
}

/// One line, or a list of them.
fn lines<'a>(fields: &Fields<'a>) -> Vec<&'a Node> {
    match fields.node("stop_if") {
        Some(node) if !matches!(node.value, Value::List(_) | Value::Map(_)) => vec![node],
        _ => fields.list("stop_if").iter().collect(),
    }
}

fn line(node: &Node, names: &Names, fields: &Fields, sources: &Sources) -> Option<StopLine> {
    let text = values::read_text(node, fields.diags())?;
    match expect::parse_stop(text, names) {
        Ok((parsed, bound, hold)) => Some(StopLine {
            text: text.to_owned(),
            place: sources.location(node.place),
            metric: parsed.metric,
            compare: parsed.compare,
            bound,
            hold,
        }),
        Err(mistake) => {
            let place = node.part(mistake.start..mistake.end);
            fields.diags().error(place, mistake.message).maybe_help(mistake.help).code("bad-expectation");
            None
        }
    }
}

fn limits(node: &Node, root: &Fields) -> Limits {
    let fields = Fields::open(node, "`limits`", &TABLE, root.diags());
    let longest_fault = fields.span("longest_fault");
    if longest_fault == Some(Span::ZERO) {
        fields.error("longest_fault", "no fault can be that short").code("wrong-value");
    }
    let share = |name: &str| fields.ratio(name);
    let (replicas, connections, requests) = (share("replicas"), share("connections"), share("requests"));
    let stop_file = fields.text("stop_file").map(str::to_owned);
    Limits { longest_fault, replicas, connections, requests, stop_file }
}

/// Where the fault stands in the scenario.
fn place_of(fields: &Fields, name: &str) -> Place {
    let entries = fields.entries("faults");
    entries.iter().find(|entry| entry.key == name).map_or(fields.place(), |entry| entry.key_place)
}

fn refuse(fields: &Fields, fault: &str, message: String, help: String) {
    fields.diags().error(place_of(fields, fault), message).help(help).code("over-limit");
}

/// Virtual time is nobody's risk, so there only a limit that is written down counts.
fn check_longest(fields: &Fields, plan: &Plan) {
    if plan.world == World::Sim && plan.limits.longest_fault.is_none() {
        return;
    }
    let longest = plan.limits.longest_fault();
    for fault in plan.faults.iter().filter(|fault| fault.to.since(fault.from) > longest) {
        let (name, lasts) = (&fault.name, fault.to.since(fault.from));
        let message = format!("fault `{name}` lasts {lasts}, and no fault may last longer than {longest}");
        refuse(fields, name, message, "make it shorter, or raise `longest_fault` under `limits:`".to_owned());
    }
}

/// Replays the schedule and counts, for each service, which of its replicas some fault lies on.
fn check_replicas(fields: &Fields, plan: &Plan) {
    let Some(limit) = plan.limits.replicas else { return };
    let mut hit: BTreeMap<ServiceId, Vec<(&Step, BTreeSet<u32>)>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for step in &plan.schedule {
        let Target::Service { id, replicas } = step.target else { continue };
        if matches!(step.effect, Effect::Set(_) | Effect::Blind) {
            continue;
        }
        let count = plan.service(id).replicas.max(1);
        let lying = hit.entry(id).or_default();
        if !step.on {
            lying.retain(|(on, _)| (on.fault, on.target, &on.effect) != (step.fault, step.target, &step.effect));
            continue;
        }
        lying.push((step, replicas.of(count).collect()));
        let together: BTreeSet<u32> = lying.iter().flat_map(|(_, replicas)| replicas).copied().collect();
        let share = together.len() as f64 / f64::from(count);
        if share > limit && told.insert(step.fault) {
            over_replicas(fields, plan, step, (together.len(), count), limit);
        }
    }
}

fn over_replicas(fields: &Fields, plan: &Plan, step: &Step, (hit, count): (usize, u32), limit: f64) {
    let fault = &plan.faults[step.fault.index()].name;
    let Target::Service { id, .. } = step.target else { return };
    let (service, at, most) = (&plan.service(id).name, step.at, limit * 100.0);
    let message =
        format!("with fault `{fault}`, {hit} of {count} replicas of `{service}` are hit at {at}: more than {most}%");
    let help = "hit fewer of them (`replicas: 1` at the fault), or raise `replicas` under `limits:`".to_owned();
    refuse(fields, fault, message, help);
}

/// What a fault says of the share that it touches.
fn check_shares(fields: &Fields, plan: &Plan) {
    let limits = &plan.limits;
    let of = [("requests", limits.requests), ("connections", limits.connections)];
    for (index, fault) in plan.faults.iter().enumerate() {
        let steps = plan.schedule.iter().filter(|step| step.on && step.fault.index() == index);
        let share = steps.filter_map(touched_share).fold(0.0, f64::max);
        for (what, limit) in of.into_iter().filter_map(|(what, limit)| Some((what, limit?))) {
            if share > limit {
                let (name, share, most) = (&fault.name, share * 100.0, limit * 100.0);
                let message = format!("fault `{name}` touches {share}% of the {what}, and the limit is {most}%");
                let help = format!("let it touch fewer, or raise `{what}` under `limits:`");
                refuse(fields, name, message, help);
            }
        }
    }
}

/// `None` for what touches no request: pushes, clients, silent monitoring.
fn touched_share(step: &Step) -> Option<f64> {
    if let Effect::Some { which, does } = &step.effect {
        return Some(said(*which) * touched_share(&Step { effect: Effect::clone(does), ..step.clone() })?);
    }
    if let Effect::Bound { does, .. } = &step.effect {
        return touched_share(&Step { effect: Effect::clone(does), ..step.clone() });
    }
    match (&step.target, &step.effect) {
        (_, Effect::Set(_) | Effect::Blind | Effect::Surge { .. } | Effect::Wake { .. } | Effect::Release) => None,
        (Target::Edge(_) | Target::Service { .. }, Effect::Reset { chance } | Effect::Fail { chance }) => Some(*chance),
        (Target::Edge(_), Effect::Toxic(toxic)) => Some(said(toxic.which)),
        (Target::Edge(_), Effect::Spoil(spoil)) => Some(said(spoil.which)),
        (Target::Edge(_), _) => Some(1.0),
        _ => None,
    }
}

/// The first so many are no share: what they come to is seen while the run goes on.
fn said(which: Which) -> f64 {
    match which.first {
        Some(_) => 0.0,
        None => which.share / which.every.max(1) as f64,
    }
}

/// Stop lines are looked at once a window, so that it must not be long.
pub fn window_at_most(fields: &Fields, length: Time) -> Option<Span> {
    const WINDOW: Span = Span::from_millis(500);
    const WINDOWS_MAX: u64 = 4000;
    (fields.has("stop_if") && length.0 / WINDOW.0 <= WINDOWS_MAX).then_some(WINDOW)
}

#[cfg(test)]
#[path = "guardrails_tests.rs"]
mod tests;
