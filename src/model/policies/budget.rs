//! What all callers of an edge together may spend on retries, by the rule of one of the budgets in use.
//!
//! `budget: 10%` is a token bucket: every first attempt adds 0.1, every retry takes 1, and at most 10 are saved up. A word takes over the
//! documented defaults of `finagle`, `linkerd`, `grpc`, `aws` or `envoy`, and a map says more, by `kind`:
//!
//! - `bucket`: `ratio` for each first attempt, at most `burst` (Brooker's token bucket).
//! - `window`: within any `ttl`, `ratio` of the first attempts and `least` a second beside (Finagle, Linkerd).
//! - `tokens`: `tokens` in all; a failure takes one, a success adds `ratio`; retries while more than half are there (gRPC A6). There is
//!   a sharp knee where failures take as much as successes bring: at a ratio of 10%, when 1 in 11 fails.
//! - `costs`: `tokens` in all; a retry costs `cost`, after a timeout `timeout_cost`, given back when it succeeds; a first attempt that
//!   succeeds adds 1 (AWS SDK, standard mode).
//! - `active`: retries under way are at most `ratio` of all attempts under way, or `count` (Envoy).
//! - `failures`: retries as long as at most `ratio` of the calls of the last `ttl` failed (a circuit breaker on retries; Brooker,
//!   "Fixing retries with token buckets and circuit breakers", 2022).
//!
//! ```yaml
//! name: budget-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {rate: 200/s, calls: {to: api, retries: {max: 3, budget: {kind: window, ratio: 20%, least: 1/s, ttl: 10s}}}}
//! services:
//!   api: {workers: 20, work: exp(5ms)}
//! faults:
//!   broken: {kind: errors, on: api, share: 100%, at: 20s, for: 20s}
//! expect:
//!   - retries(users->api) <= 0.25x during broken
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::Budget;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, quote, values};

pub const PAGE: Page = Page { name: "budget", page: include_str!("budget.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Ratio, Shape::Choice(Budget::PRESETS), Shape::Shared("budget", &TABLE)]);

static TABLE: [FieldDoc; 9] = [
    FieldDoc::optional("kind", Shape::Choice(KINDS), "bucket", "by which rule"),
    FieldDoc::optional(
        "ratio",
        Shape::Ratio,
        "10%, or as its kind has it",
        "the share of retries, or what a success adds",
    ),
    FieldDoc::optional("burst", Shape::Number, "10", "bucket: retries that may be saved up"),
    FieldDoc::optional("least", Shape::Rate, "10/s", "window: retries beside the share"),
    FieldDoc::optional("ttl", Shape::Span, "10s", "window, failures: how long a call counts"),
    FieldDoc::optional("tokens", Shape::Number, "10 (tokens), 500 (costs)", "tokens, costs: how many there are"),
    FieldDoc::optional("cost", Shape::Number, "5", "costs: what a retry takes"),
    FieldDoc::optional("timeout_cost", Shape::Number, "10", "costs: what a retry after a timeout takes"),
    FieldDoc::optional("count", Shape::Count, "3", "active: retries that are always allowed"),
];

const KINDS: &[&str] = &["bucket", "window", "tokens", "costs", "active", "failures"];

/// The keys that a kind has beside `kind` and `ratio`.
fn keys(kind: &str) -> &'static [&'static str] {
    match kind {
        "window" => &["ratio", "least", "ttl"],
        "tokens" => &["ratio", "tokens"],
        "costs" => &["tokens", "cost", "timeout_cost"],
        "active" => &["ratio", "count"],
        "failures" => &["ratio", "ttl"],
        _ => &["ratio", "burst"],
    }
}

/// A ratio, the word of a preset, or a map.
pub fn read(node: &Node, diags: &Diagnostics) -> Option<Budget> {
    if let Value::Scalar(text, _) = &node.value {
        if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return values::read_choice(node, Budget::PRESETS, diags).and_then(Budget::preset);
        }
        return values::read_ratio(node, diags).map(|ratio| Budget::Bucket { ratio, burst: 10.0 });
    }
    let fields = Fields::open(node, "`budget`", &TABLE, diags);
    let kind = fields.choice("kind").unwrap_or("bucket");
    for doc in TABLE.iter().filter(|doc| doc.name != "kind" && !keys(kind).contains(&doc.name) && fields.has(doc.name))
    {
        let note = fields.error(doc.name, format!("a budget of kind {} has no `{}`", quote(kind), doc.name));
        note.help(format!("it has `{}`", keys(kind).join("`, `"))).code("wrong-value");
    }
    let ratio = |default| fields.ratio("ratio").unwrap_or(default);
    let ttl = || positive(&fields, "ttl", Span::from_secs(10));
    Some(match kind {
        "window" => {
            if fields.ratio("ratio") == Some(0.0) {
                fields.error("ratio", "a share of 0 would allow no retry").code("wrong-value");
            }
            let per_second = fields.rate("least").unwrap_or(10.0);
            Budget::Window { ratio: ratio(0.2).max(1e-3), per_second, ttl: ttl() }
        }
        "tokens" => Budget::Tokens { tokens: fields.number("tokens").unwrap_or(10.0), ratio: ratio(0.1) },
        "costs" => Budget::Costs {
            tokens: fields.number("tokens").unwrap_or(500.0),
            cost: fields.number("cost").unwrap_or(5.0),
            timeout_cost: fields.number("timeout_cost").unwrap_or(10.0),
            gain: 1.0,
        },
        "active" => Budget::Active { share: ratio(0.2), least: fields.count("count").unwrap_or(3).min(1 << 20) as u32 },
        "failures" => Budget::Failures { share: ratio(0.1), window: ttl() },
        _ => Budget::Bucket { ratio: ratio(0.1), burst: burst(&fields) },
    })
}

fn burst(fields: &Fields) -> f64 {
    let burst = fields.number("burst").unwrap_or(10.0);
    if burst < 1.0 {
        fields.error("burst", "a burst below 1 would allow no retry at all").code("wrong-value");
    }
    burst
}

fn positive(fields: &Fields, name: &str, default: Span) -> Span {
    match fields.span(name) {
        Some(Span::ZERO) => {
            fields.error(name, "must be longer than 0").code("wrong-value");
            default
        }
        span => span.unwrap_or(default),
    }
}
