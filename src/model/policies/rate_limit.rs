//! A rate limit, on a call or on a service: a token bucket that turns away what is too much with `throttled` (HTTP 429).
//!
//! Each request takes a token; `rate` of them come in a second, and at most `burst` are saved up. On a call it limits all callers of the
//! edge together, before anything is sent. On a service it limits all replicas together, at the door, before the queue.
//!
//! ```yaml
//! name: rate-limit-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 200/s}
//! services:
//!   api: {workers: 10, work: exp(50ms), rate_limit: {rate: 120/s, burst: 20}}
//! expect:
//!   - errors(users, kind=throttled) >= 35%
//!   - p99(users) < 500ms
//! ```

use crate::model::Page;
use crate::plan::guards::RateLimit;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "rate_limit", page: include_str!("rate_limit.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Rate, Shape::Shared("rate_limit", &TABLE)]);

static TABLE: [FieldDoc; 2] = [
    FieldDoc::required("rate", Shape::Rate, "tokens that come in"),
    FieldDoc::optional("burst", Shape::Number, "what comes in a second, at least 1", "tokens that may be saved up"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<RateLimit> {
    if let Value::Scalar(..) = node.value {
        return values::read_rate(node, diags).map(|rate| RateLimit { rate, burst: rate.max(1.0) });
    }
    let fields = Fields::open(node, "`rate_limit`", &TABLE, diags);
    let rate = fields.rate("rate")?;
    let burst = fields.number("burst").unwrap_or(rate.max(1.0));
    if burst < 1.0 {
        fields.error("burst", "a burst below 1 lets nothing through").code("wrong-value");
    }
    Some(RateLimit { rate, burst })
}
