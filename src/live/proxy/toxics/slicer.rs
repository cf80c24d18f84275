//! Bytes go in slices of a drawn size, each in a write of its own, with a pause after each. TCP_NODELAY is on, so slices that have a
//! pause between them travel as packets of their own.

use super::super::evidence::Count;
use super::{Desk, SLICES_HOLD_MAX, Toxic};
use crate::base::{Span, Time};

#[derive(Clone, Debug)]
pub struct Slicer {
    average_size: u64,
    size_variation: u64,
    delay: Span,
    /// Until when the pause after the last slice lasts.
    pause: Time,
    /// The next write is shorter than it would be, or later: only then is it counted.
    changed: bool,
}

impl Slicer {
    pub fn new(average_size: u64, size_variation: u64, delay: Span) -> Slicer {
        Slicer { average_size: average_size.max(1), size_variation, delay, pause: Time::ZERO, changed: false }
    }
}

impl Toxic for Slicer {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(self.clone())
    }

    fn shapes(&self) -> bool {
        true
    }

    /// Uniform in average - variation to average + variation, at least 1.
    fn most(&mut self, desk: &mut Desk, ready: usize) -> usize {
        let low = self.average_size.saturating_sub(self.size_variation).max(1);
        let high = self.average_size.saturating_add(self.size_variation);
        let size = low + desk.dice.below((high - low).saturating_add(1));
        let most = usize::try_from(size).unwrap_or(usize::MAX).min(ready);
        self.changed = most < ready;
        most
    }

    fn turn(&mut self, _desk: &mut Desk, since: Time, _bytes: usize) -> Time {
        self.changed |= self.pause > since;
        since.max(self.pause)
    }

    fn sent(&mut self, desk: &mut Desk, _bytes: usize) {
        if std::mem::take(&mut self.changed) {
            desk.tally.add(Count::Slices, 1);
        }
        self.pause = desk.now + self.delay;
    }

    fn holds_max(&self) -> usize {
        SLICES_HOLD_MAX
    }
}
