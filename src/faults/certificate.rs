//! A service shows a certificate that its callers must not take: expired, not yet valid, for another name, or of an unknown authority.
//!
//! As with `expire`, sessions that are open live on (`tls` on the call), and new ones fail with `untrusted`.
//!
//! - **Simulated world**: an attempt that needs a new session fails; a call without `tls` makes one for every request.
//! - **Live world**: new connections over the edge meet the fault proxy, which ends TLS itself and shows such a certificate, made on the
//!   spot: of the run's own authority where the service has `tls: true`, otherwise of one that nobody knows. Who checks it hangs up; who
//!   does not is connected on to the server, over a session of the proxy's own, and nothing fails. Sessions that are open pass the
//!   proxy as they are. The edge leads to a service with `tls: true`, or is one between real processes. firedrill's own callers check
//!   the certificate, and make a session for every request while the fault lasts if the call has no `tls`. No privilege is needed.
//! - **Undo**: new connections reach the server again.
//! - **Evidence**: handshakes that failed, and sessions that were hung up without a word.
//!
//! ```yaml
//! name: certificate-example
//! length: 120s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: api, timeout: 1s, tls: {connections: 200, life: exp(30s)}}, rate: 50/s}
//! services:
//!   api: {work: exp(5ms)}
//! faults:
//!   renamed: {kind: certificate, on: api, is: wrong-name, at: 40s, for: 60s}
//! expect:
//!   - errors(users, kind=untrusted) <= 25% between 40s and 45s
//!   - errors(users, kind=untrusted) >= 70% between 90s and 100s
//!   - success(users) >= 99% between 100s and 120s
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::{Effect, Untrusted};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "certificate",
    page: include_str!("certificate.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[FieldDoc::optional(
    "is",
    Shape::Choice(&["expired", "not-yet-valid", "wrong-name", "unknown-ca"]),
    "expired",
    "what is wrong with it",
)];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let edges = site.calls(fields)?;
    let (word, wrong) = match fields.choice("is") {
        Some("not-yet-valid") => ("not yet valid", Untrusted::NotYetValid),
        Some("wrong-name") => ("for another name", Untrusted::WrongName),
        Some("unknown-ca") => ("of an unknown authority", Untrusted::UnknownCa),
        _ => ("expired", Untrusted::Expired),
    };
    let targets: Vec<_> = edges.into_iter().map(crate::plan::Target::Edge).collect();
    Lowered::on_each(format!("certificate {word}"), &targets, &Effect::Certificate(wrong))
}
