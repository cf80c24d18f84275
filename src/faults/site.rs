//! Where a fault acts, after its `on:` was resolved. It never changes what it names.

use crate::base::{ClientId, ControlId, EdgeId, SegmentId, ServiceId};
use crate::plan::{Client, Control, Plan, Replicas, Service, Target};
use crate::scenario::{Fields, help_for, quote};

/// What sort of place a kind of fault acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActsOn {
    Client,
    Control,
    /// One edge, every edge into a service, or a shared link.
    EdgeOrSegment,
    /// One edge, or every edge into a service.
    Edge,
    Service,
    Cache,
    /// A service with a volume of limited size, such as a store.
    Storage,
    /// Values of the whole scenario: it says itself which.
    Anything,
}

impl ActsOn {
    /// For messages: what `on:` must name.
    pub fn words(self) -> &'static str {
        match self {
            ActsOn::Client => "a client",
            ActsOn::Control => "a control",
            ActsOn::EdgeOrSegment => "an edge such as `web->cache`, a service, or a shared link",
            ActsOn::Edge => "an edge such as `web->cache`, or a service",
            ActsOn::Service => "a service",
            ActsOn::Cache => "a service of kind `cache`",
            ActsOn::Storage => "a service of kind `store`, or one with a `volume` that has a size",
            ActsOn::Anything => "the whole scenario",
        }
    }
}

/// The resolved place.
#[derive(Clone, Debug)]
pub enum Site<'a> {
    Edges(Vec<EdgeId>),
    /// The last: in the live world it is a process that firedrill starts.
    Service(ServiceId, &'a Service, bool),
    Client(ClientId, &'a Client),
    Control(ControlId, &'a Control),
    Segment(SegmentId),
    Whole(&'a Plan),
}

impl<'a> Site<'a> {
    /// Every edge, or the shared link, as a target. The compiler resolves `on:` by `FaultKind::acts_on`, so another sort of site is a bug of ours.
    pub fn edges(&self) -> Vec<Target> {
        match self {
            Site::Edges(edges) => edges.iter().map(|edge| Target::Edge(*edge)).collect(),
            Site::Segment(id) => vec![Target::Segment(*id)],
            other => unreachable!("this kind acts on edges, and was given {other:?}"),
        }
    }

    /// The calls that a fault of names or certificates acts on; a shared link, which has neither, is reported.
    pub fn calls(&self, fields: &Fields) -> Option<Vec<EdgeId>> {
        let Site::Edges(edges) = self else {
            let note = fields.error("on", "a shared link has no name and no certificate: name a call over it");
            note.code("wrong-kind");
            return None;
        };
        Some(edges.clone())
    }

    /// The whole scenario.
    pub fn plan(&self) -> &'a Plan {
        match self {
            Site::Whole(plan) => plan,
            other => unreachable!("this kind acts on the whole, and was given {other:?}"),
        }
    }

    pub fn client(&self) -> (Target, &'a Client) {
        match self {
            Site::Client(id, client) => (Target::Client(*id), client),
            other => unreachable!("this kind acts on a client, and was given {other:?}"),
        }
    }

    pub fn control(&self) -> (Target, &'a Control) {
        match self {
            Site::Control(id, control) => (Target::Control(*id), control),
            other => unreachable!("this kind acts on a control, and was given {other:?}"),
        }
    }

    /// The whole service as a target.
    pub fn service(&self) -> (Target, &'a Service) {
        match self {
            Site::Service(id, service, _) => (Target::Service { id: *id, replicas: Replicas::ALL }, service),
            other => unreachable!("this kind acts on a service, and was given {other:?}"),
        }
    }

    /// Is it a real process, of which the model does not know everything?
    pub fn is_started(&self) -> bool {
        matches!(self, Site::Service(_, _, true))
    }

    /// As many replicas of the service as `replicas:` says, by default all; and how to say it in a label.
    pub fn replicas(&self, fields: &Fields) -> Option<(Target, String)> {
        let (target, service) = self.service();
        if fields.has("zone") {
            return in_zone(fields, target, service);
        }
        if fields.node("replicas").is_none() {
            return Some((target, String::new()));
        }
        let wanted = fields.count("replicas")?;
        if wanted == 0 || wanted > u64::from(service.replicas) {
            let has = service.replicas;
            fields
                .error("replicas", format!("service `{}` has {has} replica(s); this must be 1 to {has}", service.name));
            return None;
        }
        let Target::Service { id, .. } = target else { return None };
        Some((
            Target::Service { id, replicas: Replicas::first(wanted as u32) },
            format!(" {wanted} of {} replicas", service.replicas),
        ))
    }
}

/// The replicas of one zone.
fn in_zone(fields: &Fields, target: Target, service: &Service) -> Option<(Target, String)> {
    if fields.has("replicas") {
        fields.error("zone", "`zone` and `replicas` both say which replicas: give one of them").code("wrong-value");
        return None;
    }
    let wanted = fields.text("zone")?;
    let Some(at) = service.zones.iter().position(|zone| zone == wanted) else {
        let note = fields.error("zone", format!("service `{}` has no zone {}", service.name, quote(wanted)));
        note.maybe_help(help_for(wanted, service.zones.iter().map(String::as_str))).code("unknown-name");
        return None;
    };
    let Target::Service { id, .. } = target else { return None };
    let replicas = Replicas::every(service.zones.len() as u32, at as u32);
    Some((Target::Service { id, replicas }, format!(" in zone {wanted}")))
}
