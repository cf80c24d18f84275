//! A client sends more (or less) than its own rate.
//!
//! `rate` replaces the client's rate while the fault lasts; `factor` multiplies it. Exactly one of them is given. It needs a client
//! with an open loop (`rate:`): no other population has a rate to change. Overlapping factors multiply.
//!
//! - **Simulated world**: arrivals are drawn at the changed rate from the moment the fault begins.
//! - **Live world**: the load generator paces its sending by the changed rate; nothing is done to any process.
//! - **Undo**: the client's own rate comes back; requests already sent are not taken back.
//! - **Evidence**: requests sent under the changed rate.
//!
//! ```yaml
//! name: surge-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web: {workers: 4, work: exp(20ms)}
//! faults:
//!   spike: {kind: surge, on: users, factor: 3, at: 10s, for: 10s}
//! expect:
//!   - offered(users) >= 120/s during spike
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::load::RATE_MAX;
use crate::plan::{Arrivals, Effect};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "surge",
    page: include_str!("surge.rs"),
    acts_on: ActsOn::Client,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc { name: "rate", shape: Shape::Rate, required: false, default: "", doc: "requests per second meanwhile" },
    FieldDoc {
        name: "factor",
        shape: Shape::Factor,
        required: false,
        default: "",
        doc: "how many times the client's own rate (instead of `rate`)",
    },
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, client) = site.client();
    if !matches!(client.arrivals, Arrivals::Open { .. }) {
        let name = &client.name;
        fields.error("on", format!("client `{name}` has no rate to change: only an open loop with a `rate` has one"));
        return None;
    }
    match (fields.node("rate").is_some(), fields.node("factor").is_some()) {
        (true, false) => {
            let label = format!("surge to {}", words(fields, "rate", ""));
            let rate = playable(fields, "rate", fields.rate("rate")?, 1.0)?;
            Lowered::one(label, target, Effect::Surge { rate: Some(rate), factor: 1.0 })
        }
        (false, true) => {
            let factor = playable(fields, "factor", fields.factor("factor")?, peak(&client.arrivals))?;
            Lowered::one(format!("surge x{factor}"), target, Effect::Surge { rate: None, factor })
        }
        (true, true) => {
            fields.error("factor", "give `rate` or `factor`, not both");
            None
        }
        (false, false) => {
            fields.error("kind", "a surge needs `rate` (such as `rate: 200/s`) or `factor` (such as `factor: 3`)");
            None
        }
    }
}

/// The highest rate that the client reaches by itself, per second.
fn peak(arrivals: &Arrivals) -> f64 {
    match arrivals {
        Arrivals::Open { points, .. } => points.iter().map(|point| point.rate).fold(0.0, f64::max),
        _ => 0.0,
    }
}

/// The value, if as many times `base` per second can be sent.
fn playable(fields: &Fields, name: &str, value: f64, base: f64) -> Option<f64> {
    if value * base > RATE_MAX {
        let note = fields.error(name, "this makes more than 1,000,000,000 requests per second");
        note.code("wrong-value").help("give a rate that somebody could send");
        return None;
    }
    Some(value)
}
