//! A circuit breaker on a call: after too many failures it answers `breaker-open` at once, for a while, and then tries again carefully.
//!
//! It opens after `consecutive` failures in a row, or when at least the share `failures` of the calls in the `window` failed, or when at
//! least a share of them was `slow`; shares are not looked at before the window holds `least` calls. The window is a number of calls
//! (`100`) or a time (`10s`, sliding in steps of a `buckets`-th). When the `open` time is over, `probes` calls are let through and
//! decide: with `consecutive` one failure among them opens it again, otherwise the shares do. With 0 probes it simply closes.
//! The open time can grow with each opening in a row: `open: {base: 5s, growth: exponential, max: 300s, jitter: 100%}`.
//! An attempt that it turns away is never sent, and no failure of the called service. All callers of the edge share one breaker; with
//! `per: key` there is one for each key, as accounts are locked for a while after so many failed log-ins (NIST SP 800-63B, 5.2.2): `opens`
//! counts them all, and `open` stays 0, because nobody else is turned away.
//!
//! A word takes over the documented defaults of `finagle`, `linkerd`, `hystrix`, `resilience4j` or `envoy` (outlier detection), and
//! `preset:` in a map does so where the map says nothing else.
//!
//! ```yaml
//! name: breaker-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 100/s}
//! services:
//!   web: {workers: 50, calls: [{to: db, timeout: 500ms, optional: true, breaker: {failures: 50%, window: 2s, open: 2s}}]}
//!   db: {workers: 20, work: exp(20ms)}
//! faults:
//!   stuck: {kind: pause, on: db, at: 20s, for: 20s}
//! expect:
//!   - errors(web->db, kind=breaker-open) >= 80% during stuck
//!   - opens(web->db) within 3s of stuck
//!   - p75(users) < 100ms during stuck
//!   - errors(web->db) <= 1% between 45s and 60s
//! ```

use super::retries;
use crate::base::Span;
use crate::model::Page;
use crate::plan::guards::{Breaker, Growth, Sample, Slow};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "breaker", page: include_str!("breaker.rs"), fields: &[&TABLE, &SLOW, &OPEN] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Choice(Breaker::PRESETS), Shape::Shared("breaker", &TABLE)]);

static TABLE: [FieldDoc; 11] = [
    FieldDoc::optional("preset", Shape::Choice(Breaker::PRESETS), "none", "whose defaults it has"),
    FieldDoc::optional("consecutive", Shape::Count, "none", "opens after so many failures in a row"),
    FieldDoc::optional("failures", Shape::Ratio, "none", "opens when this share of the window failed"),
    FieldDoc::optional("slow", Shape::Shared("slow", &SLOW), "none", "opens when a share of the window was slow"),
    FieldDoc::optional(
        "window",
        Shape::OneOf(&[Shape::Count, Shape::Span]),
        "10s",
        "the calls that shares are taken of",
    ),
    FieldDoc::optional("buckets", Shape::Count, "10", "steps in which a window of time slides"),
    FieldDoc::optional("least", Shape::Count, "20", "calls in the window before shares are looked at"),
    FieldDoc::optional("open", Shape::OneOf(&[Shape::Span, Shape::Shared("open", &OPEN)]), "5s", "how long it is open"),
    FieldDoc::optional("probes", Shape::Count, "1", "calls that decide when the open time is over"),
    FieldDoc::optional("on", Shape::List(&Shape::Choice(retries::KINDS)), "all", "what counts as a failure"),
    FieldDoc::optional(
        "per",
        Shape::Choice(&["all", "key"]),
        "all",
        "one breaker for all requests, or one for each key",
    ),
];

static SLOW: [FieldDoc; 2] = [
    FieldDoc::required("over", Shape::Span, "slow: a call that takes longer is slow"),
    FieldDoc::optional("share", Shape::Ratio, "100%", "slow: the share that opens it"),
];

static OPEN: [FieldDoc; 5] = [
    FieldDoc::required("base", Shape::Span, "open: how long the first time"),
    FieldDoc::optional(
        "growth",
        Shape::Choice(&["none", "linear", "exponential"]),
        "none",
        "open: how it grows with each opening in a row: 1, 2, 3, … or 1, 2, 4, … times as long",
    ),
    FieldDoc::optional("max", Shape::Span, "300s", "open: the longest"),
    FieldDoc::optional("jitter", Shape::Ratio, "0%", "open: up to this share is added at random"),
    FieldDoc::optional("forgive", Shape::Span, "0s", "open: being closed this long takes back one opening (0s: all)"),
];

