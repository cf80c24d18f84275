//! A limit on requests under way, on a call or on a service: what is too much is turned away with `shed`, before it costs anything.
//!
//! `limit: 60` is fixed. `aimd`, `vegas` and `gradient2` find it from how long requests take, with the defaults of Netflix's
//! concurrency-limits: `aimd` adds one after an answer and takes a tenth away after a timeout or a refusal; `vegas` estimates how many
//! wait, from the response time without load, and keeps that between 3 and 6 log10 of the limit; `gradient2` follows the ratio of the
//! long-term to the present response time. They move only while at least half of the limit is used.
//! On a call it counts what all callers of the edge have under way; on a service, what each replica holds, waiting or not.
//!
//! ```yaml
//! name: limit-example
//! length: 60s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 150/s}
//! services:
//!   api: {workers: 10, work: exp(100ms), limit: 30}
//! expect:
//!   - goodput(users) >= 90/s
//!   - max(inflight(api)) <= 30
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::guards::{Algorithm, Limit};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, quote, values};

pub const PAGE: Page = Page { name: "limit", page: include_str!("limit.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape =
    Shape::OneOf(&[Shape::Count, Shape::Choice(Limit::ALGORITHMS), Shape::Shared("limit", &TABLE)]);

static TABLE: [FieldDoc; 10] = [
    FieldDoc::optional("algorithm", Shape::Choice(Limit::ALGORITHMS), "fixed", "how it is found"),
    FieldDoc::optional("initial", Shape::Count, "20", "the limit at the start; of a fixed one, the limit"),
    FieldDoc::optional("min", Shape::Count, "20 (vegas: 1)", "never less"),
    FieldDoc::optional("max", Shape::Count, "200 (vegas: 1000)", "never more"),
    FieldDoc::optional("backoff", Shape::Ratio, "90%", "aimd: what is left of it after a timeout"),
    FieldDoc::optional("timeout", Shape::Span, "5s", "aimd: an answer later than this is taken for a timeout"),
    FieldDoc::optional("tolerance", Shape::Factor, "1.5", "gradient2: times the long-term response time that is fine"),
    FieldDoc::optional("queue", Shape::Number, "4", "gradient2: how many may wait"),
    FieldDoc::optional("smoothing", Shape::Ratio, "20%", "gradient2: how fast it moves"),
    FieldDoc::optional("long", Shape::Count, "600", "gradient2: requests that the long term is about"),
];

/// The keys that an algorithm has beside `algorithm` and `initial`.
fn keys(algorithm: &str) -> &'static [&'static str] {
    match algorithm {
        "aimd" => &["min", "max", "backoff", "timeout"],
        "vegas" => &["min", "max"],
        "gradient2" => &["min", "max", "tolerance", "queue", "smoothing", "long"],
        _ => &[],
    }
}

/// A number, the name of an algorithm, or a map.
pub fn read(node: &Node, diags: &Diagnostics) -> Option<Limit> {
    if let Value::Scalar(text, _) = &node.value {
        if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let word = values::read_choice(node, Limit::ALGORITHMS, diags)?;
            let found = Limit::preset(word);
            if found.is_none() {
                diags.error(node.place, "a fixed limit of how many?").help("write `limit: 60`").code("wrong-value");
            }
            return found;
        }
        let limit = values::read_count(node, diags)?;
        return checked(limit, || diags.error(node.place, "a limit is 1 to 1,000,000")).map(Limit::fixed);
    }
    let fields = Fields::open(node, "`limit`", &TABLE, diags);
    let algorithm = fields.choice("algorithm").unwrap_or("fixed");
    let known = |name: &str| matches!(name, "algorithm" | "initial") || keys(algorithm).contains(&name);
    for doc in TABLE.iter().filter(|doc| !known(doc.name) && fields.has(doc.name)) {
        let note = fields.error(doc.name, format!("a limit by {} has no `{}`", quote(algorithm), doc.name));
        note.help("`firedrill explain limit` tells which keys belong to which algorithm").code("wrong-value");
    }
    let count = |name: &str, default: u32| match fields.count(name) {
        None => default,
        Some(given) => checked(given, || fields.error(name, "must be 1 to 1,000,000")).unwrap_or(default),
    };
    let Some(preset) = Limit::preset(algorithm) else { return Some(Limit::fixed(count("initial", 20))) };
    let limit = Limit {
        initial: count("initial", preset.initial),
        min: count("min", preset.min.min(count("initial", preset.initial))),
        max: count("max", preset.max.max(count("initial", preset.initial))),
        by: read_algorithm(&fields, preset.by),
    };
    if limit.min > limit.initial || limit.initial > limit.max {
        let message = format!("{} does not lie between `min` {} and `max` {}", limit.initial, limit.min, limit.max);
        fields.error("initial", message).code("wrong-value");
    }
    Some(limit)
}

fn read_algorithm(fields: &Fields, preset: Algorithm) -> Algorithm {
    match preset {
        Algorithm::Aimd { backoff, timeout } => Algorithm::Aimd {
            backoff: fields.ratio("backoff").unwrap_or(backoff),
            timeout: fields.span("timeout").filter(|timeout| *timeout > Span::ZERO).unwrap_or(timeout),
        },
        Algorithm::Gradient2 { tolerance, queue, smoothing, long } => Algorithm::Gradient2 {
            tolerance: fields.factor("tolerance").unwrap_or(tolerance),
            queue: fields.number("queue").unwrap_or(queue),
            smoothing: fields.ratio("smoothing").unwrap_or(smoothing),
            long: fields.count("long").map_or(long, |long| long.clamp(1, 1_000_000) as u32),
        },
        plain @ (Algorithm::Fixed | Algorithm::Vegas) => plain,
    }
}

fn checked<'a>(count: u64, note: impl FnOnce() -> crate::scenario::Note<'a>) -> Option<u32> {
    if (1..=1_000_000).contains(&count) {
        return Some(count as u32);
    }
    note().code("wrong-value");
    None
}
