//! Messages on an edge arrive late by a drawn length of time.
//!
//! `by` is a distribution, drawn anew for each message; `jitter` is the short way to say "this constant, give or take so much".
//! By default the answers are late; `direction` says otherwise. Delays of overlapping faults add up, on top of the edge's own `latency`.
//! `share`, `first` and `every` pick some of the connections; the others are left alone.
//!
//! - **Simulated world**: each message that sets off while the fault lasts takes the drawn time longer. Messages do not overtake one
//!   another because of it in the caller's view: every call waits for its own answer. Each attempt is taken for a connection of its own.
//! - **Live world**: the fault proxy on the edge holds the bytes of each chunk for the drawn time, in order; no privilege is needed.
//! - **Undo**: the proxy passes bytes on at once again; what is held is delivered when its time has come.
//! - **Evidence**: messages (live: chunks) that were delayed.
//!
//! ```yaml
//! name: latency-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web: {work: exp(2ms), calls: [{to: db, timeout: 1s}]}
//!   db: {work: exp(5ms)}
//! faults:
//!   far-db: {kind: latency, on: web->db, by: 200ms, jitter: 50ms, at: 10s, for: 10s}
//! expect:
//!   - p50(users) >= 150ms during far-db
//!   - success(users) >= 99% whole
//! ```

use super::which::connections::{EVERY, FIRST, SHARE};
use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which, words};
use crate::base::Dist;
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "latency",
    page: include_str!("latency.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc { name: "by", shape: Shape::Dist, required: true, default: "", doc: "how late" },
    FieldDoc {
        name: "jitter",
        shape: Shape::Span,
        required: false,
        default: "0s",
        doc: "with a constant `by`: uniformly up to this much more or less",
    },
    FieldDoc {
        name: "direction",
        shape: Shape::Choice(&["response", "request", "both"]),
        required: false,
        default: "response",
        doc: "which messages are late; `both` draws for each on its own",
    },
    SHARE,
    FIRST,
    EVERY,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let by = delay(fields)?;
    let ways: &[bool] = match fields.choice("direction") {
        Some("request") => &[true],
        Some("both") => &[false, true],
        _ => &[false],
    };
    let targets = site.edges();
    let effects = targets.iter().flat_map(|target| {
        ways.iter().map(|upstream| (*target, Effect::Delay { by: by.clone(), upstream: *upstream }))
    });
    which::on_connections(fields, Lowered { effects: effects.collect(), label: label(fields), ..Lowered::default() })
}

fn label(fields: &Fields) -> String {
    let by = words(fields, "by", "");
    if fields.node("jitter").is_some() {
        return format!("latency {by} ± {}", words(fields, "jitter", ""));
    }
    format!("latency {by}")
}

fn delay(fields: &Fields) -> Option<Dist> {
    let by = fields.dist("by")?;
    if fields.node("jitter").is_none() {
        return Some(by);
    }
    let jitter = fields.span("jitter")?.as_secs_f64();
    let Dist::Constant(middle) = by else {
        fields.error("jitter", "`jitter` needs a plain length of time in `by`; a distribution says its own spread");
        return None;
    };
    if jitter > middle {
        fields.error("jitter", "`jitter` must not be longer than `by`: a message cannot arrive before it was sent");
        return None;
    }
    Some(Dist::Uniform { low: middle - jitter, high: middle + jitter })
}
