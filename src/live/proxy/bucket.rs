//! A rate limit as a line of reservations. Each link reserves a slice of bytes and learns when it may send them; it is woken for its
//! own turn only, so fifty links on one limit do not all wake for each slice, and a wake-up that comes late loses no capacity.
//! Pure: time in, time out.

use crate::base::Time;
use std::time::Duration;

/// The rate limit of one direction.
#[derive(Debug)]
pub struct Bucket {
    bytes_per_sec: f64,
    /// When everything reserved so far will have been sent at the rate, in nanoseconds.
    free_at: f64,
}

/// What may go out at once after a pause, as time at the rate.
const BURST: Duration = Duration::from_millis(5);

/// How far behind its reservations a limit may fall and still catch up, for machines that stall.
const CATCH_UP: Duration = Duration::from_millis(50);

/// A slice is what the rate allows in this time: short, so that the flow is smooth, and long against the error of the timer.
const SLICE_SECS: f64 = 0.002;

/// Slices smaller than this would cost more than they smooth, unless they would take longer than `SLICE_SECS_MAX`.
const SLICE_MIN: f64 = 512.0;
const SLICE_SECS_MAX: f64 = 0.05;

impl Bucket {
    pub fn new(bytes_per_sec: f64) -> Bucket {
        Bucket { bytes_per_sec: bytes_per_sec.max(0.0), free_at: 0.0 }
    }

    /// The most bytes to reserve at once.
    pub fn slice(bytes_per_sec: f64) -> usize {
        let floor = SLICE_MIN.min(bytes_per_sec * SLICE_SECS_MAX);
        ((bytes_per_sec * SLICE_SECS).max(floor) as usize).max(1)
    }

    /// When these bytes may be sent, given that they were ready since `ready`.
    pub fn reserve(&mut self, now: Time, ready: Time, bytes: usize) -> Time {
        if self.bytes_per_sec == 0.0 {
            return Time::MAX;
        }
        // Bytes that were ready long ago waited for this limit, not for their sender, so time that passed since is not lost.
        let after_pause = ready.min(now).0.saturating_sub(nanos(BURST));
        let earliest = after_pause.max(now.0.saturating_sub(nanos(CATCH_UP)));
        let start = self.free_at.max(earliest as f64);
        self.free_at = start + bytes as f64 * 1e9 / self.bytes_per_sec;
        Time(start as u64)
    }
}

const fn nanos(length: Duration) -> u64 {
    length.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as one busy link would that always wakes `late` nanoseconds after its turn; gives bytes per second.
    fn rate_of_busy_link(limit: f64, late: u64) -> f64 {
        let (mut bucket, mut now, slice) = (Bucket::new(limit), Time(1_000_000_000), Bucket::slice(limit));
        let (start, mut sent) = (now, 0);
        while now.since(start).as_secs_f64() < 2.0 {
            let turn = bucket.reserve(now, start, slice);
            if turn > now {
                now = Time(turn.0 + late);
            }
            sent += slice;
        }
        sent as f64 / now.since(start).as_secs_f64()
    }

    #[test]
    fn the_rate_is_kept_although_every_wake_up_is_late() {
        for limit in [1e3, 1e5, 1e6, 1e7, 1e8] {
            for late in [0, 60_000, 1_000_000, 10_000_000] {
                let rate = rate_of_busy_link(limit, late);
                let off = rate / limit - 1.0;
                assert!((-0.006..0.03).contains(&off), "limit {limit}, late {late} ns: {rate}");
            }
        }
    }

    #[test]
    fn links_take_turns_and_a_pause_buys_only_a_short_burst() {
        let mut bucket = Bucket::new(1e6);
        let now = Time(10_000_000_000);
        let turns: Vec<u64> = (0..4).map(|_| bucket.reserve(now, now, 10_000).0).collect();
        assert_eq!(turns, [9_995_000_000, 10_005_000_000, 10_015_000_000, 10_025_000_000]);
    }

    #[test]
    fn a_limit_of_zero_lets_nothing_pass() {
        let now = Time(1);
        assert!(Bucket::new(0.0).reserve(now, now, 1).since(now).as_secs_f64() > 1e6);
        assert!(Bucket::new(-1.0).reserve(now, now, 1).since(now).as_secs_f64() > 1e6);
        assert_eq!(Bucket::slice(0.0), 1);
    }
}
