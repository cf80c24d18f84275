//! A certificate that runs out during the run, and is not renewed before.
//!
//! What it sees: a call with `tls` whose certificate expires within the run, and that no push replaces in time.
//!
//! The arithmetic: sessions that are open live on, so the share of failed requests is 1 - e^(-t / L) for sessions that live L in the mean: a slow ramp
//! that looks like a leak. Whoever restarts what fails makes it a step to all of them.
//!
//! The fix: renew at two thirds of the life, spread over the year, loaded without a restart; and an alarm on the days that are left of the certificate that is
//! served (`min(certificate(api)) < …`). It would have caught `certificate-expiry`.
//!
//! ```yaml
//! name: certificate-expiry-hazard
//! length: 120s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 50/s}
//! services:
//!   web: {calls: [{to: api, timeout: 1s, tls: {connections: 100, life: exp(60s), not_after: 100s}}]}
//!   api: {workers: 8, work: exp(20ms)}
//! expect:
//!   - success(users) >= 99% between 0s and 95s
//! variants:
//!   fixed: {title: Renewed in time, set: {faults.renewal: {kind: config, set: {services.web.calls.api.tls.not_after: 9000s}, at: 60s}}}
//! ```

use crate::hazards::{Finding, Review, Rule, present, structure, words};
use crate::plan::Part;

pub static RULE: Rule = Rule { code: "hazard/certificate-expiry", page: include_str!("certificate_expiry.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut found = Vec::new();
    for (id, edge) in structure::edges(plan) {
        let Some(tls) = &edge.tls else { continue };
        let Some(end) = tls.not_after.filter(|end| *end <= plan.length) else { continue };
        let then = present::edge(plan, id, end);
        if then.tls.as_ref().and_then(|tls| tls.not_after).is_none_or(|later| later > end) {
            continue;
        }
        let life = tls.life.mean();
        let ramp = match life > 0.0 && tls.connections > 0 {
            true => format!("as sessions of {} end, more and more calls fail", words::time(life)),
            false => "from then on every call fails".to_owned(),
        };
        let message = format!(
            "the certificate of {} for {} ends at {end}: {ramp}",
            plan.service(edge.to).name,
            plan.party_name(edge.from)
        );
        let help = "renew it before that, and watch the served one: `min(certificate(SERVICE)) < 20d` as an alert";
        found.push(Finding::at(Part::Edge(id), message, help));
    }
    found
}
