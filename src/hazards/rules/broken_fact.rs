//! An expectation that is broken already, before anything is played.
//!
//! What it sees: a line of `expect:` that asks facts of the scenario (`overlap`, `missing`, `combinations`, `cut_points`, `cyclic`, …) and does not
//! hold. It needs no run, so it can stand at the door of a deploy.
//!
//! The arithmetic: that of the question: sets, products, ways in a graph.
//!
//! The fix: what the line asks for. It would have caught `one-user-erased` (a new route takes a user's name), `silent-monitoring-migration` (rules for series
//! that are not stored), `tag-explosion` (50 x 40 x 5 x 600 series) and `dns-full-push` (a zone without its twenty records).
//!
//! ```yaml
//! name: broken-fact-hazard
//! length: 30s
//! clients:
//!   users: {calls: site, rate: 10/s}
//! services:
//!   site: {work: 5ms}
//! facts:
//!   sets: {new-routes: [/flash], people: [/ada, /flash]}
//! symptoms:
//!   - overlap(new-routes, people) == 1
//! expect:
//!   - overlap(new-routes, people) == 0
//! variants:
//!   fixed: {title: Another name for the page, set: {facts.sets.new-routes: [/quick]}}
//! ```

use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::Part;
use crate::plan::expectation::{Bound, Compare, Metric};

pub static RULE: Rule = Rule { code: "hazard/broken-fact", page: include_str!("broken_fact.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in review.plan.expectations.iter().enumerate() {
        let (Metric::Fact { value, found: things }, Bound::Value(bound)) = (&line.metric, &line.bound) else {
            continue;
        };
        if holds(*value, line.compare, *bound) {
            continue;
        }
        let named = structure::listed(things.iter().map(String::as_str));
        let named = if named.is_empty() { String::new() } else { format!(": {named}") };
        let message = format!("`{}` is broken without a run: it is {}{named}", line.text, words::number(*value));
        found.push(Finding::at(
            Part::Expectation(index),
            message,
            "change what the facts tell of, or the facts if they are wrong",
        ));
    }
    found
}

fn holds(value: f64, compare: Compare, bound: f64) -> bool {
    match compare {
        Compare::Less => value < bound,
        Compare::LessOrEqual => value <= bound,
        Compare::Greater => value > bound,
        Compare::GreaterOrEqual => value >= bound,
        Compare::Equal => value == bound,
    }
}
