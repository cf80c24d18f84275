//! New values for anything in the scenario: a config push, a feature flag, a lever that an operator pulls.
//!
//! `set` names values by their paths, as a variant does: `services.db.workers: 4`, `services.web.calls.db.timeout: 50ms`,
//! `clients.users.rate: 20/s`. They hold from `at` on and are taken back when the fault is healed; without `for` they stay. What is
//! under way keeps what it began with; everything decided later is decided by the new values. Pushes that overlap are laid over one
//! another in the order in which they began. A push cannot add or remove services, clients or calls: a call is turned off with
//! `chance: 0%`.
//!
//! - **Simulated world**: services, calls and clients take the new values at that moment.
//! - **Live world**: stand-ins, callers' policies and the load take them; a real process keeps its own settings, so a push on one is
//!   refused before the run.
//! - **Undo**: the values come back.
//! - **Evidence**: services, calls and clients whose values changed. A push that changes nothing did not happen.
//!
//! ```yaml
//! name: config-example
//! length: 40s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {workers: 16, work: exp(5ms), calls: [{to: db, timeout: 500ms}]}
//!   db: {workers: 8, work: exp(20ms)}
//! faults:
//!   bad-push: {kind: config, set: {services.web.calls.db.timeout: 5ms, services.db.workers: 2}, at: 10s, for: 10s}
//! expect:
//!   - success(users) <= 60% during bad-push
//!   - success(users) >= 99% between 25s and 40s
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::scenario::overlay::Setting;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "config",
    page: include_str!("config.rs"),
    acts_on: ActsOn::Anything,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[FieldDoc::required("set", Shape::MapOf(&Shape::Any), "paths and their new values")];

fn lower(fields: &Fields, _: &Site) -> Option<Lowered> {
    let mut changes = Vec::new();
    for entry in fields.entries("set") {
        if !entry.key.starts_with("services.") && !entry.key.starts_with("clients.") {
            let note = fields.diags().error(entry.key_place, "only values of `services` and `clients` can be pushed");
            note.help("such as `services.db.workers: 4`").code("bad-path");
            continue;
        }
        let (path, path_place, value) = (entry.key.clone(), entry.key_place, entry.value.clone());
        changes.push(Change::Setting(Setting { path, path_place, value }));
    }
    if changes.is_empty() {
        fields.error("set", "nothing is pushed").help("such as `set: {services.db.workers: 4}`").code("wrong-value");
        return None;
    }
    let paths: Vec<&str> = fields.entries("set").iter().map(|entry| entry.key.as_str()).collect();
    Some(Lowered::changes(format!("push of {}", paths.join(", ")), changes))
}
