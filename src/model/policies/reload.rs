//! What users do after a failure: with some chance they ask again, after a while, a limited number of times.
//!
//! A reload is a new request of its own, counted as offered but not as fresh: `amplification(users)` is offered / fresh. Reloading
//! users are how an overload keeps itself alive after its cause has gone.
//!
//! ```yaml
//! name: reload-example
//! length: 40s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 60/s, reload: {chance: 50%, after: "uniform(1s, 2s)", limit: 3}}
//! services:
//!   api: {workers: 10, work: exp(100ms)}
//! faults:
//!   outage: {kind: errors, on: api, share: 100%, at: 15s, for: 5s}
//! expect:
//!   - amplification(users) >= 1.2 during outage
//! ```

use crate::base::{Dist, Span};
use crate::model::Page;
use crate::plan::Reload;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "reload", page: include_str!("reload.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 3] = [
    FieldDoc::required("chance", Shape::Ratio, "how likely a user whose request failed asks again"),
    FieldDoc::optional("after", Shape::Dist, "1s", "how long the user takes to do so"),
    FieldDoc::optional("limit", Shape::Count, "8", "longest chain of reloads of one visit"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Reload> {
    let fields = Fields::open(node, "`reload`", &TABLE, diags);
    let limit = fields.count("limit").unwrap_or(8);
    let after = fields.dist("after").unwrap_or(Dist::Constant(Span::from_secs(1).as_secs_f64()));
    let chance = fields.ratio("chance")?;
    if limit > 1_000_000 {
        fields.error("limit", "at most 1,000,000 reloads").code("wrong-value");
    }
    Some(Reload { chance, after, limit: limit as u32 })
}
