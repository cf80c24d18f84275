//! A token bucket, and one for each key. They never look at a clock.

use crate::base::Time;
use crate::plan::guards as plan;

#[derive(Clone, Debug)]
pub struct Bucket {
    spec: plan::RateLimit,
    tokens: f64,
    filled: Time,
}

impl Bucket {
    /// Full at the start.
    pub fn new(spec: &plan::RateLimit) -> Bucket {
        Bucket { spec: *spec, tokens: spec.burst, filled: Time::ZERO }
    }

    /// New parameters from now on; what has been saved up is kept as far as there is room.
    pub fn retune(&mut self, now: Time, spec: &plan::RateLimit) {
        self.fill(now);
        self.spec = *spec;
        self.tokens = self.tokens.min(spec.burst);
    }

    pub fn admit(&mut self, now: Time) -> bool {
        self.fill(now);
        // Sums of parts fall short of 1 by a rounding error.
        let admitted = self.tokens >= 1.0 - 1e-9;
        if admitted {
            self.tokens = (self.tokens - 1.0).max(0.0);
        }
        admitted
    }

    /// An admitted request was not made after all.
    pub fn undo(&mut self) {
        self.tokens = (self.tokens + 1.0).min(self.spec.burst);
    }

    fn fill(&mut self, now: Time) {
        let added = now.since(self.filled).as_secs_f64() * self.spec.rate;
        self.tokens = (self.tokens + added).min(self.spec.burst);
        self.filled = self.filled.max(now);
    }
}

/// A bucket for each key: what one key asks for is nothing to the others.
#[derive(Clone, Debug)]
pub struct Buckets {
    fresh: Bucket,
    /// By key, as far as one has been asked for.
    each: Vec<Bucket>,
    /// Whose token was taken last.
    last: u32,
}

impl Buckets {
    pub fn new(spec: &plan::RateLimit) -> Buckets {
        Buckets { fresh: Bucket::new(spec), each: Vec::new(), last: 0 }
    }

    pub fn retune(&mut self, now: Time, spec: &plan::RateLimit) {
        self.each.iter_mut().for_each(|bucket| bucket.retune(now, spec));
        self.fresh = Bucket::new(spec);
    }

    pub fn admit(&mut self, now: Time, key: u32) -> bool {
        let index = key as usize;
        if index >= self.each.len() {
            self.each.resize(index + 1, self.fresh.clone());
        }
        self.last = key;
        self.each[index].admit(now)
    }

    /// The request that was admitted last was not made after all.
    pub fn undo(&mut self) {
        self.each.get_mut(self.last as usize).into_iter().for_each(Bucket::undo);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_tokens_of_its_own() {
        let spec = plan::RateLimit { rate: 1.0, burst: 2.0, per_key: true };
        let mut buckets = Buckets::new(&spec);
        let passed = |buckets: &mut Buckets, key: u32, at: f64| {
            (0..10).filter(|_| buckets.admit(Time::from_secs_f64(at), key)).count()
        };
        assert_eq!((passed(&mut buckets, 7, 0.0), passed(&mut buckets, 3, 0.0)), (2, 2), "a burst each");
        assert_eq!((passed(&mut buckets, 7, 1.0), passed(&mut buckets, 3, 5.0)), (1, 2), "a token a second each");
        assert_eq!(passed(&mut buckets, 7, 1.0), 0);
        buckets.undo();
        assert_eq!((passed(&mut buckets, 3, 5.0), passed(&mut buckets, 7, 1.0)), (0, 1), "it goes back to its key");
        buckets.retune(Time::from_secs_f64(5.0), &plan::RateLimit { rate: 0.0, burst: 1.0, ..spec });
        assert_eq!((passed(&mut buckets, 7, 9.0), passed(&mut buckets, 8, 9.0)), (1, 1));
        assert_eq!((passed(&mut buckets, 3, 9.0), passed(&mut buckets, 8, 99.0)), (0, 0), "nothing comes in any more");
    }

    #[test]
    fn it_lets_the_burst_through_at_once_and_then_the_rate() {
        let mut bucket = Bucket::new(&plan::RateLimit { rate: 10.0, burst: 5.0, per_key: false });
        let passed = |bucket: &mut Bucket, at: f64| {
            let now = Time::from_secs_f64(at);
            (0..100).filter(|_| bucket.admit(now)).count()
        };
        assert_eq!(passed(&mut bucket, 0.0), 5);
        assert_eq!(passed(&mut bucket, 0.1), 1);
        assert_eq!(passed(&mut bucket, 0.15), 0);
        assert_eq!(passed(&mut bucket, 0.2), 1);
        assert_eq!(passed(&mut bucket, 100.0), 5, "no more than the burst is saved up");
        let through =
            (0..1000).filter(|step| bucket.admit(Time::from_secs_f64(100.0 + f64::from(*step) / 100.0))).count();
        assert_eq!(through, 99, "10 s at 10/s, and the first moment has nothing left");
    }

    #[test]
    fn new_parameters_keep_what_was_saved_up() {
        let mut bucket = Bucket::new(&plan::RateLimit { rate: 1.0, burst: 10.0, per_key: false });
        bucket.retune(Time::ZERO, &plan::RateLimit { rate: 0.0, burst: 3.0, per_key: false });
        assert_eq!((0..10).filter(|_| bucket.admit(Time::from_secs_f64(1e3))).count(), 3);
        bucket.undo();
        assert!(bucket.admit(Time::from_secs_f64(1e3)));
    }
}
