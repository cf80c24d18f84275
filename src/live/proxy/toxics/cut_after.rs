//! The connection is closed so long after it was opened, whatever it is doing; one that is older already is closed at once.

use super::super::hub::Close;
use super::{Desk, Toxic};
use crate::base::{Dist, Time};

#[derive(Clone, Debug)]
pub struct CutAfter {
    /// In seconds.
    after: Dist,
    at: Time,
}

impl CutAfter {
    pub fn new(after: Dist) -> CutAfter {
        CutAfter { after, at: Time::MAX }
    }
}

impl Toxic for CutAfter {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(self.clone())
    }

    fn begin(&mut self, desk: &mut Desk, opened: Time, _carried: u64) {
        self.at = opened + self.after.draw_span(desk.dice);
    }

    fn ends(&self) -> Option<(Time, Close)> {
        Some((self.at, Close::Clean))
    }
}
