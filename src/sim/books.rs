//! For tests: plays a Plan with an audit at many moments, and holds the recording to the laws of conservation and to Little's law.
//! Each breach is told in words, so that tests can also show that a law would be seen to be broken.

use super::dealt_callers::hedges;
use crate::base::Time;
use crate::engine::{Audit, Direct, Engine};
use crate::plan::{Arrivals, Does, Edge, Effect, Lever, Plan, Step, Target};
use crate::record::{Evidence, Recording, ServiceCell};
use std::sync::Arc;

/// Plays a plan and asserts that its books balance.
pub fn held(plan: &Plan) -> Recording {
    let (recording, left) = played(plan);
    let found = breaches(&recording, &left);
    assert!(found.is_empty(), "{}:\n{}", plan.scenario, found.join("\n"));
    recording
}

/// What was recorded, and what was left inside at the end.
pub fn played(plan: &Plan) -> (Recording, Audit) {
    let mut engine = Engine::new(Arc::new(plan.clone()), Direct);
    for tick in 0..=40u64 {
        engine.run_until(Time(plan.length.0 / 40 * tick));
        let audit = engine.audit();
        for (index, client) in plan.clients.iter().enumerate() {
            let members = match &client.arrivals {
                Arrivals::Closed { users, .. } => *users,
                Arrivals::Herd(herd) => herd.clients,
                Arrivals::Fleet(fleet) => fleet.agents,
                Arrivals::Open { .. } | Arrivals::Trace(_) => continue,
            };
            let found = audit.asking[index] + audit.pausing[index] + audit.connected[index];
            assert_eq!(found, u64::from(members), "users were lost or doubled");
        }
    }
    engine.run_until(plan.length);
    engine.finish();
    let audit = engine.audit();
    (engine.recorder.finish(plan, 0.0, 0, vec![]), audit)
}

/// What is recorded when every request stops at every door.
pub fn played_the_long_way(plan: &Plan) -> Recording {
    let mut engine = Engine::new(Arc::new(plan.clone()), Direct);
    engine.take_the_long_way();
    engine.run_until(plan.length);
    engine.finish();
    engine.recorder.finish(plan, 0.0, 0, vec![])
}

/// Every law that does not hold, in words.
pub fn breaches(recording: &Recording, left: &Audit) -> Vec<String> {
    let mut found = Vec::new();
    clients(recording, left, &mut found);
    edges(recording, left, &mut found);
    losses(recording, &mut found);
    for index in 0..recording.plan.services.len() {
        service(recording, index, left, &mut found);
    }
    found
}

fn note(found: &mut Vec<String>, holds: bool, what: impl FnOnce() -> String) {
    if !holds {
        found.push(what());
    }
}

fn clients(recording: &Recording, left: &Audit, found: &mut Vec<String>) {
    let plan = &recording.plan;
    for (index, client) in plan.clients.iter().enumerate() {
        let cell = recording.client_over(index, Time::ZERO, plan.length);
        let edge = recording.edge_over(client.edge.index(), Time::ZERO, plan.length);
        let (sent, ended) = (cell.sent, cell.ok + cell.failed());
        let mut law = |what: &str, one: u64, other: u64| {
            note(found, one == other, || format!("client {}: {what}: {one} and {other}", client.name));
        };
        law("sent = ended + in flight", sent, ended + left.asking[index]);
        law("offered = sent", cell.offered, sent);
        law("good answers = requests that succeeded", cell.goodput, cell.ok);
        law("each success has a latency", cell.latency.count(), cell.ok);
        law("each failure has a latency", cell.failed_latency.count(), cell.failed());
        law("calls = sent", edge.calls, sent);
        law("attempts = sent + retries", edge.attempts, sent + cell.retries + hedges(recording, client.edge.index()));
    }
}

fn edges(recording: &Recording, left: &Audit, found: &mut Vec<String>) {
    let plan = &recording.plan;
    for (index, edge) in plan.edges.iter().enumerate() {
        let cell = recording.edge_over(index, Time::ZERO, plan.length);
        let ended = cell.ok + cell.errors.iter().sum::<u64>() + cell.abandoned + left.under_way[index];
        let holds = cell.attempts == ended;
        note(found, holds, || format!("{}: attempts = ended + under way: {} and {ended}", edge.name, cell.attempts));
    }
}

