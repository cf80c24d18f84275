//! An alarm that is silent when nothing is measured.
//!
//! What it sees: an alert on what a component reports of itself (`reported.…`) that takes missing readings for good ones. The component that cannot report is
//! the one in trouble; a metric that was renamed is missing for ever.
//!
//! The arithmetic: none. A percentage of nothing is nothing.
//!
//! The fix: `missing: fires`, or an alert on what users get, beside it. It would have caught `silent-monitoring-migration`, whose rules asked for names that
//! were no longer stored.
//!
//! ```yaml
//! name: silent-alert-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 50/s}
//! services:
//!   web: {work: 10ms}
//! alerts:
//!   errors: {when: reported.errors(web) > 5%, for: 10s}
//! expect:
//!   - fires(errors) == 0
//! variants:
//!   fixed: {title: No readings are a reason to wake somebody, set: {alerts.errors.missing: fires}}
//! ```

use crate::hazards::{Finding, Review, Rule};
use crate::plan::Part;
use crate::plan::expectation::Metric;

pub static RULE: Rule = Rule { code: "hazard/silent-alert", page: include_str!("silent_alert.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let alerts = review.plan.alerts.iter().enumerate();
    let silent = alerts.filter(|(_, alert)| !alert.missing_fires && matches!(alert.metric, Metric::Reported { .. }));
    let told = silent.map(|(index, alert)| {
        let message = format!("{} says nothing while there is nothing to read: `{}`", alert.name, alert.text);
        Finding::at(Part::Alert(index), message, "`missing: fires`, or an alert on what users get beside it")
    });
    told.collect()
}
