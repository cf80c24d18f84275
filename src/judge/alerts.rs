//! When the rules of the monitoring fire: each is looked at window by window, as a monitoring system does.

use super::Unit;
use super::line::passes;
use super::measure::{Measure, Stretch, measure};
use crate::base::Time;
use crate::plan::Alert;
use crate::record::{Cell, Recording};

/// How often an alert began to fire in the stretch; the windows looked at are the samples.
pub fn fires(alert: usize, stretch: Stretch) -> Measure {
    let Some(rule) = stretch.recording.plan.alerts.get(alert) else { return Measure::none(0, "no such alert") };
    let begun = firing(rule, stretch.recording);
    let here = begun.iter().filter(|(at, _)| *at > stretch.from && *at <= stretch.to).count();
    let looked = stretch.recording.grid.range(stretch.from, stretch.to).len();
    Measure::of(here as f64, looked as u64)
}

/// One rule, looked at window by window.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    since: Option<Time>,
    pub is_firing: bool,
}

impl Pulse {
    /// Looks at the next window, and says whether the rule fires at its end.
    pub fn look(&mut self, rule: &Alert, recording: &Recording, window: Cell) -> bool {
        let value = measure(&rule.metric, Stretch { recording, from: window.from, to: window.to }, false).value;
        let is_bad = match value {
            Some(value) => passes(value, rule.compare, rule.bound, Unit::of(&rule.metric)),
            None => rule.missing_fires,
        };
        self.since = is_bad.then(|| self.since.unwrap_or(window.from));
        self.is_firing = self.since.is_some_and(|since| window.to.since(since) >= rule.hold);
        self.is_firing
    }
}

/// From when to when it fired: from the end of the window after which its condition had held for long enough, to the end of the first
/// one in which it did not hold.
pub fn firing(rule: &Alert, recording: &Recording) -> Vec<(Time, Time)> {
    let mut all: Vec<(Time, Time)> = Vec::new();
    let mut pulse = Pulse::default();
    for cell in &recording.grid.cells {
        if recording.cut_short.as_ref().is_some_and(|cut| cut.at < cell.to) {
            break;
        }
        let was_firing = pulse.is_firing;
        let fires = pulse.look(rule, recording, *cell);
        match all.last_mut().filter(|_| was_firing) {
            Some((_, until)) => *until = cell.to,
            None if fires => all.push((cell.to, cell.to)),
            None => {}
        }
    }
    all
}
