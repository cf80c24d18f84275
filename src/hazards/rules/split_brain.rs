//! Two leaders at a time.
//!
//! What it sees: a replicated database that chooses another leader without a majority, or whose old leader may go on taking writes (no fencing); and copies
//! whose number has no majority when they are cut in two.
//!
//! The arithmetic: with n copies a majority is n / 2 + 1, rounded down. Two copies cut apart are one and one: either both may lead, or neither. What both
//! took has to be thrown away on one side: share x rate x time.
//!
//! The fix: a third vote, `majority: true`, `fencing: true` (a lease that the old leader gives up by its own clock). It would have caught
//! `drbd-split-brain-and-replay` (two copies, no fence: 5,160 writes on the wrong side in 43 s).
//!
//! ```yaml
//! name: split-brain-hazard
//! length: 60s
//! clients:
//!   writers: {calls: {to: db, timeout: 30s, write: true}, rate: 20/s, keys: {count: 1000}}
//! services:
//!   db: {kind: database, replicas: 3, work: 1ms, lag: 1ms, failover: {lease: 2s, election: 1s, majority: false, fencing: false}}
//! expect:
//!   - success(writers) >= 99%
//! variants:
//!   fixed: {title: A majority and a fence, set: {services.db.failover: {majority: true, fencing: true}}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure};
use crate::plan::database::Fencing;
use crate::plan::{Part, Role};

pub static RULE: Rule = Rule { code: "hazard/split-brain", page: include_str!("split_brain.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let Role::Database(spec) = &service.role else { continue };
        let Some(failover) = spec.failover.filter(|_| service.replicas > 1) else { continue };
        let why = match (failover.majority, failover.fencing) {
            (false, Fencing::None) => "a copy that hears nothing makes itself leader, and the old one goes on",
            (false, _) => "a copy that hears nothing makes itself leader",
            (true, Fencing::None) => "the old leader goes on when another one was chosen",
            _ => continue,
        };
        let message = format!("{} has {} copies, and {why}: both take writes", service.name, service.replicas);
        let help = "`majority: true` with three copies or more, and `fencing: true`";
        found.push(Finding::at(Part::Service(id), message, help));
    }
    found
}
