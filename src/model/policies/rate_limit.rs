//! A rate limit, on a call or on a service: a token bucket that turns away what is too much with `throttled` (HTTP 429).
//!
//! Each request takes a token; `rate` of them come in a second, and at most `burst` are saved up. On a call it limits all callers of the
//! edge together, before anything is sent. On a service it limits all replicas together, at the door, before the queue.
//!
//! With `per: key` each key has a bucket of its own, as an object store limits the writes to one object and an API gateway what one
//! tenant may ask (RFC 6585: "how the user is identified" is the server's choice). Users choose keys by `keys`; who asks for no key asks
//! for key 0. A list holds one limit for all and one for each key; a request needs a token of both, and takes both or none.
//!
//! ```yaml
//! name: rate-limit-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: 200/s, keys: {count: 10000}}
//!   one-tenant: {calls: {to: api, timeout: 1s}, rate: 20/s, keys: {count: 1}}
//! services:
//!   api:
//!     workers: 10
//!     work: exp(50ms)
//!     rate_limit: [{rate: 120/s, burst: 20}, {rate: 1/s, burst: 2, per: key}]
//! expect:
//!   - errors(users, kind=throttled) >= 35%
//!   - errors(one-tenant, kind=throttled) >= 90%
//!   - goodput(one-tenant) <= 1.1/s
//!   - p99(users) < 500ms
//! ```

use crate::model::Page;
use crate::plan::guards::RateLimit;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "rate_limit", page: include_str!("rate_limit.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Rate, ONE, Shape::List(&ONE)]);

const ONE: Shape = Shape::Shared("rate_limit", &TABLE);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::required("rate", Shape::Rate, "tokens that come in"),
    FieldDoc::optional("burst", Shape::Number, "what comes in a second, at least 1", "tokens that may be saved up"),
    FieldDoc::optional(
        "per",
        Shape::Choice(&["all", "key"]),
        "all",
        "one bucket for all requests, or one for each key",
    ),
];

/// The limits of a place: at most one for all requests, and one for each key.
pub fn read(node: &Node, diags: &Diagnostics) -> Vec<RateLimit> {
    let Value::List(nodes) = &node.value else { return read_one(node, diags).into_iter().collect() };
    let mut limits: Vec<RateLimit> = Vec::new();
    for node in nodes {
        let Some(limit) = read_one(node, diags) else { continue };
        if limits.iter().any(|other| other.per_key == limit.per_key) {
            let note = diags.error(node.place, "there is such a limit already");
            note.help("one for all requests, and one with `per: key`").code("wrong-value");
        }
        limits.push(limit);
    }
    limits
}

fn read_one(node: &Node, diags: &Diagnostics) -> Option<RateLimit> {
    if let Value::Scalar(..) = node.value {
        return values::read_rate(node, diags).map(|rate| RateLimit { rate, burst: rate.max(1.0), per_key: false });
    }
    let fields = Fields::open(node, "`rate_limit`", &TABLE, diags);
    let rate = fields.rate("rate")?;
    let burst = fields.number("burst").unwrap_or(rate.max(1.0));
    if burst < 1.0 {
        fields.error("burst", "a burst below 1 lets nothing through").code("wrong-value");
    }
    Some(RateLimit { rate, burst, per_key: fields.choice("per") == Some("key") })
}
