//! The rules of the monitoring while a run goes on: each is looked at once for every window, in order, when every request of that window has
//! ended, so that what is told is what the judge finds in the end.

use super::line::{State, What};
use crate::base::Time;
use crate::judge::{OneWindow, Pulse};
use crate::plan::{Alert, Plan};
use crate::record::{Recorder, Recording};

pub struct Pulses {
    rules: Vec<(Alert, Pulse)>,
    view: Option<OneWindow>,
    /// The window that is looked at next.
    next: usize,
}

impl Pulses {
    pub fn new(plan: &Plan) -> Pulses {
        let rules: Vec<_> = plan.alerts.iter().map(|rule| (rule.clone(), Pulse::default())).collect();
        let view = (!rules.is_empty()).then(|| OneWindow::new(plan));
        Pulses { rules, view, next: 0 }
    }

    /// Looks at the windows before this one. The last window is left for the end, when its books are closed.
    pub fn look(&mut self, recorder: &Recorder, settled: usize) -> Vec<(Time, What)> {
        let Some(mut view) = self.view.take() else { return Vec::new() };
        let mut told = Vec::new();
        while self.next < settled.min(recorder.grid.cells.len() - 1) {
            view.fill(recorder, self.next);
            told.extend(self.step(&view.0, 0));
        }
        self.view = Some(view);
        told
    }

    /// Looks at all windows that are left.
    pub fn finish(&mut self, recording: &Recording, end: Time) -> Vec<(Time, What)> {
        let mut told = Vec::new();
        while recording.grid.cells.get(self.next).is_some_and(|cell| cell.to <= end) {
            told.extend(self.step(recording, self.next));
        }
        told
    }

    fn step(&mut self, recording: &Recording, index: usize) -> Vec<(Time, What)> {
        self.next += 1;
        let window = recording.grid.cells[index];
        let changes = self.rules.iter_mut().filter_map(|(rule, pulse)| {
            let was_firing = pulse.is_firing;
            let fires = pulse.look(rule, recording, window);
            let state = if fires { State::On } else { State::Off };
            let what = What::Alert { name: rule.name.clone(), rule: rule.text.clone(), state };
            (fires != was_firing).then_some((window.to, what))
        });
        changes.collect()
    }
}
