//! The clock on the wall: moments of a game day in UTC, and waiting so that virtual time passes at a chosen speed. No figure depends on it.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// `2024-02-29T12:34:56Z`.
#[expect(clippy::disallowed_methods, reason = "people write down when something happened; no figure depends on it")]
pub fn utc() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    shown(since.as_secs())
}

fn shown(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Days since 1970-01-01 to a date of the Gregorian calendar, whose years begin in March here, so that the leap day is their last.
fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    let shifted = days + 719_468;
    let (era, day) = (shifted / ERA, shifted % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, of_month)
}

/// Runs since it was made.
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a game day is played at the pace of those who watch it")]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Waits until so much has passed since it was made.
    #[expect(clippy::disallowed_methods, reason = "a game day is played at the pace of those who watch it")]
    pub fn wait_for(&self, length: Duration) {
        thread::sleep(length.saturating_sub(self.0.elapsed()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_dates() {
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(951_826_154), "2000-02-29T12:09:14Z");
        assert_eq!(shown(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(shown(4_102_444_799), "2099-12-31T23:59:59Z");
    }
}
