//! A line of the expectation language, kept as words: a plan with another knob has tables of its own, so the words are read again for each.
//! It judges nothing.

use crate::compile::expect::{self, ExpectError, Names};
use crate::plan::expectation::{Bound, Compare};
use crate::plan::{Expectation, Plan};

/// A condition, or a figure without a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    /// `file:line:column`.
    pub at: String,
    pub sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// `METRIC OP VALUE WINDOW`.
    Condition,
    /// `METRIC WINDOW`.
    Figure,
}

impl Line {
    /// As the judge evaluates it in a run of this plan. A figure is held against 0, so that only what was measured says something.
    pub fn on(&self, plan: &Plan) -> Result<Expectation, ExpectError> {
        let names = Names::of(plan);
        let (metric, compare, bound, window) = match self.sort {
            Sort::Condition => {
                let parsed = expect::parse(&self.text, &names)?;
                (parsed.metric, parsed.compare, parsed.bound, parsed.window)
            }
            Sort::Figure => {
                let (metric, window) = expect::parse_figure(&self.text, &names)?;
                (metric, Compare::GreaterOrEqual, Bound::Value(0.0), window)
            }
        };
        Ok(Expectation { text: self.text.clone(), place: self.at.clone(), metric, compare, bound, window })
    }

    /// A line of the scenario itself.
    pub fn of(line: &Expectation) -> Line {
        Line { text: line.text.clone(), at: line.place.clone(), sort: Sort::Condition }
    }
}
