//! Look-ups in a Plan that the live world needs: which services are real, in what order they start, which edges need a proxy. No I/O.

use super::needs;
use crate::base::{EdgeId, ServiceId};
use crate::live::{drivers, engines};
use crate::plan::real::Origin;
use crate::plan::spoil::Speech;
use crate::plan::{Effect, Party, Plan, RealService, Target};
use std::net::SocketAddr;

/// The real process behind a service; `None` for a stand-in.
pub fn real(plan: &Plan, service: ServiceId) -> Option<&RealService> {
    plan.real.services.iter().find(|real| real.service == service)
}

pub fn is_started(real: &RealService) -> bool {
    !matches!(real.origin, Origin::Address(_))
}

/// Does it show a certificate that was made for the run?
pub fn has_made_certificate(plan: &Plan, service: ServiceId) -> bool {
    real(plan, service).is_some_and(|real| real.tls && real.ca.is_none() && is_started(real))
}

/// The host in `host:port`, without the brackets of an IPv6 address.
pub fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Where something outside our own process is changed, so that a ledger and a guardian are needed.
pub fn is_guarded(plan: &Plan) -> bool {
    let is_changed = |real: &RealService| {
        is_started(real) || real.foreign.is_some() || drivers::kind(real.protocol).prepare.is_some()
    };
    plan.real.services.iter().any(is_changed) || plan.real.toxiproxy.is_some()
}

/// The edges by which a service calls others.
pub fn edges_from(plan: &Plan, service: ServiceId) -> Vec<EdgeId> {
    let all = plan.edges.iter().enumerate();
    all.filter(|(_, edge)| edge.from == Party::Service(service)).map(|(index, _)| EdgeId::from(index)).collect()
}

/// What is started, those first that others call. In a circle, the one that the plan names first.
pub fn in_order(plan: &Plan) -> Vec<&RealService> {
    let mut left: Vec<&RealService> = plan.real.services.iter().filter(|real| is_started(real)).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |real: &RealService| {
            let mut called = edges_from(plan, real.service).into_iter().map(|edge| plan.edge(edge).to);
            called.any(|to| to != real.service && left.iter().any(|other| other.service == to))
        };
        let next = left.iter().position(|real| !waits(real)).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

pub fn is_faulted(plan: &Plan, edge: EdgeId) -> bool {
    let elsewhere = |effect: &Effect| match effect {
        Effect::Set(_) => true,
        // Packets into a started process are handled in its own network.
        Effect::Packets(_) => real(plan, plan.edge(edge).to).is_some_and(is_started),
        _ => false,
    };
    plan.schedule.iter().any(|step| step.target == Target::Edge(edge) && !elsewhere(&step.effect))
}

/// A modelled latency is put on edges within this machine; a target elsewhere has its own.
pub fn has_latency(plan: &Plan, edge: EdgeId) -> bool {
    let of = plan.edge(edge);
    !of.latency.is_zero() && real(plan, of.to).is_none_or(is_started)
}

/// Something is done to it while it is on its way.
pub fn is_acted_on(plan: &Plan, edge: EdgeId) -> bool {
    is_faulted(plan, edge) || has_latency(plan, edge)
}

/// Whoever has a network of its own reaches others through a proxy at the end of it, whether or not something is done there.
pub fn leaves_a_room(plan: &Plan, edge: EdgeId) -> bool {
    matches!(plan.edge(edge).from, Party::Service(from) if needs::own_network(plan, from))
}

pub fn needs_proxy(plan: &Plan, edge: EdgeId) -> bool {
    is_acted_on(plan, edge) || leaves_a_room(plan, edge)
}

/// The protocol that the proxy of an edge must read, because a fault acts on its messages.
pub fn speech(plan: &Plan, edge: EdgeId) -> Option<Speech> {
    let on_edge = plan.schedule.iter().filter(|step| step.target == Target::Edge(edge));
    on_edge
        .filter_map(|step| if let Effect::Spoil(spoil) = &step.effect { Some(spoil.of.speech()) } else { None })
        .next()
}

/// A `{to:…}` that names no service which this one calls.
pub fn unknown_placeholder(plan: &Plan, real: &RealService) -> Option<String> {
    let mut known = engines::resolved(plan, real);
    for edge in edges_from(plan, real.service) {
        fill_in(&mut known, &plan.service(plan.edge(edge).to).name, SocketAddr::from(([127, 0, 0, 1], 1)));
    }
    known.origin.texts().into_iter().find_map(|text| {
        let rest = &text[text.find("{to:")?..];
        Some(rest[..rest.find('}').map_or(rest.len(), |end| end + 1)].to_owned())
    })
}

/// `{to:NAME}` in the start arguments and environment of a process.
pub fn placeholder(name: &str) -> String {
    format!("{{to:{name}}}")
}

/// Does the process learn where this service is?
pub fn is_told(plan: &Plan, real: &RealService, name: &str) -> bool {
    let placeholder = placeholder(name);
    engines::resolved(plan, real).origin.texts().iter().any(|text| text.contains(&placeholder))
}

pub fn fill_in(real: &mut RealService, name: &str, address: SocketAddr) {
    real.origin.replace(&placeholder(name), &address.to_string());
}
