//! Several processes that make the load of one run together. This one holds the stage (stand-ins, proxies, processes, faults) and plays the first
//! share of the users; its children play the others against the same addresses, from the same moment on, and hand their recordings in at the end.
//!
//! A child leaves as soon as its standard input ends, so none outlives its runner. What is wrong with one ends the run and names it.

mod child;
mod helper;
mod order;

pub use child::generator_main;

use super::LiveOptions;
use super::drive::{Ending, Inbox};
use super::radius::Counts;
use super::stage::Stage;
use crate::base::ServiceId;
use crate::engine::Share;
use crate::live::{Ledger, Trouble};
use crate::plan::real::GENERATORS_MAX;
use crate::plan::{Edge, Party, Plan};
use crate::record::Recording;
use helper::Helper;
use nix::time::{ClockId, clock_gettime};
pub use order::Called;
use order::{Order, Written};
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// From the word to begin until the run begins.
const LEAD: Duration = Duration::from_millis(100);
/// How long the children have to hand in what they recorded, after the end and after a stop.
const REPORT_WITHIN: Duration = Duration::from_secs(10);
const STOP_WITHIN: Duration = Duration::from_millis(500);

/// The other processes of a run.
pub struct Generators {
    helpers: Vec<Helper>,
}

/// What one process hands in: its number, and what it recorded.
pub struct Part {
    pub turn: u32,
    pub recording: Recording,
    pub books: Written,
}

/// How many processes make the load: as many as were asked for, else as many as the scenario says.
pub fn count(plan: &Plan, asked: Option<u32>) -> u32 {
    asked.or(plan.real.generators).unwrap_or(1).max(1)
}

impl Generators {
    /// Starts all but the first and waits until they are ready; the stage says how each edge is called, and who keeps what it acknowledges.
    pub fn start(
        plan: &Plan,
        stage: &Stage,
        of: u32,
        options: &LiveOptions,
        ledger: Option<&Ledger>,
        inbox: &Inbox,
    ) -> Result<Generators, Trouble> {
        let runs: BTreeMap<ServiceId, u32> = stage.books.iter().map(|book| (book.service, book.acked.run())).collect();
        let mut helpers = Vec::new();
        for turn in 1..of {
            let order = Order::new(plan, Share { turn, of }, &stage.calls, &runs);
            helpers.push(Helper::start(&order, options.guardian.as_deref(), ledger, inbox)?);
        }
        helpers.iter_mut().try_for_each(Helper::wait_until_ready)?;
        Ok(Generators { helpers })
    }

    /// What each of them has said last of what it saw.
    pub fn seen(&self) -> Vec<Counts> {
        self.helpers.iter().map(Helper::seen).collect()
    }

    /// Tells all of them when the run begins, waits for that moment and gives it.
    pub fn begin(&mut self) -> Instant {
        if self.helpers.is_empty() {
            return Instant::now();
        }
        let (now, epoch) = (monotonic(), Instant::now() + LEAD);
        let at = now + LEAD;
        self.helpers.iter_mut().for_each(|helper| helper.begin(at));
        thread::sleep(epoch.saturating_duration_since(Instant::now()));
        epoch
    }

    /// Takes in what the others recorded. What is missing is trouble, unless the run had ended otherwise.
    pub fn collect(self, ending: &mut Option<Ending>) -> Vec<Part> {
        let within = match ending {
            None => REPORT_WITHIN,
            Some(_) => STOP_WITHIN,
        };
        let mut helpers = self.helpers;
        if ending.is_some() {
            helpers.iter_mut().for_each(Helper::stop);
        }
        let until = Instant::now() + within;
        let mut parts = Vec::new();
        for helper in helpers {
            let (turn, name) = (helper.turn, helper.name());
            match helper.hand_in(until) {
                Ok((recording, books)) => parts.push(Part { turn, recording, books }),
                Err(why) => {
                    ending.get_or_insert(Ending::Trouble(format!(
                        "{name} {why}, so its share of the figures is missing"
                    )));
                }
            }
        }
        parts
    }
}

/// Since when the kernel's clock runs that all processes share.
fn monotonic() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}

/// What of a plan only one process can play, in plain words.
pub fn problems(plan: &Plan, generators: u32) -> Vec<String> {
    if generators <= 1 {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if generators > GENERATORS_MAX {
        problems.push(format!("{generators} generators are too many; at most {GENERATORS_MAX} can share a run"));
    }
    let mut refuse = |what: String| {
        problems.push(format!("{what}; play it with one generator (leave out `generators`)"));
    };
    for control in &plan.controls {
        refuse(format!("control `{}` would see only a share of the users", control.name));
    }
    for client in &plan.clients {
        use crate::plan::Arrivals::{Fleet, Herd};
        if client.pages.is_some() || matches!(client.arrivals, Herd(_) | Fleet(_)) {
            let what = "a herd, a fleet or open pages cannot be divided among processes";
            refuse(format!("client `{}`: {what}", client.name));
        }
    }
    for edge in plan.edges.iter().filter(|edge| matches!(edge.from, Party::Client(_))) {
        for what in shared_by_all_callers(edge) {
            refuse(format!("`{}`: its {what} would be kept by each process for itself", edge.name));
        }
    }
    problems
}

/// What a reader should know of a run that several processes share.
pub fn warning(plan: &Plan, generators: u32) -> Option<String> {
    (generators > 1 && !plan.stop_if.is_empty()).then(|| {
        format!("`stop_if` watches the first of {generators} processes, which makes one {generators}th of the users' requests")
    })
}

/// What all users of an edge have in common, and so must be in one place.
fn shared_by_all_callers(edge: &Edge) -> Vec<&'static str> {
    let parts = [
        (!edge.guards.is_empty(), "guards (breaker, limits)"),
        (edge.pool.is_some(), "`pool`"),
        (edge.bulkhead.is_some(), "`bulkhead`"),
        (edge.retry.as_ref().is_some_and(|retry| retry.budget.is_some()), "retry budget"),
        (edge.miss.is_some(), "`miss` path"),
        (edge.eject.is_some(), "`eject` list"),
        (edge.wait.is_some(), "`wait`"),
        (edge.cancel, "`cancel`"),
    ];
    parts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, what)| what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Bulkhead, fixture};

    #[test]
    fn what_cannot_be_divided_is_refused_in_words_and_only_then() {
        let mut plan = fixture::chain(10.0, &[1.0, 1.0]);
        assert!(problems(&plan, 3).is_empty());
        plan.edges[1].cancel = true;
        assert!(problems(&plan, 3).is_empty(), "services are played by one process");
        plan.edges[0].bulkhead = Some(Bulkhead::UNBOUNDED);
        assert!(problems(&plan, 1).is_empty());
        let words = problems(&plan, 3).join("\n");
        assert!(words.contains("`users->s0`: its `bulkhead` would be kept by each process for itself"), "{words}");
        assert_eq!(problems(&plan, 1000).len(), 2);
    }
}
