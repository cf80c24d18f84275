//! Retries without a pause, or with the same pause for all, and without a budget.
//!
//! What it sees: more than one try a second of a call whose retries are neither spread (a `backoff` with `jitter`) nor bounded (a
//! `budget`), and which try again after failures that tell of too much load (timeouts, errors, rejections). Another try at once after a
//! refused or broken connection goes to another replica, and is let off.
//!
//! The arithmetic: those that failed in the same moment come again in the same moment, k retries within k pauses of equal length:
//! a blip of one second at r requests a second returns as a spike of r x pause-less tries. With full jitter over a pause p they come
//! at r / p.
//!
//! The fix: `backoff: {base: 100ms, jitter: full}` and a `budget`. Jitter alone does not end an overload (`retry-storm`), it keeps callers from
//! making one together. It would have caught `retry-storm` and `retries-multiply`, whose retries come at once. Source: Brooker,
//! "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
//!
//! ```yaml
//! name: retries-in-step-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: api, timeout: 1s, retries: {max: 2, backoff: {base: 100ms}}}, rate: 20/s}
//! services:
//!   api: {workers: 20, work: exp(20ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: Each waits for a random part of its pause, set: {clients.users.calls.retries.backoff.jitter: full}}
//! ```

use crate::base::{ErrorKind, Span};
use crate::hazards::{Finding, Review, Rule, chains, structure, words};
use crate::plan::Part;

pub static RULE: Rule = Rule { code: "hazard/retries-in-step", page: include_str!("retries_in_step.rs"), find };

/// Requests a second below which callers hardly meet.
const FEW: f64 = 1.0;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let Some(retry) = edge.retry.as_ref().filter(|retry| retry.max > 0) else { continue };
        let again = retry.on.iter().any(|kind| is_overload(*kind));
        if retry.budget.is_some() || chains::are_spread(retry) || !again || review.flow.edge(id) <= FEW {
            continue;
        }
        let pause = match retry.backoff.base {
            Span::ZERO => "at once".to_owned(),
            base => format!("after the same {base}"),
        };
        let message = format!(
            "{} calls a second of {} are tried again {pause}, up to {}, all together",
            words::number(review.flow.edge(id)),
            edge.name,
            times(retry.max)
        );
        found.push(Finding::at(Part::Edge(id), message, "`backoff: {base: 100ms, jitter: full}`, and `budget: 10%`"));
    }
    found
}

/// Kinds of failure that tell of too much load, so that another try at once is more of it.
fn is_overload(kind: ErrorKind) -> bool {
    use ErrorKind::{Error, Rejected, Shed, Throttled, Timeout, WaitTimeout};
    matches!(kind, Timeout | WaitTimeout | Rejected | Error | Throttled | Shed)
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
