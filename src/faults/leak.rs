//! A service loses something bit by bit until it is restarted: workers that never come back, or memory.
//!
//! `of: workers` takes one worker of each replica away at `every` interval, down to `least`: threads that hang for ever, connections
//! that are never given back. `of: memory` makes work longer: `growth` of its first length is added at each interval (garbage collection
//! that has less and less room). Nothing is seen for a long time, and then all at once, when what is left no longer carries the load.
//! The restart that ends it is the end of the fault (`for`).
//!
//! - **Simulated world**: as a series of `scale` (workers) or of `slow` (memory) while it lasts.
//! - **Live world**: a stand-in does the same; a real process keeps its workers and its speed, so it is refused before the run.
//! - **Undo**: all that leaked is back.
//! - **Evidence**: entries changed (workers), pieces of work that were slowed (memory).
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
//!   threads: {kind: leak, on: web, every: 8s, at: 10s, for: 60s}
//!   heap: {kind: leak, on: db, of: memory, every: 5s, growth: 20%, at: 10s, for: 60s}
//! expect:
//!   - success(users) >= 99% between 5s and 20s
//!   - success(users) <= 60% between 60s and 70s
//!   - success(users) >= 99% between 85s and 100s
//! ```

use super::{ActsOn, Change, Deed, FaultKind, Lasts, Lowered, Site, words};
use crate::base::{ServiceId, Span};
use crate::plan::{Effect, Target};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "leak",
    page: include_str!("leak.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("of", Shape::Choice(&["workers", "memory"]), "workers", "what leaks"),
    FieldDoc::required("every", Shape::Span, "how long it takes to lose one worker, or for work to grow once"),
    FieldDoc::optional("least", Shape::Count, "1", "workers: how many a replica keeps"),
    FieldDoc::optional("growth", Shape::Ratio, "10%", "memory: how much of its first length work grows by"),
];

/// Times that work grows. Longer leaks stay at what they are then.
const GROWTHS_MAX: u32 = 1000;

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target @ Target::Service { id, .. }, service) = site.service() else { return None };
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
    let label = format!("leak every {}", words(fields, "every", ""));
    let later = match is_memory {
        true => slower_and_slower(target, every, fields.ratio("growth").unwrap_or(0.1)),
        false => {
            let Some(workers) = service.workers else {
                let note = fields.error("on", format!("service `{}` has workers without end", service.name));
                note.help("give it `workers`").code("wrong-value");
                return None;
            };
            let least = fields.count("least").unwrap_or(1).min(u64::from(workers)) as u32;
            fewer_and_fewer(id, every, workers, least)
        }
    };
    Some(Lowered { label, later, ..Lowered::default() })
}

fn fewer_and_fewer(id: ServiceId, every: Span, workers: u32, least: u32) -> Vec<(Span, Deed)> {
    let change = || {
        Change::edit(move |plan| {
            let workers = &mut plan.services[id.index()].workers;
            *workers = workers.map(|workers| workers.saturating_sub(1).max(least.min(workers)));
        })
    };
    (1..=workers - least).map(|lost| (times(every, lost), Deed::Change(change()))).collect()
}

/// Factors of one fault multiply, so each is what is missing from the one before to a straight line.
fn slower_and_slower(target: Target, every: Span, growth: f64) -> Vec<(Span, Deed)> {
    let length = |times: u32| 1.0 + growth * f64::from(times);
    let factor = |n: u32| length(n) / length(n - 1);
    let slow = |n| Deed::Effect(target, Effect::Slow { factor: factor(n) });
    (1..=GROWTHS_MAX).map(|n| (times(every, n), slow(n))).collect()
}

fn times(span: Span, count: u32) -> Span {
    Span(span.0.saturating_mul(u64::from(count)))
}
