//! Changes of the Plan while it is played. At every moment at which a push begins or ends, the changes that hold from then on are laid
//! over the scenario in the order of their beginnings, it is read again, and what differs from before becomes `Effect::Set`.
//! So pushes that overlap give what an operator would see, and healing one leaves the others.

use super::root;
use crate::base::{FaultId, Time};
use crate::faults::Change;
use crate::plan::{Arrivals, Client, Effect, Patch, Plan, Replicas, Step, Target};
use crate::scenario::overlay::{self, Setting};
use crate::scenario::{Diagnostics, Node};

/// What one fault changes, and when.
pub struct Push {
    pub fault: FaultId,
    pub from: Time,
    pub to: Time,
    pub changes: Vec<Change>,
}

/// Adds the steps of all pushes to the schedule.
pub fn lower(scenario: &Node, plan: &mut Plan, pushes: &[Push], diags: &Diagnostics) {
    if pushes.is_empty() || diags.has_errors() {
        return;
    }
    let mut before = plan.clone();
    for (at, on, fault) in moments(pushes, plan.length) {
        let mut holding: Vec<&Push> =
            pushes.iter().filter(|push| push.from <= at && is_after(push, at, on, fault)).collect();
        holding.sort_by_key(|push| (push.from, push.fault));
        let Some(after) = with(scenario, plan, &holding, diags) else { return };
        plan.schedule.extend(steps(&before, &after, at, on, fault));
        before = after;
    }
}

/// Beginnings and ends in their order; at one moment ends come first. What lasts to the end of the run is never taken back.
fn moments(pushes: &[Push], length: Time) -> Vec<(Time, bool, FaultId)> {
    let ends =
        pushes.iter().filter(|push| push.to < length && push.to > push.from).map(|push| (push.to, false, push.fault));
    let mut all: Vec<_> = pushes.iter().map(|push| (push.from, true, push.fault)).chain(ends).collect();
    all.sort();
    all
}

/// Does the push still hold once this moment of `fault` is handled? Moments are handled in the order of `moments`.
fn is_after(push: &Push, at: Time, on: bool, fault: FaultId) -> bool {
    let begun = (push.from, true, push.fault) <= (at, on, fault);
    let over = push.to > push.from && (push.to, false, push.fault) <= (at, on, fault);
    begun && !over
}

/// The Plan with these pushes laid over it. `None` if that is no scenario, which is reported.
fn with(scenario: &Node, plan: &Plan, pushes: &[&Push], diags: &Diagnostics) -> Option<Plan> {
    let changes = || pushes.iter().flat_map(|push| &push.changes);
    let settings: Vec<Setting> = changes()
        .filter_map(|change| match change {
            Change::Setting(setting) => Some(setting.clone()),
            Change::Edit(_) => None,
        })
        .collect();
    let mut changed = plan.clone();
    if !settings.is_empty() {
        let mut scenario = scenario.clone();
        overlay::apply(&mut scenario, &settings, diags);
        if diags.has_errors() {
            return None;
        }
        changed = root::topology(&scenario, plan, diags)?;
        if let Some(what) = not_the_same(plan, &changed) {
            let note = diags.error(settings[0].path_place, format!("a push cannot {what}"));
            note.help("turn a call off with `chance: 0%`; change how many there are with a variant").code("bad-push");
            return None;
        }
    }
    for change in changes() {
        if let Change::Edit(edit) = change {
            edit(&mut changed);
        }
    }
    Some(changed)
}

/// What a push must leave as it is, and does not.
fn not_the_same(plan: &Plan, changed: &Plan) -> Option<&'static str> {
    let services = |plan: &Plan| plan.services.iter().map(|s| (s.name.clone(), s.kind.clone())).collect::<Vec<_>>();
    let edges = |plan: &Plan| plan.edges.iter().map(|e| (e.name.clone(), e.from, e.to)).collect::<Vec<_>>();
    let clients = |plan: &Plan| {
        let sort = |client: &Client| {
            let members = match &client.arrivals {
                Arrivals::Herd(herd) => herd.clients,
                Arrivals::Fleet(fleet) => fleet.agents,
                Arrivals::Open { .. } | Arrivals::Trace(_) | Arrivals::Closed { .. } => 0,
            };
            (client.name.clone(), std::mem::discriminant(&client.arrivals), members, client.pages.is_some())
        };
        plan.clients.iter().map(sort).collect::<Vec<_>>()
    };
    if services(plan) != services(changed) {
        return Some("add or remove services, or change their kinds");
    }
    let copies = |plan: &Plan| {
        let all = plan.services.iter().filter(|service| service.has_copies());
        all.map(|service| service.replicas).collect::<Vec<_>>()
    };
    if copies(plan) != copies(changed) {
        return Some("change how many copies a database or a broker has");
    }
    if edges(plan) != edges(changed) {
        return Some("add or remove calls, or change where they go");
    }
    (clients(plan) != clients(changed))
        .then_some("add or remove clients, change their sort, or how many a herd or a fleet has")
}

fn steps(before: &Plan, after: &Plan, at: Time, on: bool, fault: FaultId) -> Vec<Step> {
    let step = |target, patch| Step { at, on, fault, target, effect: Effect::Set(Box::new(patch)) };
    let mut steps = Vec::new();
    for (index, (old, new)) in before.services.iter().zip(&after.services).enumerate().filter(|(_, (a, b))| a != b) {
        debug_assert_eq!(old.name, new.name, "a push keeps the order of services");
        let target = Target::Service { id: index.into(), replicas: Replicas::ALL };
        steps.push(step(target, Patch::Service(new.clone())));
    }
    for (index, (_, new)) in before.edges.iter().zip(&after.edges).enumerate().filter(|(_, (a, b))| a != b) {
        steps.push(step(Target::Edge(index.into()), Patch::Edge(new.clone())));
    }
    for (index, (_, new)) in before.clients.iter().zip(&after.clients).enumerate().filter(|(_, (a, b))| a != b) {
        steps.push(step(Target::Client(index.into()), Patch::Client(new.clone())));
    }
    steps
}
