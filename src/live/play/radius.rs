//! The blast radius while a live run goes on: what a fault really touched, against what passed since it began. What a fault says of itself
//! was held against the limits before the run; a fault that takes the first so many, or a protocol that sends more than was thought,
//! shows only here. It stops nothing itself.

use super::wire::LiveWire;
use crate::base::{FaultId, Time};
use crate::engine::Engine;
use crate::plan::{Limits, Plan, Target};
use crate::record::Recorder;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A share of fewer than this says nothing.
const PASSED_MIN: u64 = 20;
/// Shares that are drawn spread; so many standard deviations above the limit are no chance (one in 700 looks is still taken for one).
const DEVIATIONS: f64 = 3.0;

pub struct Radius {
    limits: Limits,
    lying: Vec<Lying>,
}

/// A fault on an edge.
struct Lying {
    fault: FaultId,
    edge: usize,
    from: Time,
    /// What had passed and was touched when it began.
    base: Option<Seen>,
    /// The latest look, until the books are closed that far.
    pending: Option<(Time, Seen)>,
}

/// What one of several processes that make the load has seen so far: the proxies stand in the runner, the callers in all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests are counted up to this moment.
    until: Time,
    /// By edge.
    attempts: Vec<u64>,
    /// By fault.
    touched: Vec<BTreeMap<String, u64>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    requests: Share,
    connections: Share,
    /// Connections that were open at that moment.
    open: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Share {
    touched: u64,
    passed: u64,
}

impl Radius {
    /// `None` where nothing is limited.
    pub fn new(plan: &Plan) -> Option<Radius> {
        if plan.limits.requests.is_none() && plan.limits.connections.is_none() {
            return None;
        }
        let mut lying: Vec<Lying> = Vec::new();
        for step in plan.schedule.iter().filter(|step| step.on) {
            let Target::Edge(edge) = step.target else { continue };
            let (fault, edge) = (step.fault, edge.index());
            if !lying.iter().any(|known| (known.fault, known.edge) == (fault, edge)) {
                lying.push(Lying { fault, edge, from: step.at, base: None, pending: None });
            }
        }
        Some(Radius { limits: plan.limits.clone(), lying })
    }

    /// Says which fault touched more than it may, if one did; `others` are what the other processes that make load have seen.
    pub fn look(&mut self, engine: &Engine<LiveWire>, others: &[Counts], at: Time) -> Option<String> {
        let mut over = None;
        let closed = closed_until(&engine.recorder, at);
        let closed_by_all = others.iter().map(|counts| counts.until).chain([closed]).min().unwrap_or(closed);
        for lying in self.lying.iter_mut().filter(|lying| lying.from <= at) {
            let (then, mut seen) =
                *lying.pending.get_or_insert_with(|| (at, lying_now(lying.fault, lying.edge, engine, others)));
            if closed_by_all < then {
                continue;
            }
            lying.pending = None;
            seen.requests.passed = passed(&engine.recorder, lying.edge, closed);
            seen.requests.passed += others.iter().filter_map(|counts| counts.attempts.get(lying.edge)).sum::<u64>();
            let base = *lying.base.get_or_insert(seen);
            over = over.or_else(|| lying.over(&self.limits, seen.since(base), engine.given()));
        }
        over
    }
}

impl Counts {
    /// `None` while no more is known than until `since`.
    pub fn of(recorder: &Recorder, at: Time, since: Time) -> Option<Counts> {
        let until = closed_until(recorder, at);
        let attempts = (0..recorder.edges.len()).map(|edge| passed(recorder, edge, until)).collect();
        let touched = recorder.evidence.iter().map(|evidence| evidence.details.clone()).collect();
        (until > since).then_some(Counts { until, attempts, touched })
    }

    pub fn until(&self) -> Time {
        self.until
    }
}

/// The cells before the present one have their figures.
fn closed_until(recorder: &Recorder, at: Time) -> Time {
    recorder.grid.cells[recorder.cell_at(at)].from
}

