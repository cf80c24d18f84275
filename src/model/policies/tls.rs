//! The sessions of a call, and the certificate that a new one needs.
//!
//! Each request goes over one of `connections` sessions, at random. A session lives as long as `life` draws, and is then made anew; that
//! needs a certificate which the caller's clock takes for valid, or fails with `untrusted`. So after an expiry nothing happens at first:
//! with lives of mean τ the share of errors grows as 1 - exp(-t/τ), 63% after τ, unless somebody restarts something: sessions with a
//! replica that crashes (at either end) end at once. `not_after` is the moment of expiry; `age` is how long before the start of the
//! run the certificate was issued, which matters to a clock that is behind (fault `clock-skew`).
//! `certificate(SERVICE)` is what is left of the certificate that a service shows, as a probe of the served one would tell:
//! `min(certificate(api)) >= 30s between 10s and 60s`, or an alert on `certificate(api) < 60s`.
//!
//! ```yaml
//! name: tls-example
//! length: 400s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: api, timeout: 1s, tls: {connections: 200, life: exp(100s), not_after: 100s}}, rate: 50/s}
//! services:
//!   api: {work: exp(5ms)}
//! faults:
//!   restart: {kind: restart, on: api, at: 250s}
//! expect:
//!   - success(users) >= 100% between 10s and 100s
//!   - errors(users, kind=untrusted) >= 50% between 190s and 210s
//!   - errors(users, kind=untrusted) <= 75% between 190s and 210s
//!   - errors(users, kind=untrusted) >= 99% between 260s and 400s
//!   - last(certificate(api)) == 80s between 10s and 20s
//!   - max(certificate(api)) <= 0s between 101s and 400s
//! ```

use crate::base::{Dist, Time};
use crate::model::Page;
use crate::plan::Tls;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "tls", page: include_str!("tls.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("tls", &TABLE);

static TABLE: [FieldDoc; 4] = [
    FieldDoc::optional("connections", Shape::Count, "100", "sessions kept open"),
    FieldDoc::required("life", Shape::Dist, "how long a session lives"),
    FieldDoc::optional("age", Shape::Span, "long", "how long before the start the certificate was issued"),
    FieldDoc::optional("not_after", Shape::Span, "after the end", "when in the run it expires"),
];

const CONNECTIONS_MAX: u64 = 1_000_000;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Tls> {
    let fields = Fields::open(node, "`tls`", &TABLE, diags);
    let life: Dist = fields.dist("life")?;
    if !life.mean().is_finite() || life.mean() <= 0.0 {
        fields.error("life", "sessions need a mean life above 0 that is finite").code("wrong-value");
        return None;
    }
    let connections = fields.count("connections").unwrap_or(100);
    if connections == 0 || connections > CONNECTIONS_MAX {
        fields.error("connections", format!("must be 1 to {CONNECTIONS_MAX}")).code("wrong-value");
        return None;
    }
    let not_after = fields.span("not_after").map(|span| Time(span.0));
    Some(Tls { connections: connections as u32, life, age: fields.span("age"), not_after, skew_ns: 0 })
}
