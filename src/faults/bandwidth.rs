//! An edge carries only so many bytes per second.
//!
//! The rate holds in each direction on its own and is shared by every request on the edge. Large answers queue behind one another:
//! latency grows with the load, not by a constant. Under overlapping faults the lowest rate rules. On a shared link (`links:`) it is what is
//! left of the link's own bandwidth.
//!
//! - **Simulated world**: a message takes its size (`request:`, `response:` of the call) over the rate, one after the other.
//! - **Live world**: the fault proxy on the edge passes bytes on by a token bucket; no privilege is needed.
//! - **Undo**: the bucket is taken away; what is held is passed on at once.
//! - **Evidence**: messages (live: writes) that were held back.
//!
//! ```yaml
//! name: bandwidth-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 5s, response: 16KiB}, rate: 20/s}
//! services:
//!   web: {work: exp(5ms)}
//! faults:
//!   thin-line: {kind: bandwidth, on: users->web, rate: 512KiB/s, at: 10s, for: 10s}
//! expect:
//!   - p50(users) >= 30ms during thin-line
//! ```

use super::which::connections::{EVERY, FIRST, SHARE};
use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which, words};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "bandwidth",
    page: include_str!("bandwidth.rs"),
    acts_on: ActsOn::EdgeOrSegment,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required(
        "rate",
        Shape::ByteRate,
        "bytes per second in each direction, shared by all requests of the edge or the link (by those on the picked connections)",
    ),
    SHARE,
    FIRST,
    EVERY,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let bytes_per_sec = fields.byte_rate("rate")?;
    if bytes_per_sec <= 0.0 {
        fields.error("rate", "a rate of 0 passes nothing: use the kind `cut` for that");
        return None;
    }
    let label = format!("bandwidth {}", words(fields, "rate", ""));
    let picks = ["share", "first", "every"].into_iter().find(|name| fields.has(name));
    if let (Site::Segment(_), Some(name)) = (site, picks) {
        let note = fields.error(name, "a shared link carries messages of many calls, and no connections to pick from");
        note.help("name a call over it in `on`, or leave this out").code("wrong-value");
        return None;
    }
    which::on_connections(fields, Lowered::on_each(label, &site.edges(), &Effect::Throttle { bytes_per_sec })?)
}
