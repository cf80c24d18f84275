//! Failures that a cache keeps for a while (negative caching), by replica and key. They take no room from entries, and decide nothing
//! about what is asked of the origin.

use super::{Contents, GHOST, NONE, Read};
use crate::base::{ErrorKind, Time};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct Failures {
    kept: BTreeMap<(u32, u32), (Time, ErrorKind)>,
}

impl Failures {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub fn keep(&mut self, replica: u32, key: u32, until: Time, kind: ErrorKind) {
        self.kept.insert((replica, key), (until, kind));
    }

    /// What is kept for a key; what is too old goes.
    pub fn read(&mut self, replica: u32, key: u32, now: Time) -> Option<ErrorKind> {
        let (until, kind) = self.kept.get(&(replica, key)).copied()?;
        if until <= now {
            self.kept.remove(&(replica, key));
        }
        (until > now).then_some(kind)
    }

    /// The same, without a change.
    pub fn peek(&self, replica: u32, key: u32, now: Time) -> Option<ErrorKind> {
        self.kept.get(&(replica, key)).filter(|(until, _)| *until > now).map(|(_, kind)| *kind)
    }

    pub fn forget(&mut self, replica: u32, key: u32) {
        self.kept.remove(&(replica, key));
    }

    /// Those of a replica are gone, each with this answer of `goes`; says how many.
    pub fn lose(&mut self, replica: u32, mut goes: impl FnMut() -> bool) -> u64 {
        let before = self.kept.len();
        self.kept.retain(|(of, _), _| *of != replica || !goes());
        (before - self.kept.len()) as u64
    }
}

impl Contents {
    /// No value is fresh: is it known how its rebuild fails?
    #[inline]
    pub(super) fn miss(&mut self, replica: u32, key: u32, now: Time) -> Read {
        if self.failures.is_empty() {
            return Read::Miss;
        }
        self.failures.read(replica, key, now).map_or(Read::Miss, Read::Failure)
    }

    /// Does it keep failures of this kind?
    pub fn keeps(&self, kind: ErrorKind) -> bool {
        self.spec.failures.as_ref().is_some_and(|failures| failures.kinds.contains(&kind))
    }

    /// The rebuild of a key failed, in a way that is kept. A value that is fresh stays.
    pub fn keep_failure(&mut self, replica: u32, key: u32, kind: ErrorKind, now: Time) {
        let Some(ttl) = self.spec.failures.as_ref().map(|failures| failures.ttl) else { return };
        if key as usize >= self.first.len() || replica as usize >= self.held.len() {
            return;
        }
        let slot = self.find(key, replica);
        let is_fresh = slot != NONE && self.slots[slot].list != GHOST && self.slots[slot].expires > now;
        if !is_fresh {
            self.failures.keep(replica, key, now + ttl, kind);
        }
    }

    /// Is this failure what one of the replicas would answer for a key? Changes nothing.
    pub fn peek_failure(&self, key: u32, kind: ErrorKind, now: Time) -> bool {
        !self.failures.is_empty()
            && (0..self.replicas()).any(|replica| self.failures.peek(replica, key, now) == Some(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_known_until_its_time_is_over_at_its_replica_alone() {
        let at = Time::from_secs_f64;
        let mut failures = Failures::default();
        failures.keep(0, 7, at(5.0), ErrorKind::Error);
        failures.keep(1, 7, at(9.0), ErrorKind::Mismatch);
        assert_eq!((failures.peek(0, 7, at(4.9)), failures.peek(0, 7, at(5.0))), (Some(ErrorKind::Error), None));
        assert_eq!((failures.read(0, 8, at(1.0)), failures.read(2, 7, at(1.0))), (None, None));
        assert_eq!(failures.read(0, 7, at(5.0)), None);
        assert_eq!(failures.read(0, 7, at(1.0)), None, "what was too old has gone");
        assert_eq!((failures.lose(0, || true), failures.lose(1, || false)), (0, 0));
        assert_eq!(failures.read(1, 7, at(8.9)), Some(ErrorKind::Mismatch));
        assert_eq!((failures.lose(1, || true), failures.is_empty()), (1, true));
    }
}