impl Lying {
    fn over(&self, limits: &Limits, seen: Seen, plan: &Plan) -> Option<String> {
        let (fault, edge) = (&plan.faults[self.fault.index()].name, &plan.edges[self.edge].name);
        let pairs =
            [("requests", limits.requests, seen.requests), ("connections", limits.connections, seen.connections)];
        pairs.into_iter().find_map(|(what, limit, share)| {
            let limit = limit.filter(|limit| share.exceeds(*limit))?;
            let Share { touched, passed } = share;
            Some(format!("fault {fault} touched {touched} of {passed} {what} of {edge}, more than {}%", limit * 100.0))
        })
    }
}

impl Seen {
    fn since(self, base: Seen) -> Seen {
        let mut connections = self.connections.since(base.connections);
        // A fault touches those that were open before it as well.
        connections.passed += base.open;
        Seen { requests: self.requests.since(base.requests), connections, open: self.open }
    }
}

impl Share {
    fn since(self, base: Share) -> Share {
        let (touched, passed) =
            (self.touched - base.touched.min(self.touched), self.passed - base.passed.min(self.passed));
        Share { touched, passed }
    }

    fn exceeds(self, limit: f64) -> bool {
        let passed = self.passed as f64;
        let chance = DEVIATIONS * (passed * limit * (1.0 - limit)).sqrt() + 1.0;
        self.passed >= PASSED_MIN && self.touched as f64 > passed * limit + chance
    }
}

/// A request may be late and changed as well, so of several counts the largest is what is known for certain.
fn lying_now(fault: FaultId, edge: usize, engine: &Engine<LiveWire>, others: &[Counts]) -> Seen {
    let mut seen = Seen::default();
    let mut count = |what: &str, count: u64| match what.split_once(' ') {
        Some(("requests" | "answers", _)) => seen.requests.touched = seen.requests.touched.max(count),
        Some(("connections", done)) if done != "not understood" => {
            seen.connections.touched = seen.connections.touched.max(count);
        }
        _ => {}
    };
    let own = &engine.recorder.evidence[fault.index()].details;
    let theirs = || others.iter().filter_map(|counts| counts.touched.get(fault.index()));
    let kinds: BTreeSet<&String> = theirs().flat_map(BTreeMap::keys).chain(own.keys()).collect();
    for what in kinds {
        count(what, theirs().chain([own]).filter_map(|details| details.get(what)).sum());
    }
    if let Some(proxy) = &engine.wire.lines[edge].proxy {
        proxy.evidence(fault).details.iter().for_each(|(what, sum)| count(what, *sum));
        let traffic = proxy.traffic();
        seen.connections.passed = traffic.connections_accepted;
        seen.open = traffic.connections_open;
    }
    seen
}

fn passed(recorder: &Recorder, edge: usize, until: Time) -> u64 {
    let cells = recorder.grid.cells.iter().zip(&recorder.edges[edge]);
    cells.take_while(|(cell, _)| cell.to <= until).map(|(_, figures)| figures.attempts).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_over_its_limit_only_when_that_is_no_chance() {
        let exceeds = |touched, passed| Share { touched, passed }.exceeds(0.3);
        assert!(!exceeds(19, 19) && exceeds(20, 20), "too few");
        assert!(!exceeds(32, 100) && !exceeds(44, 100), "within the spread of a share that is drawn");
        assert!(exceeds(46, 100) && exceeds(100, 100));
        assert!(!exceeds(3_100, 10_000) && exceeds(3_200, 10_000), "the more passed, the closer");
    }

    #[test]
    fn what_was_before_the_fault_does_not_count() {
        let (base, now) = (Share { touched: 5, passed: 1000 }, Share { touched: 65, passed: 1100 });
        assert_eq!(now.since(base), Share { touched: 60, passed: 100 });
    }
}
