//! The word after `on:` to the place that a fault acts on, with a suggestion when it leads nowhere.

use crate::base::{EdgeId, ServiceId};
use crate::faults::{ActsOn, FaultKind, Site};
use crate::model::services::cache;
use crate::plan::{Edge, Party, Plan, World};
use crate::scenario::{Fields, did_you_mean, help_for, quote};

pub fn site<'a>(on: &str, kind: &FaultKind, fields: &Fields, plan: &'a Plan) -> Option<Site<'a>> {
    match kind.acts_on {
        ActsOn::Client => match plan.client_named(on) {
            Some(id) => Some(Site::Client(id, plan.client(id))),
            None => unknown(on, kind, fields, plan.clients.iter().map(|client| client.name.as_str()), plan),
        },
        ActsOn::Control => match plan.controls.iter().position(|control| control.name == on) {
            Some(index) => Some(Site::Control(index.into(), &plan.controls[index])),
            None => unknown(on, kind, fields, plan.controls.iter().map(|control| control.name.as_str()), plan),
        },
        ActsOn::EdgeOrSegment if plan.segments.iter().any(|segment| segment.name == on) => {
            plan.segments.iter().position(|segment| segment.name == on).map(|index| Site::Segment(index.into()))
        }
        ActsOn::Edge | ActsOn::EdgeOrSegment => edges(on, kind, fields, plan).map(Site::Edges),
        ActsOn::Anything => Some(Site::Whole(plan)),
        ActsOn::Service | ActsOn::Cache | ActsOn::Storage => service(on, kind, fields, plan),
    }
}

fn service<'a>(on: &str, kind: &FaultKind, fields: &Fields, plan: &'a Plan) -> Option<Site<'a>> {
    let Some(id) = plan.service_named(on) else {
        return unknown(on, kind, fields, plan.services.iter().map(|service| service.name.as_str()), plan);
    };
    let fits = match kind.acts_on {
        ActsOn::Cache => plan.service(id).kind == cache::KIND.name,
        ActsOn::Storage => is_modelled(id, plan) || has_volume(id, plan),
        _ => true,
    };
    if !fits {
        let message = format!(
            "`{}` acts on {}, and {} is a {}",
            kind.name,
            kind.acts_on.words(),
            quote(on),
            plan.service(id).kind
        );
        fields.error("on", message).code("wrong-kind");
        return None;
    }
    if kind.acts_on == ActsOn::Storage && plan.world == World::Sim && !is_modelled(id, plan) {
        let note = fields.warning(
            "on",
            format!("{} has a volume in the live world only: nothing is filled in the simulator", quote(on)),
        );
        note.help("play it with `--world live`, or give the service a `volume` with a `size`").code("live-only");
    }
    Some(Site::Service(id, plan.service(id), plan.is_started(id)))
}

/// Has it a volume that can be full in the simulator?
fn is_modelled(id: ServiceId, plan: &Plan) -> bool {
    plan.service(id).volume.as_ref().is_some_and(|volume| volume.size_bytes.is_some())
}

fn has_volume(id: ServiceId, plan: &Plan) -> bool {
    plan.real.services.iter().any(|real| real.service == id && real.volume_bytes.is_some())
}

fn edges(on: &str, kind: &FaultKind, fields: &Fields, plan: &Plan) -> Option<Vec<EdgeId>> {
    let wanted: String = on.split_whitespace().collect();
    if let Some(id) = plan.service_named(&wanted) {
        let into: Vec<EdgeId> =
            (0..plan.edges.len()).map(EdgeId::from).filter(|edge| plan.edge(*edge).to == id).collect();
        if into.is_empty() {
            fields.error("on", format!("nobody calls service {}", quote(on))).code("unknown-name");
            return None;
        }
        return Some(into);
    }
    // `web->db` stands for every call from web to db, also the second one and the one after a miss.
    let same = |name: &str| name == wanted || name.split_once('#').is_some_and(|(head, _)| head == wanted);
    let found: Vec<EdgeId> =
        (0..plan.edges.len()).map(EdgeId::from).filter(|edge| same(&plan.edge(*edge).name)).collect();
    if found.is_empty() {
        let services = plan.services.iter().map(|service| service.name.as_str());
        let segments = plan.segments.iter().map(|segment| segment.name.as_str());
        let segments = segments.filter(|_| kind.acts_on == ActsOn::EdgeOrSegment);
        let edges = plan.edges.iter().map(|edge| edge.name.as_str());
        return unknown(on, kind, fields, edges.chain(services).chain(segments), plan);
    }
    Some(found)
}

fn unknown<'n, T>(
    on: &str,
    kind: &FaultKind,
    fields: &Fields,
    candidates: impl Iterator<Item = &'n str> + Clone,
    plan: &Plan,
) -> Option<T> {
    let is_client = plan.client_named(on).is_some();
    let is_known = is_client || plan.service_named(on).is_some() || plan.edges.iter().any(|edge| edge.name == on);
    let message = match is_known {
        true => format!("`{}` acts on {}, not on {}", kind.name, kind.acts_on.words(), quote(on)),
        false => format!("there is nothing called {} for `{}` to act on", quote(on), kind.name),
    };
    let meant = near(on, kind, plan).or_else(|| did_you_mean(on, candidates.clone()));
    let help = meant.map(|word| format!("did you mean `{word}`?")).or_else(|| help_for(on, candidates));
    fields.error("on", message).code(if is_known { "wrong-kind" } else { "unknown-name" }).maybe_help(help);
    None
}

/// What was probably meant by something that exists but is of the wrong sort: the service at the end of an edge, the call of a client.
fn near(on: &str, kind: &FaultKind, plan: &Plan) -> Option<String> {
    let edge = |wanted: &dyn Fn(&Edge) -> bool| plan.edges.iter().find(|edge| wanted(edge));
    match kind.acts_on {
        ActsOn::Client | ActsOn::Anything | ActsOn::Control => None,
        ActsOn::Edge | ActsOn::EdgeOrSegment => {
            let client = Party::Client(plan.client_named(on)?);
            edge(&|edge| edge.from == client).map(|edge| edge.name.clone())
        }
        ActsOn::Service | ActsOn::Cache | ActsOn::Storage => {
            edge(&|edge| edge.name == on).map(|edge| plan.service(edge.to).name.clone())
        }
    }
}
