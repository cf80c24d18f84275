//! Messages get lost on an edge, and are sent again: loss looks like delay.
//!
//! Each sending of a message is lost with chance `share`. A lost one is sent again after `rto`, twice as long after each further loss
//! in a row (RFC 6298), at most `most` times: after n losses it is late by `rto` × (2^n - 1). So a loss of 1% hardly moves the median
//! and puts a second hump of `rto` into the tail. Quicker recovery (duplicate acknowledgements) needs several packets in flight, which
//! a short request does not have. Nothing is lost for good: for that see `cut` with `lose: true`.
//!
//! - **Simulated world**: each message that sets off while the fault lasts draws its number of losses.
//! - **Live world**: the fault proxy on the edge holds the bytes of each chunk as long as retransmission would; what comes behind it on
//!   the connection waits too, as on TCP.
//! - **Undo**: nothing is lost any more; what is held is delivered when its time has come.
//! - **Evidence**: messages (live: chunks) that were sent again.
//!
//! ```yaml
//! name: loss-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web: {calls: [{to: db, timeout: 2s}]}
//!   db: {work: 2ms}
//! faults:
//!   noise: {kind: loss, on: web->db, share: 5%, at: 20s, for: 30s}
//! expect:
//!   - p50(users) <= 10ms during noise
//!   - p95(users) >= 200ms during noise
//!   - success(users) >= 99% whole
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::base::{Dist, Span};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "loss",
    page: include_str!("loss.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("share", Shape::Ratio, "how many of the messages that are sent get lost, below 100%"),
    FieldDoc::optional("rto", Shape::Span, "200ms", "the first retransmission timeout (Linux: at least 200 ms)"),
    FieldDoc::optional("most", Shape::Count, "6", "retransmissions of one message, at most"),
    FieldDoc::optional(
        "direction",
        Shape::Choice(&["both", "request", "response"]),
        "both",
        "which messages may be lost; `both` draws for each on its own",
    ),
];

/// 2^20 times the first timeout is beyond any run.
const RETRANSMISSIONS_MAX: u64 = 20;

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let loss = fields.ratio("share")?;
    if loss <= 0.0 || loss >= 1.0 {
        let note = fields.error("share", "must be above 0% and below 100%");
        note.help("`kind: cut` lets nothing through at all").code("wrong-value");
        return None;
    }
    let most = fields.count("most").unwrap_or(6);
    if most == 0 || most > RETRANSMISSIONS_MAX {
        fields.error("most", format!("must be 1 to {RETRANSMISSIONS_MAX}")).code("wrong-value");
        return None;
    }
    let first = fields.span("rto").unwrap_or(Span::from_millis(200));
    if first == Span::ZERO {
        fields.error("rto", "a retransmission that takes no time is no loss").code("wrong-value");
        return None;
    }
    let by = Dist::Retransmitted { loss, first: first.as_secs_f64(), most: most as u32 };
    let ways: &[bool] = match fields.choice("direction") {
        Some("request") => &[true],
        Some("response") => &[false],
        _ => &[false, true],
    };
    let targets = site.edges();
    let each = targets.iter().flat_map(|target| ways.iter().map(|upstream| (*target, *upstream)));
    let effects = each.map(|(target, upstream)| (target, Effect::Delay { by: by.clone(), upstream })).collect();
    Some(Lowered { label: format!("loss of {}", words(fields, "share", "")), effects, ..Lowered::default() })
}
