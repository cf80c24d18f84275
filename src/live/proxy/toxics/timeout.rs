//! Nothing passes, and the connection is closed when no byte has come for so long; 0 keeps it open. Removing it closes the connection,
//! because the bytes that vanished would be missing from its middle.

use super::super::evidence::Count;
use super::super::hub::Close;
use super::{Desk, Fate, Toxic};
use crate::base::{Span, Time};

#[derive(Clone, Debug)]
pub struct Timeout {
    timeout: Span,
    since: Time,
}

impl Timeout {
    pub fn new(timeout: Span) -> Timeout {
        Timeout { timeout, since: Time::ZERO }
    }
}

impl Toxic for Timeout {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(self.clone())
    }

    fn begin(&mut self, desk: &mut Desk, _opened: Time, _carried: u64) {
        self.since = desk.now;
    }

    fn arrive(&mut self, desk: &mut Desk, bytes: usize) -> Fate {
        self.since = desk.now;
        desk.tally.add(Count::ChunksDropped, 1);
        desk.tally.add(Count::BytesDropped, bytes as u64);
        Fate::Drop
    }

    /// The end waits for as long as the toxic is there.
    fn end(&mut self, _desk: &mut Desk) -> Span {
        Span(u64::MAX)
    }

    fn ends(&self) -> Option<(Time, Close)> {
        (self.timeout > Span::ZERO).then_some((self.since + self.timeout, Close::Clean))
    }

    fn removed(&self) -> Option<Close> {
        Some(Close::Clean)
    }

    fn swallows(&self) -> bool {
        true
    }
}
