//! A call that may take longer than whoever waits for it is willing to wait.
//!
//! What it sees: a call whose own time, by what is written of it (timeout x tries + pauses + second calls), is longer than the timeout of
//! the call above it. The caller above has gone, and the work goes on for nobody, holding a worker here and a place in the line below.
//!
//! The arithmetic: timeouts, tries and pauses along the path. Where the line below is bounded, so is the time: with at most N requests under way to a service that answers mu a second, the last of
//! them waits N / mu, and that counts instead if it is shorter. A caller that takes its work back (`on_timeout: cancel`) or passes its
//! `deadline` on is let off.
//!
//! The fix: a time below the caller's, a bound on the wait (`wait: 1s`), or so few workers that N / mu is below the caller's patience.
//! It would have caught `timeout-inversion` (proxies waited 5 s, workers 60 s, and 750 workers / 125/s = 6 s of them could stand in line)
//! and `ldap-124-seconds` (six tries with pauses of 124 s behind a log-in that waits 120 s).
//!
//! ```yaml
//! name: timeout-inversion-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s}
//! services:
//!   web: {workers: 400, calls: [{to: app, timeout: 5s}]}
//!   app: {workers: 20, work: exp(100ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: The inner call gives up first, set: {services.web.calls.app.timeout: 800ms}}
//! ```

use crate::base::Span;
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Edge, Part};

pub static RULE: Rule = Rule { code: "hazard/timeout-inversion", page: include_str!("timeout_inversion.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan).filter(|(_, edge)| !edge.mirror && !plan.is_delivery(edge)) {
        let Some(from) = structure::caller(edge) else { continue };
        let above = review.wires.inbound(from).map(|(_, above)| above).filter(|above| waits_in_vain(above));
        let Some((parent, patience)) =
            above.filter_map(|above| above.timeout.map(|time| (above, time))).min_by_key(|(_, time)| *time)
        else {
            continue;
        };
        let written = review.chains.lasts(id);
        let waits = review.longest_wait(id).filter(|_| review.capacity.rate(edge.to).is_finite());
        let longest = written.min(waits.unwrap_or(f64::INFINITY));
        if longest <= patience.as_secs_f64() * (1.0 + 1e-9) {
            continue;
        }
        let (caller, to) = (&plan.service(from).name, &plan.service(edge.to).name);
        let line = match waits {
            Some(bound) if bound < written => format!(", of which {} can pass in its line", words::time(bound)),
            _ => String::new(),
        };
        let message = format!(
            "{} waits {} for {caller}, and {caller} waits {} for {to}{line}",
            plan.party_name(parent.from),
            words::time(patience.as_secs_f64()),
            words::time(written)
        );
        found.push(Finding::at(Part::Edge(id), message, help(edge, patience)));
    }
    found
}

/// Does the work go on when this caller has left?
fn waits_in_vain(above: &Edge) -> bool {
    !above.cancel && above.deadline.is_none() && !above.mirror
}

fn help(edge: &Edge, patience: Span) -> String {
    match &edge.retry {
        Some(retry) if retry.max > 0 => {
            format!("let all tries and pauses together take less than {patience}, or bound the `wait`")
        }
        _ => format!("a `timeout` below {patience}, or a bound on the wait such as `wait: {}`", Span(patience.0 / 5)),
    }
}
