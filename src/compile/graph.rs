//! What can be said of the graph of calls without playing it: cycles, and services that nobody reaches.

use crate::base::ServiceId;
use crate::model::services::ServiceDraft;
use crate::plan::{Op, Party, Plan};
use crate::scenario::{Diagnostics, Place};

/// `places` says for each edge where its call names the service.
pub fn check(plan: &Plan, drafts: &[ServiceDraft], places: &[Place], diags: &Diagnostics) {
    let calls = calls(plan, false);
    if let Some(cycle) = first_cycle(&calls) {
        let names: Vec<&str> = cycle.iter().map(|index| plan.services[*index].name.as_str()).collect();
        let message = format!("services call each other in a circle: {} -> {}", names.join(" -> "), names[0]);
        let note = diags.error(closing_call(plan, &cycle, places), message).code("call-cycle");
        note.label("this call closes it").help("a request would never end; give the inner call a service of its own");
    } else if let Some(cycle) = first_cycle(&instant(plan)) {
        let names: Vec<&str> = cycle.iter().map(|index| plan.services[*index].name.as_str()).collect();
        let message = format!("messages go round in no time: {} -> {}", names.join(" -> "), names[0]);
        let note = diags.error(closing_call(plan, &cycle, places), message).code("call-cycle");
        note.label("this closes the circle").help("give one of these services some `work`");
    }
    if diags.has_errors() {
        // With a call missing, whom nobody reaches is no news.
        return;
    }
    let reached = reached(plan, &self::calls(plan, true));
    for (index, draft) in drafts.iter().enumerate().filter(|(index, _)| !reached[*index]) {
        let message = format!("no client reaches service `{}`", plan.services[index].name);
        diags.warning(draft.name_place, message).code("unreached");
    }
}

/// Where the last service of the cycle calls the first.
fn closing_call(plan: &Plan, cycle: &[usize], places: &[Place]) -> Option<Place> {
    let (first, last) = (ServiceId::from(cycle[0]), Party::Service(ServiceId::from(*cycle.last()?)));
    let edge = plan.edges.iter().position(|edge| edge.from == last && edge.to == first)?;
    places.get(edge).copied()
}

/// For each service the services it calls; with those that it hands messages to, which closes no circle: nobody waits for them.
fn calls(plan: &Plan, with_messages: bool) -> Vec<Vec<usize>> {
    let mut calls = vec![Vec::new(); plan.services.len()];
    for edge in plan.edges.iter().filter(|edge| with_messages || !plan.is_delivery(edge)) {
        if let Party::Service(ServiceId(from)) = edge.from {
            calls[from as usize].push(edge.to.index());
        }
    }
    calls
}

/// As `calls` with messages, as far as these reach and leave the services in no time.
fn instant(plan: &Plan) -> Vec<Vec<usize>> {
    let works = |op: &Op| matches!(op, Op::Work(dist) if !dist.is_zero()) || matches!(op, Op::WorkBy(_));
    let mut calls = vec![Vec::new(); plan.services.len()];
    for edge in plan.edges.iter().filter(|edge| edge.latency.is_zero()) {
        let Party::Service(ServiceId(from)) = edge.from else { continue };
        if !plan.services[from as usize].program.iter().any(works) {
            calls[from as usize].push(edge.to.index());
        }
    }
    calls
}

/// The first cycle found, if any. Walks with a stack of its own: the graph may be deep.
fn first_cycle(calls: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath,
        Done,
    }
    let mut marks = vec![Mark::New; calls.len()];
    for root in 0..calls.len() {
        if marks[root] != Mark::New {
            continue;
        }
        let mut path = vec![(root, 0)];
        marks[root] = Mark::OnPath;
        while let Some((node, next)) = path.last_mut() {
            let (node, at) = (*node, *next);
            *next += 1;
            match calls[node].get(at) {
                None => {
                    marks[node] = Mark::Done;
                    path.pop();
                }
                Some(called) if marks[*called] == Mark::OnPath => {
                    let from = path.iter().position(|(on, _)| on == called).unwrap_or(0);
                    return Some(path[from..].iter().map(|(on, _)| *on).collect());
                }
                Some(called) if marks[*called] == Mark::New => {
                    marks[*called] = Mark::OnPath;
                    path.push((*called, 0));
                }
                Some(_) => {}
            }
        }
    }
    None
}

fn reached(plan: &Plan, calls: &[Vec<usize>]) -> Vec<bool> {
    let mut reached = vec![false; plan.services.len()];
    let from_clients = plan.edges.iter().filter(|edge| matches!(edge.from, Party::Client(_)));
    let mut open: Vec<usize> = from_clients.map(|edge| edge.to.index()).collect();
    while let Some(service) = open.pop() {
        if !std::mem::replace(&mut reached[service], true) {
            open.extend(&calls[service]);
        }
    }
    reached
}
