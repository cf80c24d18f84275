//! A number of things over time, and the area under it: how many there were, times how long, since the books were last closed.
//!
//! The area up to a moment is the number then times that moment, less the moments at which they came, plus those at which they
//! went. So a change costs one addition of a whole number, and nothing is rounded until the books are closed.

use crate::base::Time;

#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    count: u64,
    /// Moments of coming less moments of going, in nanoseconds.
    moments: i128,
}

impl Level {
    #[inline]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// One more, from now on.
    #[inline]
    pub fn up(&mut self, now: Time) {
        self.count += 1;
        self.moments += i128::from(now.0);
    }

    /// One fewer, from now on.
    #[inline]
    pub fn down(&mut self, now: Time) {
        self.count = self.count.checked_sub(1).expect("no more leave than came");
        self.moments -= i128::from(now.0);
    }

    /// So many, from now on.
    pub fn set(&mut self, now: Time, count: u64) {
        self.moments += (i128::from(count) - i128::from(self.count)) * i128::from(now.0);
        self.count = count;
    }

    /// The area since the books were last closed, in seconds; they are closed now.
    pub fn close(&mut self, now: Time) -> f64 {
        let until_now = i128::from(self.count) * i128::from(now.0);
        let area = until_now - std::mem::replace(&mut self.moments, until_now);
        area as f64 / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_that_of_the_steps() {
        let at = |s: u64| Time(s * 1_000_000_000);
        let mut level = Level::default();
        level.up(at(1));
        level.up(at(3));
        assert_eq!(level.close(at(4)), 4.0);
        level.down(at(6));
        level.set(at(7), 5);
        assert_eq!((level.close(at(9)), level.count()), (15.0, 5));
        assert_eq!(level.close(at(9)), 0.0);
    }
}
