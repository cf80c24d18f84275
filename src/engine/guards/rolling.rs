//! Counts over a stretch of time that slides along in steps. It never looks at a clock.

use crate::base::{Span, Time};

/// Sums of N columns over the last `length`, kept in buckets: what is counted now is forgotten after `length`, give or take a bucket.
#[derive(Clone, Debug)]
pub struct Rolling<const N: usize> {
    width: u64,
    /// The number of the bucket that holds the present.
    at: u64,
    buckets: Box<[[i64; N]]>,
    sum: [i64; N],
}

impl<const N: usize> Rolling<N> {
    /// `length` and `buckets` of zero are taken as the least that makes sense.
    pub fn new(length: Span, buckets: u32) -> Rolling<N> {
        let buckets = buckets.max(1);
        let width = (length.0 / u64::from(buckets)).max(1);
        Rolling { width, at: 0, buckets: vec![[0; N]; buckets as usize].into(), sum: [0; N] }
    }

    #[inline]
    pub fn add(&mut self, now: Time, by: [i64; N]) {
        self.forget(now);
        let index = (self.at % self.buckets.len() as u64) as usize;
        for (column, by) in by.into_iter().enumerate() {
            self.buckets[index][column] += by;
            self.sum[column] += by;
        }
    }

    #[inline]
    pub fn sum(&mut self, now: Time) -> [i64; N] {
        self.forget(now);
        self.sum
    }

    /// Drops the buckets that have slid out.
    fn forget(&mut self, now: Time) {
        let to = now.0 / self.width;
        let count = self.buckets.len() as u64;
        let steps = to.saturating_sub(self.at).min(count);
        for step in 1..=steps {
            let old = std::mem::replace(&mut self.buckets[((to - steps + step) % count) as usize], [0; N]);
            for (sum, gone) in self.sum.iter_mut().zip(old) {
                *sum -= gone;
            }
        }
        self.at = self.at.max(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> Time {
        Time::from_secs_f64(secs)
    }

    #[test]
    fn what_was_counted_is_forgotten_after_the_length() {
        let mut rolling = Rolling::<2>::new(Span::from_secs(10), 10);
        rolling.add(at(0.5), [1, 2]);
        rolling.add(at(3.0), [10, 0]);
        assert_eq!(rolling.sum(at(9.9)), [11, 2]);
        assert_eq!(rolling.sum(at(10.0)), [10, 2 - 2]);
        assert_eq!(rolling.sum(at(12.9)), [10, 0]);
        assert_eq!(rolling.sum(at(13.0)), [0, 0]);
    }

    #[test]
    fn a_long_silence_forgets_everything_once() {
        let mut rolling = Rolling::<1>::new(Span::from_secs(4), 4);
        for second in 0..4 {
            rolling.add(at(f64::from(second)), [1 << second]);
        }
        assert_eq!(rolling.sum(at(1e6)), [0]);
        rolling.add(at(1e6), [-3]);
        assert_eq!(rolling.sum(at(1e6 + 3.9)), [-3]);
        assert_eq!(rolling.sum(at(1e6 + 4.0)), [0]);
    }
}
