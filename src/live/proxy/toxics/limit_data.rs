//! After so many bytes in this direction the connection is closed; what goes beyond is cut off.

use super::super::evidence::Count;
use super::super::hub::Close;
use super::{Desk, SLICES_HOLD_MAX, Toxic};
use crate::base::Time;

#[derive(Clone, Debug)]
pub struct LimitData {
    bytes: u64,
    passed: u64,
    /// Something arrived: a limit that was 0 from the beginning waits for the first bytes.
    met: bool,
}

impl LimitData {
    pub fn new(bytes: u64) -> LimitData {
        LimitData { bytes, passed: 0, met: false }
    }
}

impl Toxic for LimitData {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(LimitData::new(self.bytes))
    }

    fn begin(&mut self, _desk: &mut Desk, _opened: Time, carried: u64) {
        self.passed = carried;
    }

    fn shapes(&self) -> bool {
        true
    }

    fn most(&mut self, desk: &mut Desk, ready: usize) -> usize {
        let left = self.bytes.saturating_sub(self.passed);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(ready);
        self.met |= most == 0;
        if most < ready {
            desk.tally.add(Count::ChunksTruncated, 1);
        }
        most
    }

    fn sent(&mut self, _desk: &mut Desk, bytes: usize) {
        self.passed += bytes as u64;
        self.met = self.passed >= self.bytes;
    }

    fn ends(&self) -> Option<(Time, Close)> {
        self.met.then_some((Time::ZERO, Close::Clean))
    }

    fn carry(&self) -> u64 {
        self.passed
    }

    fn holds_max(&self) -> usize {
        SLICES_HOLD_MAX
    }
}
