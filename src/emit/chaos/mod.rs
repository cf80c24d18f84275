//! The faults of a scenario as resources of Chaos Mesh (v1alpha1), for systems that run in a cluster. Each fault becomes resources that take it back by
//! themselves after its time, or it is refused by name, with the reason: what a cluster would do instead is never taken for what was asked.
//!
//! Fields as in the Go types of Chaos Mesh (github.com/chaos-mesh/chaos-mesh, api/v1alpha1).

mod disk;
mod messages;
mod network;
mod pods;

use crate::base::{FaultId, ServiceId, Time};
use crate::plan::{Effect, FaultInfo, Party, Plan, Replicas, Step, Target};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub const API: &str = "chaos-mesh.org/v1alpha1";

/// Where the services of the scenario are in the cluster.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The namespace of their pods.
    pub namespace: String,
    /// The labels of a service's pods; of a database's leader and followers also as `db.leader` and `db.followers`.
    pub labels: BTreeMap<String, BTreeMap<String, String>>,
    /// Where the volume of a service is mounted.
    pub volumes: BTreeMap<String, String>,
    /// The pods that make the load: their namespace and labels.
    pub load: (String, Value),
}

/// One resource, and when it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The fault's name in the scenario.
    pub fault: String,
    pub kind: &'static str,
    /// Behind `kind`: action, selector, duration and the rest.
    pub spec: Value,
    pub from: Time,
    pub to: Time,
}

impl Resource {
    /// As the API calls them all, in a role and for kubectl.
    pub fn plural(&self) -> String {
        self.kind.to_ascii_lowercase()
    }
}

/// What a fault's effect becomes: a kind and its spec without selector and duration, or why there is none.
type Told = Result<Vec<(&'static str, Value)>, String>;

/// The resources of all faults that act on services; words on each fault that has none. What acts on users is played by the load.
pub fn resources(plan: &Plan, places: &Places) -> Result<Vec<Resource>, Vec<String>> {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for (index, fault) in plan.faults.iter().enumerate() {
        match of_fault(plan, places, FaultId::from(index), fault) {
            Ok(mut some) => all.append(&mut some),
            Err(words) => problems.push(format!("`{}` ({}): {words}", fault.name, fault.kind)),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

fn of_fault(plan: &Plan, places: &Places, id: FaultId, fault: &FaultInfo) -> Result<Vec<Resource>, String> {
    let desk = Desk { plan, places, fault };
    let steps = plan.schedule.iter().filter(|step| step.fault == id && step.on && !is_of_users(step));
    let mut all = Vec::new();
    for step in steps {
        if step.at != fault.from {
            return Err("it changes while it lasts, and a resource is one thing for its whole duration".to_owned());
        }
        for (kind, spec) in desk.told(step)? {
            all.push(desk.resource(kind, spec));
        }
    }
    Ok(all)
}

/// The load does it itself.
fn is_of_users(step: &Step) -> bool {
    matches!(step.target, Target::Client(_))
}

struct Desk<'a> {
    plan: &'a Plan,
    places: &'a Places,
    fault: &'a FaultInfo,
}

impl Desk<'_> {
    fn told(&self, step: &Step) -> Told {
        match (&step.target, &step.effect) {
            (_, Effect::Set(_)) => Err("a push of other values is the operator's, and no resource does it".to_owned()),
            (Target::Edge(edge), effect) => match effect {
                Effect::Spoil(spoil) => self.messages(*edge, spoil),
                Effect::Reset { chance } => self.reset(*edge, *chance),
                effect => self.network(*edge, effect),
            },
            (Target::Service { id, replicas }, effect) => match effect {
                Effect::SlowDisk(_) | Effect::DiskError(_) | Effect::ShortWrites { .. } | Effect::Fill { .. } => {
                    self.disk(*id, *replicas, effect)
                }
                effect => self.pods(*id, *replicas, effect),
            },
            (Target::Zones { .. }, _) => {
                Err("which pods are in a zone is not known here; name the calls instead".to_owned())
            }
            (Target::Segment(_), _) => Err("a shared link of the model is no thing of a cluster".to_owned()),
            (Target::Control(_), _) => Err("the control is the cluster's own".to_owned()),
            (Target::Client(_), _) => Ok(Vec::new()),
        }
    }

    fn resource(&self, kind: &'static str, mut spec: Value) -> Resource {
        // By itself, even if everybody else is gone by then.
        spec["duration"] = lasting(self.fault).into();
        Resource { fault: self.fault.name.clone(), kind, spec, from: self.fault.from, to: self.fault.to }
    }

    /// The pods of a service.
    fn service(&self, id: ServiceId) -> Result<Value, String> {
        self.named(&self.plan.service(id).name)
    }

    fn named(&self, name: &str) -> Result<Value, String> {
        let labels = self
            .places
            .labels
            .get(name)
            .ok_or_else(|| format!("it is not said which pods are `{name}`: give --selector {name}=LABEL=VALUE"))?;
        Ok(json!({"namespaces": [self.places.namespace], "labelSelectors": labels}))
    }

    /// The pods of whoever calls or is called.
    fn party(&self, party: Party) -> Result<Value, String> {
        match party {
            Party::Service(id) => self.service(id),
            Party::Client(_) => {
                let (namespace, labels) = &self.places.load;
                Ok(json!({"namespaces": [namespace], "labelSelectors": labels}))
            }
        }
    }
}

/// `mode` and, where it needs one, `value`.
fn mode(replicas: Replicas) -> Result<Map<String, Value>, String> {
    let mut mode = Map::new();
    match replicas {
        Replicas::ALL => mode.insert("mode".to_owned(), "all".into()),
        Replicas { from: 0, to, step: 1 } => {
            mode.insert("value".to_owned(), to.to_string().into());
            mode.insert("mode".to_owned(), "fixed".into())
        }
        _ => return Err("it hits replicas by their numbers, which pods do not have".to_owned()),
    };
    Ok(mode)
}

fn with(mode: Map<String, Value>, selector: Value, rest: Value) -> Value {
    let mut spec = mode;
    spec.insert("selector".to_owned(), selector);
    if let Value::Object(rest) = rest {
        spec.extend(rest);
    }
    Value::Object(spec)
}

/// As Go reads a duration.
fn lasting(fault: &FaultInfo) -> String {
    milliseconds(fault.to.since(fault.from).as_secs_f64())
}

/// As Go reads a duration: whole milliseconds, or else the microseconds that netem and the file system can make.
fn milliseconds(seconds: f64) -> String {
    let micros = libm::round(seconds * 1e6).max(1.0) as u64;
    if micros.is_multiple_of(1000) { format!("{}ms", micros / 1000) } else { format!("{micros}us") }
}

/// Percent as text, as the network's fields have it.
fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
