//! Calls made at once of which so many must succeed: when enough have, or enough no longer can. Counts, and nothing else.

/// Small, because every request in flight has room for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Successes still needed.
    needed: u16,
    /// Failures that can still be borne.
    spare: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    Open,
    Reached,
    OutOfReach,
}

impl Quorum {
    /// `needed` successes out of `made` calls; all of them, if fewer were made. `None` if none is needed.
    pub fn new(needed: u32, made: u32) -> Option<Quorum> {
        let needed = needed.min(made);
        let small = |count: u32| u16::try_from(count).expect("a step with a quorum makes fewer than 2^16 calls");
        (needed > 0).then(|| Quorum { needed: small(needed), spare: small(made - needed) })
    }

    /// One of the calls ended.
    pub fn ended(&mut self, failed: bool) -> Vote {
        match (failed, self.spare) {
            (true, 0) => return Vote::OutOfReach,
            (true, _) => self.spare -= 1,
            (false, _) => self.needed -= 1,
        }
        if self.needed == 0 { Vote::Reached } else { Vote::Open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(needed: u32, made: u32, failed: &[bool]) -> Vote {
        let mut quorum = Quorum::new(needed, made).expect("some are needed");
        failed.iter().map(|failed| quorum.ended(*failed)).find(|vote| *vote != Vote::Open).unwrap_or(Vote::Open)
    }

    #[test]
    fn two_of_three_bear_one_failure_and_not_two() {
        assert_eq!(votes(2, 3, &[false, true]), Vote::Open);
        assert_eq!(votes(2, 3, &[false, true, false]), Vote::Reached);
        assert_eq!(votes(2, 3, &[true, false, true]), Vote::OutOfReach);
        assert_eq!(votes(1, 3, &[true, true, false]), Vote::Reached);
        assert_eq!(votes(3, 3, &[false, true]), Vote::OutOfReach);
    }

    #[test]
    fn of_fewer_calls_all_are_needed_and_of_none_nothing() {
        assert_eq!(votes(2, 1, &[false]), Vote::Reached);
        assert_eq!((Quorum::new(2, 0), Quorum::new(0, 3)), (None, None));
    }
}
