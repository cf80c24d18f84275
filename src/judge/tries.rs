//! A live run that was played again because it did not hold: what the earlier tries said. Held at last is not held: such a run is flaky, and is told so.

use super::{ExitCode, Judged, Judgement, Verdict};
use serde::{Deserialize, Serialize};

/// A try that did not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    pub verdict: Verdict,
    pub reason: String,
    /// The lines that did not hold, of those that decide.
    pub missed: Vec<Judged>,
}

impl Try {
    pub fn of(judgement: &Judgement) -> Try {
        let missed = judgement.deciding().iter().filter(|line| line.verdict != Verdict::Holds).cloned();
        Try { verdict: judgement.verdict, reason: judgement.reason.clone(), missed: missed.collect() }
    }
}

impl Judgement {
    /// Whether another try may change it. A guardrail that stopped a run is no accident, and is not tempted again.
    pub fn may_be_retried(&self) -> bool {
        self.verdict != Verdict::Holds && self.exit != ExitCode::Guardrail
    }

    /// The judgement of the last of several tries.
    pub fn after(self, tries: Vec<Try>) -> Judgement {
        let Some(first) = tries.first() else { return self };
        let reason = match self.verdict {
            Verdict::Holds => format!("{}, flaky: at try {}, after {}", self.reason, tries.len() + 1, first.reason),
            Verdict::Broken | Verdict::CannotTell => {
                format!("{}, as at each of {} tries before", self.reason, tries.len())
            }
        };
        Judgement { reason, flaky: self.verdict == Verdict::Holds, tries, ..self }
    }

    /// For those who want no run that holds now and then.
    pub fn refusing_flaky(self) -> Judgement {
        match self.flaky && self.exit == ExitCode::Held {
            true => Judgement {
                verdict: Verdict::Broken,
                exit: ExitCode::Broken,
                reason: format!("{}, which is not to pass", self.reason),
                ..self
            },
            false => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::judge;
    use crate::record::fixture;

    #[test]
    fn held_at_last_is_flaky_and_may_be_refused() {
        let plan = fixture::judged_plan();
        let broken = judge(&fixture::recording(&plan));
        assert!(broken.verdict == Verdict::Broken && broken.may_be_retried());
        let earlier = Try::of(&broken);
        let missed: Vec<&str> = earlier.missed.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(missed, ["p99(users) < 5ms during slow", "p99.9(users) < 5ms during slow"]);
        let mut mended = plan.clone();
        mended.expectations.truncate(1);
        let held = judge(&fixture::recording(&mended));
        assert_eq!((held.verdict, held.may_be_retried(), held.flaky), (Verdict::Holds, false, false));
        let flaky = held.clone().after(vec![earlier.clone()]);
        assert_eq!(
            (flaky.exit, flaky.flaky, flaky.reason.as_str()),
            (ExitCode::Held, true, "1 of 1 expectation held, flaky: at try 2, after 1 of 3 expectations broken")
        );
        assert_eq!(flaky.refusing_flaky().exit, ExitCode::Broken);
        assert_eq!(held.clone().refusing_flaky(), held);
        let never = broken.after(vec![earlier.clone(), earlier]);
        assert!(!never.flaky && never.reason.ends_with("broken, as at each of 2 tries before"), "{}", never.reason);
    }
}
