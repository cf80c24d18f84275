//! Links that several calls share: one network segment under unrelated services.
//!
//! A call names the links that its messages cross with `via`. Each link carries `bandwidth` bytes per second in each direction, one message
//! after another, whoever sends them; what waits is held in a `buffer`, and what finds no room there is lost. Nobody is told of a lost
//! message, so a call over a link needs a `timeout`. Above its bandwidth a link loses 1 - 1/load of the bytes of *everyone* on it: that is
//! how two unrelated services fail together, with nothing to see on either. The fault `bandwidth` acts on a link by its name.
//! In the live world links are not played.
//!
//! ```yaml
//! name: links-example
//! length: 60s
//! clients:
//!   pages: {calls: {to: web, timeout: 2s}, rate: 100/s}
//! services:
//!   web:
//!     calls:
//!       - parallel: [{to: cache, timeout: 100ms, response: 5KiB, via: rack}, {to: timeline, timeout: 500ms, response: 4KiB, via: rack}]
//!   cache: {work: exp(1ms)}
//!   timeline: {work: exp(10ms)}
//! links:
//!   rack: {bandwidth: 1MiB/s, buffer: 64KiB}
//! faults:
//!   half: {kind: bandwidth, on: rack, rate: 512KiB/s, at: 20s, for: 20s}
//! expect:
//!   - load(rack) >= 80% between 5s and 20s
//!   - drops(rack) >= 35% during half
//!   - success(web->cache) <= 70% during half
//!   - success(web->timeline) <= 70% during half
//! ```

use crate::base::SegmentId;
use crate::model::policies::call::CallDraft;
use crate::plan::{Plan, Segment};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Shape, help_for, quote, values};

/// The keys of one entry of `links:`.
pub static TABLE: [FieldDoc; 2] = [
    FieldDoc::required("bandwidth", Shape::ByteRate, "bytes per second, in each direction"),
    FieldDoc::optional("buffer", Shape::Bytes, "100ms of the bandwidth", "what can wait, in each direction"),
];

pub fn read(root: &Fields) -> Vec<Segment> {
    let mut segments = Vec::new();
    for entry in root.entries("links") {
        values::check_name(&entry.key, entry.key_place, root.diags());
        let fields = Fields::open(&entry.value, &format!("link `{}`", entry.key), &TABLE, root.diags());
        let bandwidth = fields.byte_rate("bandwidth").unwrap_or(1.0);
        if bandwidth < 1.0 {
            fields.error("bandwidth", "a link must carry at least one byte per second").code("wrong-value");
        }
        let buffer = fields.bytes("buffer").unwrap_or((bandwidth * 0.1) as u64);
        segments.push(Segment { name: entry.key.clone(), bandwidth: bandwidth.max(1.0), buffer });
    }
    segments
}

/// The links that a call crosses.
pub fn resolve(call: &CallDraft, plan: &Plan, diags: &Diagnostics) -> Vec<SegmentId> {
    let mut via = Vec::new();
    for (name, place) in &call.via {
        match plan.segments.iter().position(|segment| segment.name == *name) {
            Some(index) if via.contains(&SegmentId::from(index)) => {
                diags.error(*place, format!("{} is listed twice", quote(name))).code("duplicate-name");
            }
            Some(index) => via.push(index.into()),
            None => {
                let names = plan.segments.iter().map(|segment| segment.name.as_str());
                let note = diags.error(*place, format!("there is no link {}", quote(name))).code("unknown-name");
                note.maybe_help(help_for(name, names));
            }
        }
    }
    if let (Some((_, place)), None) = (call.via.first(), call.edge.timeout) {
        let note = diags.error(*place, "a call over a shared link needs a `timeout`").code("missing-key");
        note.help("what the link loses is never answered: without a timeout the caller would wait for ever");
    }
    via
}
