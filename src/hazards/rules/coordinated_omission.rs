//! A percentile of callers who stop asking when it gets slow.
//!
//! What it sees: a percentile expected of clients in a closed loop (`users`), each of which asks so quickly that one stall of the service, however long, is one
//! slow sample a user, too few for the percentile to notice.
//!
//! The arithmetic: each user makes length / (think + answer) samples, of which a stall spoils one: a share of (think + answer) / length. Below 1 - q the percentile
//! q does not move. Users who come at a rate would have met the stall at every moment of it.
//!
//! The fix: an open loop (`rate:`), whose latency counts from the moment at which a request should have been sent; or so many users, who think so long, that they are
//! nearly one. It would have caught `coordinated-omission`. Source: Tene, "How NOT to Measure Latency", 2013.
//!
//! ```yaml
//! name: coordinated-omission-hazard
//! length: 60s
//! clients:
//!   bench: {calls: api, users: 1, think: 9ms}
//! services:
//!   api: {workers: 16, work: 1ms}
//! expect:
//!   - p99(bench) <= 20ms
//! variants:
//!   fixed: {title: At a rate, set: {clients.bench: {users: null, think: null, rate: 100/s}}}
//! ```

use crate::base::{ClientId, Time};
use crate::hazards::{Finding, Review, Rule, words};
use crate::plan::expectation::{Metric, Subject};
use crate::plan::{Arrivals, Part};

pub static RULE: Rule =
    Rule { code: "hazard/coordinated-omission", page: include_str!("coordinated_omission.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found: Vec<Finding> = Vec::new();
    for line in &plan.expectations {
        let Metric::Quantile { of: Subject::Client(id), quantile } = line.metric else { continue };
        let client = plan.client(ClientId(id));
        let Arrivals::Closed { users, think, .. } = &client.arrivals else { continue };
        let turn = think.mean() + review.capacity.call(plan, client.edge);
        let spoilt = turn / plan.length.since(Time::ZERO).as_secs_f64();
        let part = Part::Client(ClientId(id));
        if spoilt >= 1.0 - quantile || found.iter().any(|known| known.part == part) {
            continue;
        }
        let message = format!(
            "`{}` asks {users} user(s) who wait for each answer: a stall, however long, is {} of their samples",
            line.text,
            words::share(spoilt)
        );
        found.push(Finding::at(part, message, "let them come at a `rate`, whatever was answered"));
    }
    found
}
