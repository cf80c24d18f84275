//! What became of one run, in a few words and numbers: it survived, it suffered and came back, it never came back, or it cannot be told.

use crate::base::Time;
use crate::judge::{Judged, Judgement, Verdict, judge};
use crate::plan::Plan;
use crate::record::{ClientCell, Latencies, Recording};
use crate::sim;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of what it served before the fault, a system that has come back serves this share again.
const BACK: f64 = 0.9;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Every line held.
    Survives,
    /// A line broke, and the users are served again at the end.
    Degrades,
    /// A line broke, and long after the last fault some users still are not served as before.
    Stuck,
    /// Too few samples, or a fault that did not happen.
    CannotTell,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    pub class: Class,
    /// The line that broke first, or why it cannot be told; empty if it survived.
    pub why: String,
    /// What was measured on each line, in its unit.
    pub measured: Vec<Option<f64>>,
    /// How far the worst line is inside its bound, as a share of the bound: below 0 it is broken. `None` if no line can say.
    pub margin: Option<f64>,
}

/// What one population of users got over the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Served {
    pub client: String,
    pub offered: u64,
    pub ok: u64,
    pub failed: u64,
    /// Of successful requests; HdrHistogram V2, deflated, base64.
    #[schemars(with = "String")]
    pub latency: Latencies,
}

impl Class {
    pub const ALL: [Class; 4] = [Class::Survives, Class::Degrades, Class::Stuck, Class::CannotTell];

    pub fn word(self) -> &'static str {
        match self {
            Class::Survives => "survives",
            Class::Degrades => "degrades",
            Class::Stuck => "does not recover",
            Class::CannotTell => "cannot tell",
        }
    }
}

/// Plays a plan and says what became of it.
pub fn of(plan: &Plan) -> (Outcome, Vec<Served>) {
    let recording = sim::play(plan);
    let judgement = judge(&recording);
    (outcome(&recording, &judgement), served(&recording))
}

pub fn outcome(recording: &Recording, judgement: &Judgement) -> Outcome {
    let lines = &judgement.expectations;
    let (class, why) = match judgement.verdict {
        Verdict::Holds => (Class::Survives, String::new()),
        Verdict::CannotTell => (Class::CannotTell, judgement.reason.clone()),
        Verdict::Broken => {
            let first = lines.iter().find(|line| line.verdict == Verdict::Broken);
            let class = if is_stuck(recording) { Class::Stuck } else { Class::Degrades };
            (class, first.map_or_else(|| judgement.reason.clone(), |line| line.text.clone()))
        }
    };
    let margin = lines
        .iter()
        .filter_map(margin)
        .fold(None, |least: Option<f64>, one| Some(least.map_or(one, |least| least.min(one))));
    Outcome { class, why, measured: lines.iter().map(|line| line.measured).collect(), margin }
}

/// How far inside its bound a line is, as a share of the bound (of 1, where the bound is a share): comparable between lines.
fn margin(line: &Judged) -> Option<f64> {
    use crate::plan::expectation::Compare;
    let bound = line.bound?;
    let Some(measured) = line.measured else {
        // A recovery that did not come is as far outside as anything.
        return (line.verdict == Verdict::Broken).then_some(-1.0);
    };
    let scale = if line.unit == crate::judge::Unit::Ratio && bound <= 1.0 { 1.0 } else { bound.abs().max(1e-9) };
    let inside = match line.compare {
        Compare::Less | Compare::LessOrEqual => bound - measured,
        Compare::Greater | Compare::GreaterOrEqual => measured - bound,
        Compare::Equal => -(measured - bound).abs(),
    };
    Some((inside / scale).clamp(-1.0, 1.0))
}

/// Whether some users, in the last half of the time behind the last fault, are answered less often than before the first one.
/// A fault that lasts to the end of the run counts from its begin on.
fn is_stuck(recording: &Recording) -> bool {
    let plan = &recording.plan;
    let Some(first) = plan.faults.iter().map(|fault| fault.from).min() else { return false };
    let over = |fault: &crate::plan::FaultInfo| if fault.to < plan.length { fault.to } else { fault.from };
    let last = plan.faults.iter().map(over).max().unwrap_or(first);
    let late = Time(last.0 + plan.length.0.saturating_sub(last.0) / 2);
    (0..recording.clients.len()).any(|client| {
        let before = share(&recording.client_over(client, plan.warmup, first));
        let now = share(&recording.client_over(client, late, plan.length));
        matches!((before, now), (Some(before), Some(now)) if now < BACK * before)
    })
}

/// Of the requests that ended, those that succeeded; nothing if none was even due. Of requests that never end none succeeded.
fn share(cell: &ClientCell) -> Option<f64> {
    let ended = cell.ok + cell.failed();
    (cell.offered > 0).then(|| if ended == 0 { 0.0 } else { cell.ok as f64 / ended as f64 })
}

fn served(recording: &Recording) -> Vec<Served> {
    let plan = &recording.plan;
    let one = |(index, client): (usize, &crate::plan::Client)| {
        let cell = recording.client_over(index, Time::ZERO, plan.length);
        Served {
            client: client.name.clone(),
            offered: cell.offered,
            ok: cell.ok,
            failed: cell.failed(),
            latency: cell.latency,
        }
    };
    plan.clients.iter().enumerate().map(one).collect()
}

impl Served {
    pub fn add(&mut self, other: &Served) {
        self.offered += other.offered;
        self.ok += other.ok;
        self.failed += other.failed;
        self.latency.merge(&other.latency);
    }
}

/// Adds up what several runs served, by the name of the client.
pub fn add_up(sum: &mut Vec<Served>, more: &[Served]) {
    for one in more {
        match sum.iter_mut().find(|known| known.client == one.client) {
            Some(known) => known.add(one),
            None => sum.push(one.clone()),
        }
    }
    sum.sort_by(|a, b| a.client.cmp(&b.client));
}
