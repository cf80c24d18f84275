//! Hazards: what a Plan shows to be dangerous without being played. One file a rule under `rules/`, whose head is its manual page. A rule
//! reads the Plan and says where, with which figures, and what would help. It knows no scenario text, plays nothing, and judges no run.
//!
//! Adding a rule: one file in `rules/` (its `//!` head is its manual page with one example: the base has the hazard and no other, the
//! variant `fixed` has none) and its line in [`RULES`].

mod bursts;
mod capacity;
mod chains;
mod flow;
mod lines;
mod misses;
mod present;
mod rules;
mod structure;
mod words;

pub use rules::RULES;

use crate::plan::{Part, Plan};
use capacity::Capacity;
use chains::Chains;
use flow::Flow;
use lines::Crowding;
use structure::Wires;

/// One hazard that can be looked for.
#[derive(Debug)]
pub struct Rule {
    /// `hazard/` and its name.
    pub code: &'static str,
    /// The source of the rule's own file; its `//!` head is the manual page.
    pub page: &'static str,
    find: fn(&Review) -> Vec<Finding>,
}

/// A hazard that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub code: &'static str,
    /// What it is about.
    pub part: Part,
    /// With the figures.
    pub message: String,
    /// What would end it.
    pub help: String,
}

/// A Plan with what can be computed of it before anybody asks.
struct Review<'a> {
    plan: &'a Plan,
    wires: Wires<'a>,
    capacity: Capacity,
    chains: Chains,
    crowding: Crowding,
    /// In the mean over the run, when nothing fails.
    flow: Flow,
}

const PREFIX: &str = "hazard/";

impl Rule {
    pub fn name(&self) -> &'static str {
        self.code.strip_prefix(PREFIX).unwrap_or(self.code)
    }
}

impl Finding {
    fn at(part: Part, message: String, help: impl Into<String>) -> Finding {
        Finding { code: "", part, message, help: help.into() }
    }
}

/// The rule of this name, with or without `hazard/` before it.
pub fn named(name: &str) -> Option<&'static Rule> {
    let name = name.strip_prefix(PREFIX).unwrap_or(name);
    RULES.iter().copied().find(|rule| rule.name() == name)
}

/// Everything that any rule finds, in the order of the rules; accepted ones too.
pub fn review(plan: &Plan) -> Vec<Finding> {
    let review = Review::of(plan);
    let of_rule = |rule: &&'static Rule| (rule.find)(&review).into_iter().map(|one| Finding { code: rule.code, ..one });
    RULES.iter().flat_map(of_rule).collect()
}

impl Review<'_> {
    fn of(plan: &Plan) -> Review<'_> {
        let wires = Wires::of(plan);
        let capacity = Capacity::of(plan, &wires);
        let rates = flow::rates(plan, &capacity);
        let flow = flow::spread(plan, &wires, &rates, |_| 1.0);
        let (chains, crowding) = (Chains::of(plan, &wires), Crowding::of(plan, &wires));
        Review { plan, wires, capacity, chains, crowding, flow }
    }
}
