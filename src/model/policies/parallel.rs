//! Calls made at once, and how many of them must succeed.
//!
//! A step `{parallel: [ … ]}` makes all of its calls at the same moment (a call with `count: 100` a hundred times) and goes on when all
//! have ended; it fails if one that is not `optional` failed. With `need` it goes on as soon as that many have succeeded, and fails
//! as soon as they no longer can: `any` is one, `all` is all, a number is a quorum. Those that are still under way then are left to
//! themselves, or stopped where their `on_timeout` is `cancel`. A fan-out is as slow as its slowest leaf; a quorum leaves the slowest out.
//!
//! ```yaml
//! name: parallel-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: front, rate: 100/s}
//! services:
//!   front:
//!     calls:
//!       - parallel: [{to: leaf, count: 5, on_timeout: cancel}]
//!         need: 3
//!   leaf: {work: exp(100ms)}
//! faults:
//!   two-of-five: {kind: errors, on: leaf, share: 10%, at: 30s, for: 20s}
//! expect:
//!   - p99(users) <= 250ms before two-of-five
//!   - success(users) >= 98%
//! ```

use super::call::{CALL_SHAPE, CallDraft};
use crate::model::Page;
use crate::plan::Need;
use crate::scenario::{FieldDoc, Fields, Shape, values};

pub const PAGE: Page = Page { name: "parallel", page: include_str!("parallel.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 2] = [
    FieldDoc::required("parallel", Shape::List(&CALL_SHAPE), "calls made at once"),
    FieldDoc::optional(
        "need",
        Shape::OneOf(&[Shape::Choice(&["any", "all"]), Shape::Count]),
        "every answer is waited for",
        "how many must succeed; the step ends as soon as they have, or no longer can",
    ),
];

const MADE_MAX: u32 = 65_535;

/// Reads `need` of a step that makes these calls.
pub fn read_need(fields: &Fields, calls: &[CallDraft]) -> Need {
    let Some(node) = fields.node("need") else { return Need::Every };
    let waited = || calls.iter().filter(|call| !call.edge.mirror);
    let made: u32 = waited().map(|call| call.edge.count).sum();
    if waited().any(|call| call.edge.optional) {
        let note = fields.error("need", "a call that is `optional` neither succeeds nor fails for a quorum");
        note.help("leave `optional` out: `need` says how many may fail").code("wrong-value");
    }
    if made > MADE_MAX {
        fields.error("need", format!("at most {MADE_MAX} calls at once have a quorum")).code("too-large");
        return Need::Every;
    }
    let count = match node.scalar() {
        Some("any") => Some(1),
        Some("all") => Some(u64::from(made)),
        _ => values::read_count(node, fields.diags()),
    };
    match count {
        Some(count) if count == 0 || count > u64::from(made) => {
            let note = fields.error("need", format!("{count} of {made} calls can never be needed"));
            note.help(format!("`any`, `all`, or 1 to {made}")).code("wrong-value");
            Need::Every
        }
        Some(count) => Need::Count(count as u32),
        None => Need::Every,
    }
}
