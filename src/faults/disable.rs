//! A call is not made any more: a feature that is switched off, by accident or to save the rest.
//!
//! The caller goes on as if the call were not in its list. `share` switches it off for a part of the requests only.
//!
//! - **Simulated world**: the call is made with the chance that is left.
//! - **Live world**: the same; nothing is done to any process.
//! - **Undo**: the call is made again.
//! - **Evidence**: entries changed.
//!
//! ```yaml
//! name: disable-example
//! length: 40s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 100/s}
//! services:
//!   web: {workers: 50, work: exp(2ms), calls: [{to: ads, timeout: 50ms, optional: true}]}
//!   ads: {workers: 1, work: exp(20ms)}
//! faults:
//!   no-ads: {kind: disable, on: web->ads, at: 20s, for: 10s}
//! expect:
//!   - offered(ads) == 0/s between 21s and 30s
//!   - mean(users) < 20ms during no-ads
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::{Party, Target};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "disable",
    page: include_str!("disable.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] =
    &[FieldDoc::optional("share", Shape::Ratio, "100%", "how many of the requests go without it")];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let share = fields.ratio("share").unwrap_or(1.0);
    let edges = site.edges();
    let label = format!("disabled {}", words(fields, "share", "")).trim_end().to_owned();
    let change = Change::edit(move |plan| {
        for target in &edges {
            if let Target::Edge(id) = target
                && matches!(plan.edge(*id).from, Party::Service(_))
            {
                plan.edges[id.index()].chance *= 1.0 - share;
            }
        }
    });
    Some(Lowered::changes(label, vec![change]))
}