/// What the faults with such a step lost and refused.
fn taken(recording: &Recording, is_such: impl Fn(&Step) -> bool) -> u64 {
    let such = |fault: usize| recording.plan.schedule.iter().any(|step| step.fault.index() == fault && is_such(step));
    let all = recording.evidence.iter().enumerate().filter(|(fault, _)| such(*fault));
    let count = |of: &Evidence, what: &str| of.details.get(what).copied().unwrap_or(0);
    all.map(|(_, of)| count(of, "requests lost") + count(of, "requests refused")).sum()
}

/// What services lost was taken by faults on them, or stopped by callers who pass cancellations on, or taken by a poisoned message,
/// whose fault is on the broker and who loses is not. What a deploy stops is nobody's fault.
fn losses(recording: &Recording, found: &mut Vec<String>) {
    let plan = &recording.plan;
    let cancels = |edge: &&Edge| edge.cancel || edge.hedge.as_ref().is_some_and(|hedge| hedge.cancel);
    let poisons = |step: &Step| matches!(step.effect, Effect::Poison { .. });
    let poisoned = taken(recording, poisons);
    let (mut others, mut deployed) = (0, false);
    for (index, service) in plan.services.iter().enumerate() {
        let is_on_it = |target: Target| matches!(target, Target::Service { id, .. } if id.index() == index);
        let lost = recording.service_over(index, Time::ZERO, plan.length).lost;
        let by_faults = taken(recording, |step| is_on_it(step.target) && !poisons(step));
        let is_deployed =
            plan.controls.iter().any(|c| matches!(&c.does, Does::Roll(roll) if roll.service.index() == index));
        deployed |= is_deployed;
        let may_be_more =
            is_deployed || poisoned > 0 || plan.edges.iter().filter(cancels).any(|edge| edge.to.index() == index);
        let holds = lost == by_faults || may_be_more && lost > by_faults;
        note(found, holds, || format!("{}: lost = taken by faults: {lost} and {by_faults}", service.name));
        others += lost.saturating_sub(by_faults);
    }
    let holds = others == poisoned || others > poisoned && (deployed || plan.edges.iter().any(|edge| cancels(&edge)));
    note(found, holds, || format!("lost beyond faults on services = taken by poison: {others} and {poisoned}"));
}

fn service(recording: &Recording, index: usize, left: &Audit, found: &mut Vec<String>) {
    let plan = &recording.plan;
    let cell = recording.service_over(index, Time::ZERO, plan.length);
    let name = &plan.services[index].name;
    let ended = cell.completed + cell.failed + cell.rejected + cell.dropped + cell.lost + left.inside[index];
    note(found, cell.arrived == ended, || format!("{name}: arrived = ended + inside: {} and {ended}", cell.arrived));
    let holds = cell.wasted <= cell.completed && cell.latency.count() == cell.completed;
    note(found, holds, || format!("{name}: what was completed: {cell:?}"));
    // Little's law on the path itself: what was inside over time is what each that came spent there.
    let stays = left.stays[index].as_secs_f64();
    let holds = (cell.inflight_s - stays).abs() <= 1e-6 + 1e-9 * stays;
    note(found, holds, || format!("{name}: L = λW: {} and {stays} request-seconds", cell.inflight_s));
    // Workers that were taken away, by whomever, finish what they have: then more are busy than there are.
    let pushed = plan.schedule.iter().any(|step| {
        matches!((&step.effect, step.target), (Effect::Set(_), Target::Service { id, .. }) if id.index() == index)
    });
    let moved = plan
        .controls
        .iter()
        .any(|control| matches!(control.does.lever(), Lever::Replicas(id) | Lever::Workers(id) if id.index() == index));
    let reshaped = pushed || moved;
    for (cell, time) in recording.services[index].cells.iter().zip(&recording.grid.cells) {
        let seconds = time.to.since(time.from).as_secs_f64();
        note(found, within_bounds(cell, seconds, reshaped), || format!("{name} at {:?}: {cell:?}", time.from));
    }
}

/// Are the integrals of one cell between what the least and the most of it allow?
fn within_bounds(cell: &ServiceCell, seconds: f64, reshaped: bool) -> bool {
    let slack = 1e-6;
    let between =
        |sum: f64, least: u64, most: u64| sum >= least as f64 * seconds - slack && sum <= most as f64 * seconds + slack;
    let busy = cell.busy_s >= 0.0 && (cell.workers_s == 0.0 || reshaped || cell.busy_s <= cell.workers_s + slack);
    busy && between(cell.queue_s, cell.queue_min, cell.queue_max)
        && between(cell.inflight_s, cell.inflight_min, cell.inflight_max)
}
