//! Faults to a schedule: where each acts, when it begins and heals, and what it does, as steps in order of time.

use super::pushes::{self, Push};
use super::sites::site;
use crate::base::{FaultId, Span, Time};
use crate::faults::{self, ActsOn, Change, Deed, FaultKind, Lasts, Lowered, Worlds};
use crate::model::policies::class::Classes;
use crate::plan::{Effect, FaultInfo, Only, Plan, Step, World};
use crate::scenario::{Entry, Fields, Node, help_for, quote, values};

/// Faults may be at most this many.
const FAULTS_MAX: usize = 1000;

pub fn read(root: &Node, fields: &Fields, classes: &Classes, plan: &mut Plan) {
    let entries = fields.entries("faults");
    if entries.len() > FAULTS_MAX {
        fields.error("faults", format!("more than {FAULTS_MAX} faults")).code("too-large");
        return;
    }
    let mut all = Vec::new();
    for entry in entries {
        values::check_name(&entry.key, entry.key_place, fields.diags());
        if let Some((info, steps, pushes)) = fault(entry, fields, classes, plan) {
            plan.faults.push(info);
            plan.schedule.extend(steps);
            all.extend(pushes);
        }
    }
    pushes::lower(root, plan, &all, fields.diags());
    plan.schedule.sort_by_key(|step| (step.at, step.on, step.fault));
}

fn fault(entry: &Entry, root: &Fields, classes: &Classes, plan: &Plan) -> Option<(FaultInfo, Vec<Step>, Vec<Push>)> {
    let what = format!("fault `{}`", entry.key);
    let Some(kind) = kind_of(entry, &what, root) else {
        // As for other mistakes: the name stays, so that the windows named after it are not wrong as well.
        let (name, kind, on) = (entry.key.clone(), String::new(), String::new());
        return Some((
            FaultInfo { name, kind, on, from: stand_in(plan).0, to: stand_in(plan).1, label: String::new() },
            Vec::new(),
            Vec::new(),
        ));
    };
    let fields = Fields::open_all(&entry.value, &what, &kind.tables(), root.diags());
    refuse_in_model(kind, &fields, plan);
    let window = window(&fields, kind, plan);
    let on = if kind.acts_on == ActsOn::Anything { Some("") } else { fields.text("on") };
    let site = on.filter(|on| !is_wrong_control(on, kind, root, plan)).and_then(|on| site(on, kind, &fields, plan));
    let lowered =
        site.and_then(|site| (kind.lower)(&fields, &site)).and_then(|lowered| bound(kind, lowered, &fields, classes));
    lowered.iter().for_each(|lowered| check_toxics(lowered, &fields, plan));
    lowered.iter().for_each(|lowered| check_connections(lowered, &fields, plan));
    // A fault that is wrong keeps its name, so that the windows named after it are not wrong as well.
    let (from, to) = window.unwrap_or(stand_in(plan));
    let info = FaultInfo {
        name: entry.key.clone(),
        kind: kind.name.to_owned(),
        on: on.filter(|on| !on.is_empty()).unwrap_or("the scenario").to_owned(),
        from,
        to,
        label: lowered.as_ref().map(|lowered| lowered.label.clone()).unwrap_or_default(),
    };
    let Some(lowered) = lowered else { return Some((info, Vec::new(), Vec::new())) };
    let fault = FaultId::from(plan.faults.len());
    let pushes = pushes_of(&lowered, fault, from, to);
    Some((info, kind.steps(fault, lowered, from, to), pushes))
}

/// Is it a control with a mistake in it? That was told, and whoever names it made none.
fn is_wrong_control(on: &str, kind: &FaultKind, root: &Fields, plan: &Plan) -> bool {
    let is_read = plan.controls.iter().any(|control| control.name == on);
    kind.acts_on == ActsOn::Control && !is_read && root.entries("controls").iter().any(|entry| entry.key == on)
}

/// What a fault does to a service, bound to the requests that its fields name, or to each replica until that is started anew.
fn bound(kind: &FaultKind, mut lowered: Lowered, fields: &Fields, classes: &Classes) -> Option<Lowered> {
    if kind.acts_on != ActsOn::Service {
        return Some(lowered);
    }
    let asked = |name: &str| fields.knows(name).then(|| fields.node(name)).flatten();
    let mut only = Only::ALL;
    if let Some(node) = asked("class") {
        only.class = Some(classes.read(node, fields.diags())?);
        lowered.label += &format!(" for class {}", node.scalar().unwrap_or_default());
    }
    if asked("key").is_some() {
        let key = fields.count("key")?;
        only.key = Some(u32::try_from(key).unwrap_or(u32::MAX));
        lowered.label += &format!(" for key {key}");
    }
    let until_start = asked("until").is_some() && fields.choice("until")? == "restart";
    if until_start {
        lowered.label += ", until restart";
    }
    let effects = lowered.effects.into_iter().map(|(target, effect)| (target, effect.bound(only, until_start)));
    Some(Lowered { effects: effects.collect(), ..lowered })
}

