//! What a caller does after a failed attempt: how often it tries again, after what pause, and within what budget.
//!
//! `retries: 3` tries three more times at once, whatever failed. The map form adds a pause (`backoff`), its jitter, the kinds of failure
//! that are worth another try (`on`), and a `budget` that all callers of this edge share (`firedrill explain budget`). A budget is what
//! ends a retry storm; backoff alone only moves it.
//! A service that turns requests away can say when to come again (`retry_after` of the service): that much is waited at least. One that
//! tells all the same moment makes them come back together; `retry_after: "uniform(1s, 30s)"` spreads them.
//! Jitter: `full` is uniform up to the pause, `equal` half of it fixed, `decorrelated` grows from the last pause (Brooker,
//! "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
//!
//! ```yaml
//! name: retries-example
//! length: 30s
//! warmup: 2s
//! clients:
//!   users:
//!     rate: 50/s
//!     calls:
//!       to: api
//!       timeout: 200ms
//!       retries: {max: 3, backoff: {base: 50ms, max: 1s, jitter: full}, budget: 10%, on: [timeout, error]}
//! services:
//!   api: {workers: 20, work: exp(20ms)}
//! faults:
//!   flaky: {kind: errors, on: api, share: 5%, at: 10s, for: 10s}
//! expect:
//!   - success(users) >= 99%
//! ```

use super::budget;
use crate::base::{ErrorKind, Span};
use crate::model::Page;
use crate::plan::{Backoff, Jitter, Retry};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "retries", page: include_str!("retries.rs"), fields: &[&TABLE, &BACKOFF] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Count, Shape::Shared("retries", &TABLE)]);

/// The words of `ErrorKind`, for the schema and for suggestions.
pub const KINDS: &[&str] = &[
    "timeout",
    "wait-timeout",
    "rejected",
    "refused",
    "reset",
    "error",
    "no-space",
    "crashed",
    "breaker-open",
    "throttled",
    "shed",
    "no-connection",
    "expired",
    "unresolved",
    "untrusted",
    "read-only",
    "unavailable",
    "mismatch",
];

static TABLE: [FieldDoc; 5] = [
    FieldDoc::required("max", Shape::Count, "attempts after the first"),
    FieldDoc::optional("backoff", Shape::Shared("backoff", &BACKOFF), "none", "the pause before a retry"),
    FieldDoc::optional(
        "budget",
        budget::SHAPE,
        "none",
        "retries per first attempt that all callers together may spend",
    ),
    FieldDoc::optional("on", Shape::List(&Shape::Choice(KINDS)), "all", "failures that are tried again"),
    FieldDoc::optional("retry_after", Shape::Flag, "true", "wait at least as long as who turned it away asks"),
];

pub static BACKOFF: [FieldDoc; 4] = [
    FieldDoc::required("base", Shape::Span, "the first pause"),
    FieldDoc::optional("factor", Shape::Factor, "2", "how much longer each pause is than the last"),
    FieldDoc::optional("max", Shape::Span, "60s", "the longest pause"),
    FieldDoc::optional("jitter", Shape::Choice(&["none", "full", "equal", "decorrelated"]), "none", "how it is spread"),
];

const RETRIES_MAX: u64 = 1000;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Retry> {
    if let Value::Scalar(..) = node.value {
        let max = checked_max(values::read_count(node, diags)?, node, diags)?;
        return Some(Retry { max, backoff: at_once(), on: ErrorKind::ALL.to_vec(), retry_after: true, budget: None });
    }
    let fields = Fields::open(node, "`retries`", &TABLE, diags);
    let max = checked_max(fields.count("max")?, fields.node("max")?, diags)?;
    let backoff = fields.node("backoff").and_then(|node| read_backoff(node, diags)).unwrap_or_else(at_once);
    let budget = fields.node("budget").and_then(|node| budget::read(node, diags));
    let on = if fields.has("on") { read_kinds(&fields, "on") } else { ErrorKind::ALL.to_vec() };
    let retry_after = fields.flag("retry_after").unwrap_or(true);
    Some(Retry { max, backoff, on, retry_after, budget })
}

/// The kinds of failure that a field lists.
pub fn read_kinds(fields: &Fields, name: &str) -> Vec<ErrorKind> {
    let listed = fields.list(name).iter().filter_map(|node| values::read_choice(node, KINDS, fields.diags()));
    listed.filter_map(ErrorKind::from_word).collect()
}

fn checked_max(max: u64, node: &Node, diags: &Diagnostics) -> Option<u32> {
    if max > RETRIES_MAX {
        diags.error(node.place, format!("at most {RETRIES_MAX} retries")).code("wrong-value");
        return None;
    }
    Some(max as u32)
}

fn at_once() -> Backoff {
    Backoff { base: Span::ZERO, factor: 1.0, max: Span::ZERO, jitter: Jitter::None }
}

pub fn read_backoff(node: &Node, diags: &Diagnostics) -> Option<Backoff> {
    let fields = Fields::open(node, "`backoff`", &BACKOFF, diags);
    let jitter = match fields.choice("jitter") {
        Some("full") => Jitter::Full,
        Some("equal") => Jitter::Equal,
        Some("decorrelated") => Jitter::Decorrelated,
        _ => Jitter::None,
    };
    let base = fields.span("base")?;
    let max = fields.span("max").unwrap_or(Span::from_secs(60));
    if max < base {
        fields.error("max", format!("the longest pause, {max}, is shorter than the first, {base}")).code("wrong-value");
    }
    let factor = fields.factor("factor").unwrap_or(2.0);
    if factor < 1.0 {
        fields.error("factor", "pauses must not get shorter: a factor is at least 1").code("wrong-value");
    }
    Some(Backoff { base, factor, max, jitter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listed_words_are_all_error_kinds() {
        assert_eq!(KINDS, ErrorKind::ALL.map(ErrorKind::word));
    }
}
