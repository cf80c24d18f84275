//! Which replica of a service a request goes to.
//!
//! `balance: round-robin` (the default), `random`, `least-outstanding` (the replica with the fewest requests inside), `two-choices`
//! (the better of two drawn at random, which is nearly as good and needs no view of all; Mitzenmacher, IEEE TPDS 2001), or the map form
//! with `policy: weighted` and one weight a replica. `zone: prefer` keeps a request in the zone of the replica that asks, as long as
//! one there is in rotation (`zones` of both services). A replica that fails quickly has few requests inside: least-outstanding sends
//! it nearly everything. A cache is asked by key, whatever is said here.
//!
//! ```yaml
//! name: balance-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 2s}, rate: 150/s}
//! services:
//!   api: {replicas: 10, workers: 2, work: exp(100ms), balance: two-choices}
//! faults:
//!   gray: {kind: slow, on: api, replicas: 1, factor: 10, at: 10s, for: 10s}
//! expect:
//!   - success(users) >= 95% during gray
//! ```

use super::{health, outliers};
use crate::model::Page;
use crate::plan::Balance;
use crate::plan::balance::Policy;
use crate::scenario::{FieldDoc, Fields, Shape, Value, values};

pub const PAGE: Page = Page { name: "balance", page: include_str!("balance.rs"), fields: &[&TABLE] };

const POLICIES: &[&str] = &["round-robin", "random", "least-outstanding", "two-choices", "weighted"];

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Choice(POLICIES), Shape::Shared("balance", &TABLE)]);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::optional("policy", Shape::Choice(POLICIES), "round-robin", "how a replica is chosen"),
    FieldDoc::optional("weights", Shape::List(&Shape::Number), "all equal", "for `weighted`: one a replica"),
    FieldDoc::optional("zone", Shape::Choice(&["ignore", "prefer"]), "ignore", "whether callers stay in their zone"),
];

/// Reads `balance`, `health` and `outliers` of a service.
pub fn read(service: &Fields) -> Balance {
    let (policy, prefer_zone) = read_policy(service);
    let health = service.node("health").and_then(|node| health::read(node, service.diags()));
    let outliers = service.node("outliers").and_then(|node| outliers::read(node, service.diags()));
    Balance { policy, prefer_zone, health, outliers }
}

fn read_policy(service: &Fields) -> (Policy, bool) {
    let Some(node) = service.node("balance") else { return (Policy::default(), false) };
    if let Value::Scalar(..) = node.value {
        let word = values::read_choice(node, POLICIES, service.diags()).unwrap_or_default();
        if word == "weighted" {
            let note = service.error("balance", "`weighted` needs weights");
            note.help("write `{policy: weighted, weights: [1, 1, 0.5]}`").code("missing-key");
        }
        return (policy(word, Vec::new()), false);
    }
    let fields = Fields::open(node, "`balance`", &TABLE, service.diags());
    let weights: Vec<f64> =
        fields.list("weights").iter().filter_map(|node| values::read_number(node, service.diags())).collect();
    let word = fields.choice("policy").unwrap_or("round-robin");
    let is_weighted = word == "weighted";
    if is_weighted == weights.is_empty() {
        fields
            .error(if is_weighted { "policy" } else { "weights" }, "`weighted` and `weights` go together")
            .code("wrong-value");
    } else if is_weighted && (weights.iter().any(|weight| *weight < 0.0) || weights.iter().sum::<f64>() <= 0.0) {
        fields.error("weights", "weights are at least 0, and one of them is above").code("wrong-value");
    }
    (policy(word, weights), fields.choice("zone") == Some("prefer"))
}

fn policy(word: &str, weights: Vec<f64>) -> Policy {
    match word {
        "random" => Policy::Random,
        "least-outstanding" => Policy::LeastOutstanding,
        "two-choices" => Policy::TwoChoices,
        "weighted" => Policy::Weighted(weights),
        _ => Policy::RoundRobin,
    }
}
