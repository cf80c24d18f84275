//! The latest moment at which a change must be undone: counted from the machine's boot, suspended time included, so that
//! a guardian reads it as its runner meant it, whatever is done to the clock on the wall. After a restart it means nothing.

use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Nanoseconds since the boot (`CLOCK_BOOTTIME`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latest(u64);

impl Latest {
    pub fn after(span: Duration) -> Latest {
        Latest(now().saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }

    pub fn has_come(self) -> bool {
        self.0 <= now()
    }
}

/// A clock that cannot be read is taken for one that stands still: then the end of the run undoes everything.
fn now() -> u64 {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |at| {
        let (seconds, rest) = (u64::try_from(at.tv_sec()).unwrap_or(0), u64::try_from(at.tv_nsec()).unwrap_or(0));
        seconds.saturating_mul(1_000_000_000).saturating_add(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_when_its_time_is_up() {
        assert!(Latest::after(Duration::ZERO).has_come());
        assert!(!Latest::after(Duration::from_secs(60)).has_come());
        assert!(!Latest::after(Duration::MAX).has_come());
    }
}