/// The word of a preset, or a map.
pub fn read(node: &Node, diags: &Diagnostics) -> Option<Breaker> {
    if let Value::Scalar(..) = node.value {
        return values::read_choice(node, Breaker::PRESETS, diags).and_then(Breaker::preset);
    }
    let fields = Fields::open(node, "`breaker`", &TABLE, diags);
    let mut breaker = fields.choice("preset").and_then(Breaker::preset).unwrap_or_else(Breaker::plain);
    breaker.consecutive = positive(&fields, "consecutive").or(breaker.consecutive);
    breaker.failures = share(&fields, "failures").or(breaker.failures);
    if let Some(node) = fields.node("slow") {
        let slow = Fields::open(node, "`slow`", &SLOW, diags);
        breaker.slow = Some(Slow { over: slow.span("over")?, share: share(&slow, "share").unwrap_or(1.0) });
    }
    read_sample(&fields, &mut breaker);
    if let Some(node) = fields.node("open") {
        read_open(node, &mut breaker, diags)?;
    }
    if let Some(probes) = fields.count("probes") {
        breaker.probes = probes.min(u64::from(u32::MAX)) as u32;
    }
    if fields.has("on") {
        breaker.on = retries::read_kinds(&fields, "on");
    }
    breaker.per_key = fields.choice("per") == Some("key");
    if breaker.consecutive.is_none() && breaker.failures.is_none() && breaker.slow.is_none() {
        let note = diags.error(fields.place(), "nothing opens this breaker");
        note.help("say `consecutive: 5`, `failures: 50%`, `slow: {…}`, or `preset: hystrix`").code("missing-key");
    }
    Some(breaker)
}

fn read_sample(fields: &Fields, breaker: &mut Breaker) {
    let buckets = positive(fields, "buckets");
    if let Some(node) = fields.node("window") {
        let is_count = node.scalar().is_some_and(|text| text.chars().all(|c| c.is_ascii_digit()));
        if is_count {
            breaker.sample = Sample::Calls(positive(fields, "window").unwrap_or(1));
        } else if let Some(length) = values::read_span(node, fields.diags()) {
            breaker.sample = Sample::Time { length, buckets: 10 };
        }
    }
    if let (Some(asked), Sample::Time { buckets, .. }) = (buckets, &mut breaker.sample) {
        *buckets = asked.min(10_000);
    }
    breaker.least = positive(fields, "least").unwrap_or(breaker.least);
    match breaker.sample {
        Sample::Time { length: Span::ZERO, .. } => {
            fields.error("window", "a window of 0s holds no calls").code("wrong-value");
        }
        Sample::Calls(size) if size < breaker.least && fields.has("least") => {
            let note = fields.error("least", format!("a window of {size} calls never holds {}", breaker.least));
            note.help("make `least` no larger than `window`").code("wrong-value");
        }
        Sample::Calls(size) => breaker.least = breaker.least.min(size),
        Sample::Time { .. } => {}
    }
}

fn read_open(node: &Node, breaker: &mut Breaker, diags: &Diagnostics) -> Option<()> {
    let open = &mut breaker.open;
    if let Value::Scalar(..) = node.value {
        open.base = values::read_span(node, diags)?;
        open.max = open.max.max(open.base);
        return Some(());
    }
    let fields = Fields::open(node, "`open`", &OPEN, diags);
    open.base = fields.span("base")?;
    open.growth = match fields.choice("growth") {
        Some("linear") => Growth::Linear,
        Some("exponential") => Growth::Exponential,
        Some(_) => Growth::None,
        None => open.growth,
    };
    open.max = fields.span("max").unwrap_or(open.max.max(open.base));
    if open.max < open.base {
        let message = format!("the longest open time, {}, is shorter than the first, {}", open.max, open.base);
        fields.error("max", message).code("wrong-value");
    }
    open.jitter = fields.ratio("jitter").unwrap_or(open.jitter);
    open.forgive = fields.span("forgive").unwrap_or(open.forgive);
    Some(())
}

/// A count of at least 1; 0 is reported.
fn positive(fields: &Fields, name: &str) -> Option<u32> {
    let count = fields.count(name)?;
    if count == 0 || count > 1_000_000 {
        fields.error(name, format!("`{name}` must be 1 to 1,000,000")).code("wrong-value");
        return None;
    }
    Some(count as u32)
}

/// A share above 0; 0 is reported.
fn share(fields: &Fields, name: &str) -> Option<f64> {
    let share = fields.ratio(name)?;
    if share == 0.0 {
        fields.error(name, "a share of 0% is always reached").help("leave the key out").code("wrong-value");
        return None;
    }
    Some(share)
}
