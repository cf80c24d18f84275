//! What is done to a system in a run: the scenario, the world, how long, who asks for what and how often, and the faults. Two runs can be compared where
//! these are the same; what the system is (services, calls, policies) may differ, since that is what is compared. It judges nothing.

use crate::plan::{Client, Plan, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Longer values (a trace of arrivals) are told apart by their digest.
const VALUE_CHARS_MAX: usize = 500;

/// These are looked at first, in this order: who has another scenario does not want to hear of its clients.
const FIRST: [&str; 4] = ["scenario", "world", "length", "played"];

/// Names and values, sorted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(pub BTreeMap<String, Value>);

/// The first thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub what: String,
    /// `None`: it is not there.
    pub base: Option<Value>,
    pub new: Option<Value>,
}

impl Conditions {
    pub fn of(plan: &Plan) -> Conditions {
        let mut all = BTreeMap::from([
            ("scenario".to_owned(), json!(plan.scenario)),
            ("world".to_owned(), json!(plan.world.word())),
            ("length".to_owned(), json!(plan.length.to_string())),
            ("played".to_owned(), json!("to the end")),
            ("warmup".to_owned(), json!(plan.warmup.to_string())),
        ]);
        for phase in &plan.phases {
            all.insert(format!("phases.{}", phase.name), json!(format!("{} to {}", phase.from, phase.to)));
        }
        for client in &plan.clients {
            all.extend(
                load(client)
                    .into_iter()
                    .map(|(field, value)| (format!("clients.{}.{field}", client.name), short(value))),
            );
        }
        for fault in &plan.faults {
            let words = format!("{} on {}, {} to {}, {}", fault.kind, fault.on, fault.from, fault.to, fault.label);
            all.insert(format!("faults.{}", fault.name), json!(words));
        }
        Conditions(all)
    }

    /// A run that ended early is no run of the same length.
    pub fn cut_short(&mut self, words: String) {
        self.0.insert("played".to_owned(), Value::String(words));
    }

    /// The first difference; `None` where both runs did the same to their systems.
    pub fn difference(&self, new: &Conditions) -> Option<Difference> {
        let names: BTreeSet<&String> = self.0.keys().chain(new.0.keys()).collect();
        let first = |name: &&String| FIRST.iter().position(|one| one == *name).unwrap_or(FIRST.len());
        let differing = names.into_iter().filter(|name| self.0.get(*name) != new.0.get(*name));
        differing.min_by_key(first).map(|name| Difference {
            what: name.clone(),
            base: self.0.get(name).cloned(),
            new: new.0.get(name).cloned(),
        })
    }

    /// `sha256:…` of all of it.
    pub fn digest(&self) -> String {
        digest::of_bytes(&serde_json::to_vec(&self.0).expect("names and values are plain data"))
    }

    pub fn word(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What its users do, without how their calls are made: timeouts and retries belong to what is compared.
fn load(client: &Client) -> Vec<(&'static str, Value)> {
    vec![
        ("arrivals", json!(client.arrivals)),
        ("keys", json!(client.keys)),
        ("pages", json!(client.pages)),
        ("reload", json!(client.reload)),
        ("send", json!(client.send)),
        ("writes", json!(client.writes)),
        ("zone", json!(client.zone)),
    ]
}

fn short(value: Value) -> Value {
    let text = value.to_string();
    if text.len() <= VALUE_CHARS_MAX { value } else { Value::String(digest::of_bytes(text.as_bytes())) }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| match value {
            None => "missing".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        write!(f, "`{}` differs: {} in the baseline, {} now", self.what, shown(&self.base), shown(&self.new))
    }
}
