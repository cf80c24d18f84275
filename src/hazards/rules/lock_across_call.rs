//! A lock that is held while something else is waited for.
//!
//! What it sees: a lock around a call, that is asked for so often that it is held for a tenth of the time or more, in all replicas together.
//!
//! The arithmetic: a lock that is held for h lets 1 / h through a second, however many machines there are. Around a call h is the time of the call: when
//! it takes k times as long, the lock is held for k times the share of the time, and at 1 everything behind it stands, with idle processors.
//!
//! The fix: ask first, and hold the lock only to write down the answer; a `timeout` on the lock keeps the line short and lets no more
//! through. It would have caught `lock-held-across-slow-query` (30/s x 20 ms = 0.6: a query that takes 1.7 times as long stops it).
//!
//! ```yaml
//! name: lock-across-call-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: app, timeout: 5s}, rate: 15/s}
//! services:
//!   app: {calls: [{lock: accounts, calls: [{to: db, timeout: 1s}]}]}
//!   db: {work: 20ms}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed:
//!     title: The lock is held only to write down the answer
//!     set: {services.app.calls: [{to: db, timeout: 1s}, {lock: accounts, calls: [{work: 1ms}]}]}
//! ```

use crate::base::{EdgeId, ServiceId};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Op, Part};

pub static RULE: Rule = Rule { code: "hazard/lock-across-call", page: include_str!("lock_across_call.rs"), find };

/// The share of the time for which a lock is held.
const HELD: f64 = 0.1;

/// One stretch of a service's steps with the lock held.
struct Stretch {
    service: ServiceId,
    /// Seconds, when all is well.
    hold: f64,
    call: Option<EdgeId>,
}

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (index, name) in plan.locks.iter().enumerate() {
        let stretches: Vec<Stretch> =
            structure::services(plan).filter_map(|service| stretch(review, service, index as u32)).collect();
        let held: f64 = stretches.iter().map(|one| review.flow.service(one.service) * one.hold).sum();
        let Some((first, call)) = stretches.iter().find_map(|one| one.call.map(|call| (one, call))) else { continue };
        if held < HELD {
            continue;
        }
        let called = &plan.service(plan.edge(call).to).name;
        let message = format!(
            "the lock {name} is held for {} while {called} is waited for: {} at most, and it is held for {} of the time",
            words::time(first.hold),
            words::rate(1.0 / first.hold),
            words::share(held)
        );
        let help = format!(
            "hold it only for what it protects; with {called} {} times as slow everything stands",
            words::number(1.0 / held)
        );
        found.push(Finding::at(Part::Edge(call), message, help));
    }
    found
}

/// For how long a service holds the lock in a request, and the first call that it makes meanwhile.
fn stretch(review: &Review, service: ServiceId, wanted: u32) -> Option<Stretch> {
    let program = &review.plan.service(service).program;
    let from = program.iter().position(|op| matches!(op, Op::Lock { lock, .. } if *lock == wanted))?;
    let steps = program[from..].iter().take_while(|op| !matches!(op, Op::Unlock(lock) if *lock == wanted));
    let mut one = Stretch { service, hold: 0.0, call: None };
    for op in steps {
        one.hold += review.capacity.step(review.plan, op);
        if let Op::Call(id) = op {
            one.call = one.call.or(Some(*id));
        }
    }
    Some(one)
}
