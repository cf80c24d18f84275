//! Reads from copies that fall behind as soon as more is written.
//!
//! What it sees: a database whose reads may be answered by copies, that apply writes at less than twice the usual rate, for callers who do not read what they
//! wrote from the leader (`own_reads`).
//!
//! The arithmetic: copies apply a a second; at w writes a second more than that the lag grows by w / a - 1 seconds a second, and a peak of D seconds is gone
//! only after (w - a) D / (a - usual). More copies do not help: each of them applies a.
//!
//! The fix: read what was written recently from the leader (`own_reads: 2m`), or apply in parallel. It would have caught `write-runway` (75/s usual, 120/s
//! applied, a peak of 308).
//!
//! ```yaml
//! name: replica-lag-hazard
//! length: 60s
//! clients:
//!   authors: {calls: web, rate: 75/s, keys: {count: 10000}}
//! services:
//!   web: {calls: [{to: db, write: true}, {to: db, name: read-back}]}
//!   db: {kind: database, replicas: 3, work: 1ms, lag: 1ms, apply: 120/s, reads: followers}
//! expect:
//!   - success(authors) >= 99%
//! variants:
//!   fixed: {title: One's own writes are read from the leader, set: {services.db.own_reads: 2m}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::database::Reads;
use crate::plan::{Part, Role};

pub static RULE: Rule = Rule { code: "hazard/replica-lag", page: include_str!("replica_lag.rs"), find };

/// Times the usual rate that copies should be able to apply.
const ROOM: f64 = 2.0;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for id in structure::services(plan) {
        let service = plan.service(id);
        let Role::Database(spec) = &service.role else { continue };
        let Some(apply) = spec.apply_per_sec else { continue };
        let writes: f64 =
            review.wires.inbound(id).filter(|(_, edge)| edge.write).map(|(call, _)| review.flow.edge(call)).sum();
        let reads_copies = matches!(spec.reads, Reads::Any | Reads::Followers);
        if service.replicas < 2 || !reads_copies || spec.own_reads.is_some() || writes == 0.0 || apply >= ROOM * writes
        {
            continue;
        }
        let message = format!(
            "copies of {} apply {} of {} that are written: at {} times as many, what is read is old, and gets older",
            service.name,
            words::rate(apply),
            words::rate(writes),
            words::number(apply / writes)
        );
        let help = "`own_reads: 2m` reads what was just written from the leader; or copies that apply in parallel";
        found.push(Finding::at(Part::Service(id), message, help));
    }
    found
}
