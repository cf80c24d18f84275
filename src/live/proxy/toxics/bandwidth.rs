//! A rate limit for each connection and direction on its own. A rate of 0 lets nothing pass, and holds what was sent.

use super::super::bucket::Bucket;
use super::throttle::count;
use super::{Desk, RATE_HOLDS_MAX, Toxic};
use crate::base::Time;

#[derive(Debug)]
pub struct Bandwidth {
    bytes_per_sec: f64,
    bucket: Bucket,
}

impl Bandwidth {
    pub fn new(bytes_per_sec: f64) -> Bandwidth {
        Bandwidth { bytes_per_sec, bucket: Bucket::new(bytes_per_sec) }
    }
}

impl Toxic for Bandwidth {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(Bandwidth::new(self.bytes_per_sec))
    }

    fn shapes(&self) -> bool {
        true
    }

    fn most(&mut self, _desk: &mut Desk, ready: usize) -> usize {
        Bucket::slice(self.bytes_per_sec).min(ready)
    }

    fn turn(&mut self, desk: &mut Desk, since: Time, bytes: usize) -> Time {
        let at = self.bucket.reserve(desk.now, since, bytes);
        count(desk, at, since, bytes);
        at
    }

    fn holds_max(&self) -> usize {
        RATE_HOLDS_MAX
    }
}