/// The simulator has no bytes and no connections: what needs them is played live only.
fn check_toxics(lowered: &Lowered, fields: &Fields, plan: &Plan) {
    let unplayable = |effect: &Effect| matches!(effect, Effect::Toxic(toxic) if toxic.modelled().is_none());
    if plan.world == World::Sim && lowered.effects.iter().any(|(_, effect)| unplayable(effect)) {
        let note =
            fields.error("type", "this toxic acts on bytes or single connections, which the simulator does not have");
        note.help("play it with `--world live`, or write `world: live`").code("wrong-value");
    }
}

/// In the simulator each attempt is taken for a connection of its own, of which a share can be picked; but it would be untrue to count them,
/// since real callers keep theirs.
fn check_connections(lowered: &Lowered, fields: &Fields, plan: &Plan) {
    let counts = |effect: &Effect| matches!(effect, Effect::Some { which, .. } if !which.counts(None));
    if plan.world == World::Sim && lowered.effects.iter().any(|(_, effect)| counts(effect)) {
        let name = if fields.has("first") { "first" } else { "every" };
        let note = fields.error(name, "this counts connections, which the simulator does not have");
        note.help("use `share`, or play it with `--world live` (`world: live`)").code("wrong-world");
    }
}

/// The changes that a fault makes at its beginning, and those that it adds while it lasts.
fn pushes_of(lowered: &Lowered, fault: FaultId, from: Time, to: Time) -> Vec<Push> {
    let push = |after: Span, changes: Vec<Change>| Push { fault, from: from + after, to, changes };
    let first = (!lowered.changes.is_empty()).then(|| push(Span::ZERO, lowered.changes.clone()));
    let later = lowered.later.iter().filter_map(|(after, deed)| match deed {
        Deed::Change(change) if from + *after < to => Some(push(*after, vec![change.clone()])),
        _ => None,
    });
    first.into_iter().chain(later).collect()
}

/// A window for a fault whose own is not known: in the middle, so that there is a before and an after.
fn stand_in(plan: &Plan) -> (Time, Time) {
    let third = Span(plan.length.since(plan.warmup).0 / 3);
    (plan.warmup + third, plan.warmup + third + third)
}

fn kind_of(entry: &Entry, what: &str, root: &Fields) -> Option<&'static FaultKind> {
    let diags = root.diags();
    let Some(node) = entry.value.get("kind") else {
        let note = diags.error(entry.key_place, format!("{what} has no `kind`")).code("missing-key");
        note.help("such as `kind: latency`; `firedrill list` shows all of them");
        return None;
    };
    let name = values::read_name(node, diags)?;
    let kind = faults::named(name);
    if kind.is_none() {
        let names = faults::KINDS.iter().map(|kind| kind.name);
        diags
            .error(node.place, format!("there is no fault kind {}", quote(name)))
            .code("unknown-name")
            .maybe_help(help_for(name, names));
    }
    kind
}

/// What the model has no meaning for is not played there.
fn refuse_in_model(kind: &FaultKind, fields: &Fields, plan: &Plan) {
    if kind.worlds == Worlds::LiveOnly && plan.world == World::Sim {
        let note = fields.error("kind", format!("`{}` acts on real processes, and the simulator has none", kind.name));
        note.help("play the scenario with `--world live`, or say `world: live` in it").code("wrong-world");
    }
}

/// When it begins and ends; both inside the run.
fn window(fields: &Fields, kind: &FaultKind, plan: &Plan) -> Option<(Time, Time)> {
    let from = Time(fields.span("at")?.0);
    if from >= plan.length {
        fields
            .error("at", format!("the fault begins at {from}, but the run ends at {}", plan.length))
            .code("outside-run");
        return None;
    }
    let lasts = match kind.lasts {
        Lasts::Instantly => return Some((from, from)),
        Lasts::UntilHealed if !fields.has("for") => return Some((from, plan.length)),
        Lasts::Shortly(span) if !fields.has("for") => span,
        _ => fields.span("for")?,
    };
    if lasts == Span::ZERO {
        fields.error("for", "a fault of no length does nothing").code("wrong-value");
        return None;
    }
    let to = from + lasts;
    if to > plan.length {
        let place = if fields.has("for") { "for" } else { "at" };
        let note = fields.error(place, format!("the fault ends at {to}, but the run ends at {}", plan.length));
        note.help("make it shorter, or make the run longer").code("outside-run");
        return None;
    }
    Some((from, to))
}
