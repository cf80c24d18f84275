//! A service works this many times slower.
//!
//! The difference to `latency`: a slow service holds its workers longer, so its capacity shrinks by the same factor. Only work that
//! starts while the fault lasts is slowed. Factors of overlapping faults multiply. `class` and `key` (numbered from 0, the most popular)
//! name the requests that are slowed: one page, one tenant, one query.
//!
//! With `until: restart` the trigger may be gone, and what it left behind stays: every replica that was there when the fault began
//! is slow until it is started anew (`restart`, `down`, a deploy), one by one, or until the fault ends. So is a leap second that left
//! every timer spinning, a driver in a bad state, a cache of connections that is broken.
//!
//! - **Simulated world**: each drawn length of `work` is multiplied by the factor.
//! - **Live world**: a stand-in multiplies its work in the same way. A real process cannot be slowed faithfully from outside; use
//!   `latency` on the edges into it.
//! - **Undo**: work that starts afterwards takes its own time; work under way keeps its length.
//! - **Evidence**: pieces of work that were slowed.
//!
//! ```yaml
//! name: slow-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 20/s}
//! services:
//!   web: {workers: 8, work: exp(20ms)}
//! faults:
//!   busy: {kind: slow, on: web, factor: 5, at: 10s, for: 10s}
//! expect:
//!   - p50(users) >= 50ms during busy
//!   - utilisation(web) >= 15% during busy
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "slow",
    page: include_str!("slow.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("factor", Shape::Factor, "how many times longer work takes"),
    super::replicas("how many replicas are slow: one of many is a gray failure"),
    super::ZONE,
    super::CLASS,
    super::KEY,
    super::UNTIL,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let factor = fields.factor("factor")?;
    if factor <= 0.0 {
        fields.error("factor", "work cannot take no time at all: the factor must be above 0");
        return None;
    }
    let (target, which) = site.replicas(fields)?;
    Lowered::one(format!("slow x{factor}{which}"), target, Effect::Slow { factor })
}
