//! An expectation that this run can never judge.
//!
//! What it sees: a percentile over a window in which fewer requests are made than it takes to judge one, with room for luck. Such a line is inconclusive in
//! every run, and so is the run.
//!
//! The arithmetic: a percentile q needs 10 / (1 - q) samples: 1,000 for p99, 10,000 for p99.9. There are rate x length of the window, and half of that
//! again as a surge may bring.
//!
//! The fix: a longer window, a higher rate, or a lower percentile. It would have caught lines of any incident written for a window that is too short.
//!
//! ```yaml
//! name: never-judged-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 10/s}
//! services:
//!   web: {workers: 8, work: exp(10ms)}
//! symptoms:
//!   - success(users) >= 99%
//! expect:
//!   - p99.9(users) <= 1s
//! variants:
//!   fixed: {title: A percentile that 600 requests can tell, expect: ["p95(users) <= 1s"]}
//! ```

use crate::base::{ClientId, EdgeId, ServiceId};
use crate::hazards::{Finding, Review, Rule, words};
use crate::plan::expectation::{Metric, Subject};
use crate::plan::{Arrivals, Effect, Part, Target};

pub static RULE: Rule = Rule { code: "hazard/never-judged", page: include_str!("never_judged.rs"), find };

/// Beyond the figures of calm weather: a crowd, retries, reloads.
const LUCK: f64 = 1.5;

fn find(review: &Review) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in review.plan.expectations.iter().enumerate() {
        let Metric::Quantile { of, quantile } = line.metric else { continue };
        let Some(rate) = rate(review, of) else { continue };
        let (window, needed) = (line.window.length().as_secs_f64(), 10.0 / (1.0 - quantile));
        let samples = rate * window;
        if samples * LUCK >= needed {
            continue;
        }
        let message = format!(
            "`{}` needs {} samples, and {} in {} makes {}",
            line.text,
            words::number(needed.round()),
            words::rate(rate),
            words::time(window),
            words::number(samples.round())
        );
        let help = format!(
            "a window of {} or more, a higher rate, or a lower percentile",
            words::time((needed / rate).ceil())
        );
        found.push(Finding::at(Part::Expectation(index), message, help));
    }
    found
}

/// Requests a second; `None` where a mean says little: crowds, surges, what was not asked in calm weather.
fn rate(review: &Review, of: Subject) -> Option<f64> {
    let plan = review.plan;
    let is_steady = |id: ClientId| {
        let surges = plan.schedule.iter().any(|step| {
            step.target == Target::Client(id) && matches!(step.effect, Effect::Surge { .. } | Effect::Set(_))
        });
        let client = plan.client(id);
        let even = match &client.arrivals {
            Arrivals::Open { points, .. } => points.len() == 1,
            Arrivals::Closed { .. } => true,
            _ => false,
        };
        even && !surges && client.reload.is_none() && client.pages.is_none()
    };
    let all_steady = (0..plan.clients.len()).all(|index| is_steady(ClientId::from(index)));
    let rate = match of {
        Subject::Client(id) if is_steady(ClientId(id)) => review.flow.edge(plan.client(ClientId(id)).edge),
        Subject::Service(id) if all_steady => review.flow.service(ServiceId(id)),
        Subject::Edge(id) if all_steady => review.flow.edge(EdgeId(id)),
        _ => return None,
    };
    (rate > 0.0).then_some(rate)
}
