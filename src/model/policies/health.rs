//! Health checks: replicas that fail them are taken out of rotation, and come back when they pass.
//!
//! Every replica is checked each `interval`. `check: request` (the default) is a request that needs a worker and no work, and fails when
//! it takes longer than `timeout`; it counts among the service's requests. `work` is a request that is worked on like any other, calls
//! included, of the `class` that is given: it fails when what it needs fails or is slow (a deep check), so what all replicas share
//! takes all of them out. `tcp` only sees whether the port is open, so a frozen or drowning process passes. `load` fails a replica whose workers were busier than `above` since the last check. `fall` failures in a row
//! take it out, `rise` passes bring it back, and with `slow_start` it comes back bit by bit.
//!
//! Checks that see load are dangerous: a replica that is taken out leaves its load to the others. At most `max_ejected` of the
//! replicas are taken out, and when less than the `panic` share is left, all are asked again (Envoy: max_ejection_percent, panic
//! threshold). With nobody in rotation requests fail with `unavailable`.
//!
//! ```yaml
//! name: health-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 100/s}
//! services:
//!   api:
//!     replicas: 4
//!     workers: 10
//!     work: exp(20ms)
//!     health: {interval: 1s, timeout: 500ms, fall: 2, rise: 2}
//! faults:
//!   crash: {kind: down, on: api, replicas: 1, at: 20s, for: 20s}
//! expect:
//!   - success(users) >= 99% between 25s and 40s
//!   - min(replicas(api)) == 3 during crash
//!   - last(replicas(api)) == 4
//! ```

use super::class::{self, Classes};
use crate::base::Span;
use crate::model::Page;
use crate::plan::balance::{Check, Health};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "health", page: include_str!("health.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("health", &TABLE);

static TABLE: [FieldDoc; 10] = [
    FieldDoc::optional("check", Shape::Choice(&["request", "work", "tcp", "load"]), "request", "what is looked at"),
    FieldDoc::optional("interval", Shape::Span, "10s", "time between two checks of a replica"),
    FieldDoc::optional("timeout", Shape::Span, "1s", "longest time for a `request`"),
    FieldDoc::optional("class", class::SHAPE, "0", "for `work`: the class of the request"),
    FieldDoc::optional("above", Shape::Ratio, "95%", "for `load`: busier than this fails"),
    FieldDoc::optional("fall", Shape::Count, "2", "failures in a row that take a replica out"),
    FieldDoc::optional("rise", Shape::Count, "3", "passes in a row that bring it back"),
    FieldDoc::optional("max_ejected", Shape::Ratio, "100%", "largest share that checks take out"),
    FieldDoc::optional("panic", Shape::Ratio, "0%", "with less than this share in rotation all are asked"),
    FieldDoc::optional("slow_start", Shape::Span, "none", "how long a replica takes to come back to its full share"),
];

pub fn read(node: &Node, classes: &Classes, diags: &Diagnostics) -> Option<Health> {
    let fields = Fields::open(node, "`health`", &TABLE, diags);
    let interval = positive(&fields, "interval", Span::from_secs(10))?;
    let timeout = positive(&fields, "timeout", Span::from_secs(1))?;
    if fields.has("above") && fields.choice("check") != Some("load") {
        fields.error("above", "`above` goes with `check: load`").code("wrong-value");
    }
    if fields.has("class") && fields.choice("check") != Some("work") {
        fields.error("class", "`class` goes with `check: work`").code("wrong-value");
    }
    let check = match fields.choice("check") {
        Some("work") => {
            Check::Work { class: fields.node("class").and_then(|node| classes.read(node, diags)).unwrap_or(0) }
        }
        Some("tcp") => Check::Tcp,
        Some("load") => Check::Load { above: fields.ratio("above").unwrap_or(0.95) },
        _ => Check::Request,
    };
    if matches!(check, Check::Request | Check::Work { .. }) && timeout > interval {
        let note = fields.error("timeout", format!("a check that may take {timeout} does not fit into {interval}"));
        note.help("make `timeout` at most `interval`").code("wrong-value");
    }
    Some(Health {
        check,
        interval,
        timeout,
        fall: in_a_row(&fields, "fall", 2),
        rise: in_a_row(&fields, "rise", 3),
        max_ejected: fields.ratio("max_ejected").unwrap_or(1.0),
        panic: fields.ratio("panic").unwrap_or(0.0),
        slow_start: fields.span("slow_start").filter(|span| *span > Span::ZERO),
    })
}

fn positive(fields: &Fields, name: &str, default: Span) -> Option<Span> {
    let span = fields.span(name).unwrap_or(default);
    if span < Span::from_millis(1) {
        fields.error(name, format!("`{name}` is at least 1ms")).code("wrong-value");
        return None;
    }
    Some(span)
}

fn in_a_row(fields: &Fields, name: &str, default: u32) -> u32 {
    match fields.count(name) {
        Some(count) if count == 0 || count > 1000 => {
            fields.error(name, format!("`{name}` is 1 to 1000")).code("wrong-value");
            default
        }
        Some(count) => count as u32,
        None => default,
    }
}
