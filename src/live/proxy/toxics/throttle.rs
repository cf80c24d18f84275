//! A rate limit in each direction that all connections of the proxy share.

use super::super::bucket::Bucket;
use super::super::evidence::Count;
use super::super::lock;
use super::{Desk, RATE_HOLDS_MAX, Toxic};
use crate::base::Time;
use std::sync::{Arc, Mutex};

/// One direction of it.
#[derive(Clone, Debug)]
pub struct Throttle {
    bytes_per_sec: f64,
    bucket: Arc<Mutex<Bucket>>,
}

impl Throttle {
    pub fn new(bytes_per_sec: f64) -> Throttle {
        Throttle { bytes_per_sec, bucket: Arc::new(Mutex::new(Bucket::new(bytes_per_sec))) }
    }
}

impl Toxic for Throttle {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(self.clone())
    }

    fn shapes(&self) -> bool {
        true
    }

    fn most(&mut self, _desk: &mut Desk, ready: usize) -> usize {
        Bucket::slice(self.bytes_per_sec).min(ready)
    }

    fn turn(&mut self, desk: &mut Desk, since: Time, bytes: usize) -> Time {
        let at = lock(&self.bucket).reserve(desk.now, since, bytes);
        count(desk, at, since, bytes);
        at
    }

    fn holds_max(&self) -> usize {
        RATE_HOLDS_MAX
    }
}

/// Compared with when the bytes were ready and not with now: a link that wakes late finds its turn already come.
pub fn count(desk: &Desk, at: Time, since: Time, bytes: usize) {
    if at > since {
        desk.tally.add(Count::WritesThrottled, 1);
        desk.tally.add(Count::BytesThrottled, bytes as u64);
    }
}
