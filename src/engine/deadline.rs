//! Deadlines: how long an attempt may last, and what the called service is told. Pure arithmetic on moments.
//!
//! A request that came with a deadline cuts every call made for it. Whether those calls pass it on is their edges' own policy.

use crate::base::{Span, Time};
use crate::plan::Deadline;

/// When all attempts of a call must be over, which is made now for a request with this deadline.
pub fn of_call(policy: Option<Deadline>, now: Time, callers: Time) -> Time {
    match policy {
        Some(Deadline::Total(total)) => callers.min(now + total),
        Some(Deadline::Propagate) | None => callers,
    }
}

/// What an attempt that begins now tells the called service: `Time::MAX` is nothing.
pub fn told(policy: Option<Deadline>, now: Time, of_call: Time, timeout: Option<Span>) -> Time {
    match policy {
        None => Time::MAX,
        Some(_) => timeout.map_or(of_call, |timeout| of_call.min(now + timeout)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> Time {
        Time(ms * 1_000_000)
    }

    #[test]
    fn a_call_ends_with_its_callers_deadline_or_its_own() {
        let total = Some(Deadline::Total(Span::from_millis(100)));
        assert_eq!(of_call(total, at(50), Time::MAX), at(150));
        assert_eq!(of_call(total, at(50), at(120)), at(120));
        assert_eq!(of_call(Some(Deadline::Propagate), at(50), at(120)), at(120));
        assert_eq!(of_call(None, at(50), at(120)), at(120));
    }

    #[test]
    fn what_is_told_is_the_nearer_of_timeout_and_deadline() {
        let timeout = Some(Span::from_millis(30));
        assert_eq!(told(None, at(50), at(120), timeout), Time::MAX);
        assert_eq!(told(Some(Deadline::Propagate), at(50), at(120), timeout), at(80));
        assert_eq!(told(Some(Deadline::Propagate), at(50), at(70), timeout), at(70));
        assert_eq!(told(Some(Deadline::Propagate), at(50), Time::MAX, None), Time::MAX);
    }
}
