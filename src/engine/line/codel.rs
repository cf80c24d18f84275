//! CoDel for request queues: everyone who comes gets a limit of waiting, long while the queue empties now and then, short while it
//! stands. As in Maurer, "Fail at Scale", ACM Queue 13(8), 2015 (after Nichols and Jacobson, "Controlling Queue Delay", 2012):
//! a queue that was empty within the last N grants N, any other M. It counts nobody; whoever asks knows whether somebody waits.

use crate::base::{Span, Time};
use crate::plan::CoDel;

/// Since when somebody has been waiting without a break.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presence {
    since: Time,
}

impl Presence {
    /// Somebody joins a line that was empty: it was so up to this moment.
    pub fn begins(&mut self, now: Time) {
        self.since = now;
    }

    /// Has the line, in which somebody waits now, not been empty for this long?
    pub fn stands(&self, now: Time, long: Span) -> bool {
        now.since(self.since) > long
    }
}

/// Until when somebody who joins the line now waits at most.
pub fn patience(policy: CoDel, presence: Presence, anyone_waits: bool, now: Time) -> Time {
    let stands = anyone_waits && presence.stands(now, policy.interval);
    now + if stands { policy.target } else { policy.interval }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_queue_grants_little() {
        let policy = CoDel { target: Span::from_millis(5), interval: Span::from_millis(100) };
        let at = |ms| Time(Span::from_millis(ms).0);
        let mut presence = Presence::default();
        presence.begins(at(1000));
        assert_eq!(patience(policy, presence, true, at(1050)), at(1150));
        assert_eq!(
            patience(policy, presence, true, at(1100)),
            at(1200),
            "empty exactly that long ago is not longer ago"
        );
        assert_eq!(patience(policy, presence, true, at(1101)), at(1106));
        assert_eq!(patience(policy, presence, false, at(2000)), at(2100), "an empty line does not stand");
    }
}
