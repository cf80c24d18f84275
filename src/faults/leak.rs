//! A service loses something bit by bit until it is restarted: workers that never come back, or memory.
//!
//! `of: workers` takes one worker of each replica away at `every` interval, down to `least`: threads that hang for ever, connections
//! that are never given back. `of: memory` makes work longer: `growth` of its first length is added at each interval (garbage collection
//! that has less and less room). Nothing is seen for a long time, and then all at once, when what is left no longer carries the load.
//! A replica that is started anew (`restart`, `down`) has all of it back, and loses it again as long as the fault lasts: the bug is
//! still there. `replicas` or `zone` let only some of them leak.
//!
//! - **Simulated world**: workers that go do so when they are free; work that begins is longer.
//! - **Live world**: a stand-in does the same; a real process keeps its workers and its speed, so it is refused before the run.
//! - **Undo**: all that leaked is back.
//! - **Evidence**: pieces leaked; work slowed (memory).
//!
//! ```yaml
//! name: leak-example
//! length: 100s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 50/s}
//! services:
//!   web: {workers: 10, work: exp(100ms), calls: [db]}
//!   db: {workers: 8, work: 10ms}
//! faults:
//!   threads: {kind: leak, on: web, every: 8s, at: 10s}
//!   heap: {kind: leak, on: db, of: memory, every: 5s, growth: 20%, at: 10s, for: 60s}
//!   again: {kind: restart, on: web, at: 70s, for: 1s}
//! expect:
//!   - success(users) >= 99% between 5s and 20s
//!   - success(users) <= 60% between 60s and 70s
//!   - success(users) >= 99% between 85s and 100s
//! ```

use super::{ActsOn, Deed, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::base::Span;
use crate::plan::{Effect, Leak};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "leak",
    page: include_str!("leak.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("of", Shape::Choice(&["workers", "memory"]), "workers", "what leaks"),
    FieldDoc::required("every", Shape::Span, "how long it takes to lose one worker, or for work to grow once"),
    FieldDoc::optional("least", Shape::Count, "1", "workers: how many a replica keeps"),
    FieldDoc::optional("growth", Shape::Ratio, "10%", "memory: how much of its first length work grows by"),
    super::replicas("how many replicas leak"),
    super::ZONE,
];

/// Pieces that are lost at most. Longer leaks stay at what they are then.
const PIECES_MAX: u32 = 1000;

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (_, service) = site.service();
    let (target, which) = site.replicas(fields)?;
    let every = fields.span("every")?;
    if every == Span::ZERO {
        fields.error("every", "a leak takes time").help("`scale` and `slow` act at once").code("wrong-value");
        return None;
    }
    let is_memory = fields.choice("of") == Some("memory");
    for (name, fits) in [("least", !is_memory), ("growth", is_memory)] {
        if fields.has(name) && !fits {
            fields.error(name, format!("`{name}` has no meaning for this leak")).code("wrong-value");
            return None;
        }
    }
    let (what, most) = match is_memory {
        true => (Leak::Speed { growth: fields.ratio("growth").unwrap_or(0.1) }, PIECES_MAX),
        false => {
            let Some(workers) = service.workers else {
                let note = fields.error("on", format!("service `{}` has workers without end", service.name));
                note.help("give it `workers`").code("wrong-value");
                return None;
            };
            let least = fields.count("least").unwrap_or(1).min(u64::from(workers)) as u32;
            (Leak::Worker { least }, PIECES_MAX)
        }
    };
    let later = (1..=most).map(|n| (times(every, n), Deed::Effect(target, Effect::Leak(what)))).collect();
    Some(Lowered { label: format!("leak every {}{which}", words(fields, "every", "")), later, ..Lowered::default() })
}

fn times(span: Span, count: u32) -> Span {
    Span(span.0.saturating_mul(u64::from(count)))
}
