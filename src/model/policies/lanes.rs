//! Lanes: a line and a share of the workers for each class, so that one class cannot starve the others.
//!
//! Each listed class waits in a line of its own. `workers` is how many of a replica's workers it may have at a time, `capacity` how
//! many of it may wait; all other classes share one more lane without limits of its own. A free worker takes whoever came first among
//! the lanes that have a share left. This is a bulkhead by class: requests that are slow, or many, use up their own lane, and the
//! others find workers as if they were alone. The names of lanes are classes (see `explain class`).
//!
//! ```yaml
//! name: lanes-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   mail: {calls: relay, rate: 90/s}
//!   tarpit: {calls: {to: relay, timeout: 10s}, rate: 10/s, class: tarpit}
//! services:
//!   relay:
//!     workers: 50
//!     work: 200ms
//!     calls: [{to: far, chance: 100%}]
//!     queue: {lanes: {tarpit: {workers: 5, capacity: 20}}}
//!   far: {work: 100ms}
//! faults:
//!   slow: {kind: slow, on: far, factor: 2, at: 20s, for: 20s}
//! expect:
//!   - success(mail) >= 99%
//!   - p99(mail) < 1s
//! ```

use super::class::Classes;
use super::queue;
use crate::model::Page;
use crate::plan::LaneSpec;
use crate::scenario::{Diagnostics, Entry, FieldDoc, Fields, Node, Shape, values};

pub const PAGE: Page = Page { name: "lanes", page: include_str!("lanes.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::MapOf(&Shape::Shared("lane", &TABLE));

static TABLE: [FieldDoc; 2] = [
    FieldDoc::optional("workers", Shape::Count, "all", "workers it may have at a time, per replica"),
    FieldDoc::optional("capacity", queue::COUNT_OR_UNBOUNDED, "unbounded", "how many of it may wait, per replica"),
];

/// Reads `lanes` of a queue.
pub fn read(node: &Node, classes: &Classes, diags: &Diagnostics) -> Vec<LaneSpec> {
    let entries = values::read_map(node, "`lanes`", diags);
    entries.iter().filter_map(|entry| read_lane(entry, classes, diags)).collect()
}

fn read_lane(entry: &Entry, classes: &Classes, diags: &Diagnostics) -> Option<LaneSpec> {
    let fields = Fields::open(&entry.value, &format!("lane `{}`", entry.key), &TABLE, diags);
    let capacity = fields.node("capacity").and_then(|node| queue::count_or_unbounded(node, diags)).flatten();
    let workers = fields.count("workers").map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    if workers == Some(0) {
        let note = fields.error("workers", "a lane without workers would never serve anybody");
        note.help("at least 1, or leave it out").code("wrong-value");
    }
    Some(LaneSpec { class: classes.number(&entry.key, entry.key_place, diags)?, workers, capacity })
}
