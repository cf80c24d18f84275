//! Bytes are passed on late: each chunk by a draw, counted from its arrival, so that what comes close together is late once and not one
//! after another. Never lets a later chunk overtake an earlier one. When it is removed, what it holds is passed on at once.

use super::super::evidence::Count;
use super::{DELAY_HOLDS_MAX, Desk, Fate, Toxic};
use crate::base::{Dist, Span};

#[derive(Clone, Debug)]
pub struct Latency {
    /// In seconds.
    pub by: Dist,
}

impl Toxic for Latency {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(self.clone())
    }

    fn arrive(&mut self, desk: &mut Desk, _bytes: usize) -> Fate {
        Fate::Late(self.by.draw_span(desk.dice))
    }

    fn end(&mut self, desk: &mut Desk) -> Span {
        self.by.draw_span(desk.dice)
    }

    fn holds_max(&self) -> usize {
        DELAY_HOLDS_MAX
    }
}

/// Counts a chunk that is late; called by the lane, because chunks of one burst share a draw.
pub fn count(desk: &Desk, bytes: usize, added: Span) {
    if added > Span::ZERO {
        desk.tally.add(Count::ChunksDelayed, 1);
        desk.tally.add(Count::BytesDelayed, bytes as u64);
        desk.tally.add(Count::MicrosecondsAdded, added.0 / 1000);
        desk.tally.delays.record(added);
    }
}
