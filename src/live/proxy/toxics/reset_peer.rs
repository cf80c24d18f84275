//! The connection is reset (RST to both ends) so long after the toxic was added, or after the connection was opened if that is later:
//! live and idle ones too, whether or not a byte flows.

use super::super::hub::Close;
use super::{Desk, Toxic};
use crate::base::{Span, Time};

#[derive(Clone, Debug)]
pub struct ResetPeer {
    timeout: Span,
    at: Time,
}

impl ResetPeer {
    pub fn new(timeout: Span) -> ResetPeer {
        ResetPeer { timeout, at: Time::MAX }
    }
}

impl Toxic for ResetPeer {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(self.clone())
    }

    fn begin(&mut self, desk: &mut Desk, _opened: Time, _carried: u64) {
        self.at = desk.now + self.timeout;
    }

    fn ends(&self) -> Option<(Time, Close)> {
        Some((self.at, Close::Reset))
    }
}
