//! Outlier detection: a replica whose requests keep failing is ejected for a while, without any check.
//!
//! After `errors` failures in a row (errors, refusals and callers' timeouts alike) a replica is ejected for `eject_for`, and for twice,
//! three times as long when it happens again, at most `longest`. Never more than `max_ejected` of the replicas are out, but always one
//! may be. Defaults are Envoy's. It is what stops a replica that fails at once from drawing most of the traffic.
//!
//! ```yaml
//! name: outliers-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 200/s}
//! services:
//!   api: {replicas: 10, workers: 10, work: exp(20ms), balance: least-outstanding, outliers: {errors: 5, eject_for: 10s}}
//! faults:
//!   black-hole: {kind: errors, on: api, replicas: 1, share: 100%, at: 20s, for: 20s}
//! expect:
//!   - success(users) >= 97% during black-hole
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::balance::Outliers;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "outliers", page: include_str!("outliers.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("outliers", &TABLE);

static TABLE: [FieldDoc; 4] = [
    FieldDoc::optional("errors", Shape::Count, "5", "failures in a row"),
    FieldDoc::optional("eject_for", Shape::Span, "30s", "how long, times how often it was ejected"),
    FieldDoc::optional("longest", Shape::Span, "300s", "longest ejection"),
    FieldDoc::optional("max_ejected", Shape::Ratio, "10%", "largest share that is out; always one may be"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Outliers> {
    let fields = Fields::open(node, "`outliers`", &TABLE, diags);
    let errors = fields.count("errors").unwrap_or(5);
    if errors == 0 || errors > 1_000_000 {
        fields.error("errors", "`errors` is 1 to 1,000,000").code("wrong-value");
        return None;
    }
    let base = fields.span("eject_for").unwrap_or(Span::from_secs(30));
    let longest = fields.span("longest").unwrap_or(Span::from_secs(300)).max(base);
    if base == Span::ZERO {
        fields.error("eject_for", "an ejection of no length does nothing").code("wrong-value");
    }
    Some(Outliers { errors: errors as u32, base, longest, max_ejected: fields.ratio("max_ejected").unwrap_or(0.1) })
}
