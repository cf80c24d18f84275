//! Which replica of a service a request goes to.
//!
//! `balance: round-robin` (the default), `random`, `least-outstanding` (the replica with the fewest requests inside), `two-choices`
//! (the better of two drawn at random, which is nearly as good and needs no view of all; Mitzenmacher, IEEE TPDS 2001), or the map form
//! with `policy: weighted` and one weight a replica. `zone: prefer` keeps a request in the zone of the replica or client that
//! asks, as long as one there is in rotation (`zones` of both services, `zone` of the client). A replica that fails quickly has few requests inside: least-outstanding sends
//! it nearly everything. A cache is asked by key, whatever is said here.
//!
//! `balance: ring` sends a request to the replica that its key belongs to on a consistent-hash ring (`points` a replica), so that the same
//! key finds the same replica, and only the keys of one that leaves go elsewhere. A replica with `bound` times the mean of requests
//! inside is passed over for the next on the ring, so no key, however hot, gives one replica more than that (Mirrokni, Thorup and
//! Zadimoghaddam, 2016); `bound: none` sends all of a key's requests to one replica. Users choose keys by `keys`; without any all
//! requests are for one. A ring knows no `slow_start`.
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

use super::class::Classes;
use super::{health, outliers};
use crate::model::Page;
use crate::plan::Balance;
use crate::plan::balance::Policy;
use crate::scenario::{FieldDoc, Fields, Shape, Value, values};

pub const PAGE: Page = Page { name: "balance", page: include_str!("balance.rs"), fields: &[&TABLE] };

const POLICIES: &[&str] = &["round-robin", "random", "least-outstanding", "two-choices", "weighted", "ring"];

const POINTS: u32 = 160;
const POINTS_MAX: u64 = 10_000;
const BOUND: f64 = 1.25;

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Choice(POLICIES), Shape::Shared("balance", &TABLE)]);

static TABLE: [FieldDoc; 5] = [
    FieldDoc::optional("policy", Shape::Choice(POLICIES), "round-robin", "how a replica is chosen"),
    FieldDoc::optional("weights", Shape::List(&Shape::Number), "all equal", "for `weighted`: one a replica"),
    FieldDoc::optional(
        "bound",
        Shape::OneOf(&[Shape::Factor, Shape::Choice(&["none"])]),
        "1.25x",
        "for `ring`: most requests inside, against the mean",
    ),
    FieldDoc::optional("points", Shape::Count, "160", "for `ring`: points a replica"),
    FieldDoc::optional("zone", Shape::Choice(&["ignore", "prefer"]), "ignore", "whether callers stay in their zone"),
];

/// Reads `balance`, `health` and `outliers` of a service.
pub fn read(service: &Fields, classes: &Classes) -> Balance {
    let (policy, prefer_zone) = read_policy(service);
    let health = service.node("health").and_then(|node| health::read(node, classes, service.diags()));
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
    let mut policy = policy(word, weights);
    read_ring(&fields, &mut policy);
    (policy, fields.choice("zone") == Some("prefer"))
}

fn read_ring(fields: &Fields, policy: &mut Policy) {
    let Policy::Ring { points, bound } = policy else {
        for name in ["bound", "points"].into_iter().filter(|name| fields.has(name)) {
            let note = fields.error(name, format!("`{name}` has no meaning without a ring"));
            note.help("add `policy: ring`").code("wrong-value");
        }
        return;
    };
    *points = match fields.count("points") {
        Some(count) if count == 0 || count > POINTS_MAX => {
            fields.error("points", format!("`points` must be 1 to {POINTS_MAX}")).code("wrong-value");
            POINTS
        }
        Some(count) => count as u32,
        None => POINTS,
    };
    let Some(node) = fields.node("bound") else { return };
    *bound = if node.scalar() == Some("none") { None } else { values::read_factor(node, fields.diags()) };
    if bound.is_some_and(|bound| bound <= 1.0) {
        let note = fields.error("bound", "a bound of the mean itself leaves no room");
        note.help("write more than 1, such as `1.25x`, or `none`").code("wrong-value");
    }
}

fn policy(word: &str, weights: Vec<f64>) -> Policy {
    match word {
        "random" => Policy::Random,
        "least-outstanding" => Policy::LeastOutstanding,
        "two-choices" => Policy::TwoChoices,
        "weighted" => Policy::Weighted(weights),
        "ring" => Policy::Ring { points: POINTS, bound: Some(BOUND) },
        _ => Policy::RoundRobin,
    }
}
