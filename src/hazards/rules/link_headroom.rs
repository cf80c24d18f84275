//! A link that several calls share, and that is nearly full.
//!
//! What it sees: a link under `links` whose calls, when all is well, fill more than 70% of it in one direction.
//!
//! The arithmetic: the sum of calls x bytes over the bandwidth. Above 70% growth of 1.4 times fills it; then everything that crosses it loses
//! messages, in the same second, and no server is busy.
//!
//! The fix: twice the link, a link for each, and an alarm at 70% (`load(LINK) > 70%`). It would have caught `one-segment-two-elephants` (90% before
//! anything went wrong).
//!
//! ```yaml
//! name: link-headroom-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 400/s}
//! services:
//!   web: {calls: [{to: cache, timeout: 200ms, request: 100B, response: 2KB, via: segment}]}
//!   cache: {work: 1ms}
//! links:
//!   segment: {bandwidth: 1MB/s, buffer: 40KB}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: Twice the link, set: {links.segment.bandwidth: 2MB/s}}
//! ```

use crate::base::SegmentId;
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::Part;

pub static RULE: Rule = Rule { code: "hazard/link-headroom", page: include_str!("link_headroom.rs"), find };

const FULL: f64 = 0.7;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (index, link) in plan.segments.iter().enumerate() {
        let id = SegmentId::from(index);
        let over: Vec<_> = structure::edges(plan).filter(|(_, edge)| edge.via.contains(&id)).collect();
        let sum = |bytes: fn(&crate::plan::Edge) -> u64| -> f64 {
            over.iter().map(|(id, edge)| review.flow.edge(*id) * bytes(edge) as f64).sum()
        };
        let load = sum(|edge| edge.request_bytes).max(sum(|edge| edge.response_bytes));
        if load <= FULL * link.bandwidth {
            continue;
        }
        let message = format!(
            "{} carry {} over {}, {} of what it can: {}",
            structure::listed(over.iter().map(|(_, edge)| edge.name.as_str())),
            words::bytes(load),
            link.name,
            words::share(load / link.bandwidth),
            if load > link.bandwidth { "it loses the rest" } else { "a little growth, and all of them lose messages" }
        );
        let help = format!("`bandwidth: {}` at least, or a link for each", words::bytes(load / FULL));
        found.push(Finding::at(Part::Segment(id), message, help));
    }
    found
}
