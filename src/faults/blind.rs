//! Monitoring loses sight of a service: the service works, and nobody is told how.
//!
//! What it reports (`reported.…`) is missing while the fault lasts, so alerts on it see nothing; what users get is as it was. Most
//! rules take missing data for good news, some automation takes it for death: say which with `missing` of an alert.
//!
//! - **Simulated world**: the service's own figures are hidden from `reported.` metrics and from alerts.
//! - **Live world**: the same; nothing is done to any process.
//! - **Undo**: it is seen again.
//! - **Evidence**: services hidden.
//!
//! ```yaml
//! name: blind-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {workers: 8, work: exp(5ms)}
//! faults:
//!   renamed: {kind: blind, on: web, at: 20s, for: 30s}
//!   burst: {kind: errors, on: web, share: 20%, at: 30s, for: 15s}
//! alerts:
//!   web-errors: {when: "reported.errors(web) > 5%", for: 5s}
//!   user-errors: {when: "errors(users) > 5%", for: 5s}
//! expect:
//!   - fires(web-errors) == 0
//!   - fires(user-errors) within 10s of burst
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields};

pub const KIND: FaultKind = FaultKind {
    name: "blind",
    page: include_str!("blind.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[];

fn lower(_: &Fields, site: &Site) -> Option<Lowered> {
    Lowered::one("hidden from monitoring".to_owned(), site.service().0, Effect::Blind)
}
