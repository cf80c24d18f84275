//! A caller's own list of a cache's replicas: who fails several times in a row is out of it for a time, and its keys go to others.
//! It knows nothing of what the replica holds meanwhile: that is how old values come back.

use super::placement::Out;
use super::slab::Handle;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome};
use crate::base::{ErrorKind, MeterId, Time};
use crate::plan::{Edge, Eject};

/// Nobody chose a replica: the called service does.
pub const ANY: u32 = u32::MAX;

pub struct Ejector {
    spec: Eject,
    /// Failures in a row, by replica.
    failures: Vec<u32>,
    /// Who may come back, and when.
    returns: Vec<(Time, u32)>,
    pub out: Out,
    /// Counts ejections.
    pub meter: MeterId,
}

impl Ejector {
    pub fn new(spec: Eject, meter: MeterId) -> Ejector {
        Ejector { spec, failures: Vec::new(), returns: Vec::new(), out: Out::default(), meter }
    }

    /// The list under new values: those that are out stay out for as long as they were told.
    pub fn after(before: Option<Ejector>, edge: &Edge) -> Option<Ejector> {
        let spec = edge.eject?;
        Some(match before {
            Some(before) => Ejector { spec, ..before },
            None => Ejector::new(spec, MeterId::NONE),
        })
    }

    /// An attempt at a replica is over; `true` if the replica is put out of the list for it.
    pub fn heard(&mut self, replica: u32, failed: bool, now: Time) -> bool {
        if self.failures.len() <= replica as usize {
            self.failures.resize(replica as usize + 1, 0);
        }
        let failures = &mut self.failures[replica as usize];
        *failures = if failed { *failures + 1 } else { 0 };
        if *failures < self.spec.after || self.out.contains(replica) {
            return false;
        }
        *failures = 0;
        self.out.add(replica);
        self.returns.push((now + self.spec.length, replica));
        true
    }

    /// A replica whose time is over. It goes back into the list, or stays out for the same time once more.
    fn back(&mut self, now: Time, is_well: impl Fn(u32) -> bool) -> Option<u32> {
        let due = self.returns.iter().position(|(at, _)| *at <= now)?;
        let (_, replica) = self.returns.swap_remove(due);
        if self.spec.flush && !is_well(replica) {
            self.returns.push((now + self.spec.length, replica));
            return self.back(now, is_well);
        }
        self.out.remove(replica);
        // Attempts that were under way when it was put out have failed since.
        self.failures[replica as usize] = 0;
        Some(replica)
    }
}

impl<W: Wire> Engine<W> {
    /// Chooses the replica of a cache that an attempt goes to, where the caller keeps a list of its own.
    pub(super) fn aim(&mut self, edge: EdgeId, key: u32) -> u32 {
        let Some(ejector) = &mut self.links[edge.index()].ejector else { return ANY };
        let to = self.plan.edge(edge).to;
        let node = &mut self.nodes[to.index()];
        let Some(contents) = &mut node.contents else { return ANY };
        if self.wire.is_real(to) {
            return ANY;
        }
        let replicas = &node.replicas;
        let is_well = |replica: u32| {
            replicas.get(replica as usize).is_none_or(|place| place.down.is_empty() && place.frozen.is_empty())
        };
        while let Some(replica) = ejector.back(self.now, is_well) {
            if ejector.spec.flush {
                contents.flush(replica);
            }
        }
        let load = |replica: u32| replicas[replica as usize].inside();
        contents.choose(key, &ejector.out, load, self.now)
    }

    /// The replica that an attempt was sent to by its caller, if that chose one.
    pub(super) fn aimed_at(&self, call: Handle, attempt: u16) -> Option<u32> {
        self.calls.get(call).filter(|call| call.attempt == attempt)?;
        let aimed = self.calls.beside(call).aimed;
        (aimed != ANY).then_some(aimed)
    }

    /// What a caller makes of the end of an attempt at a replica that it chose.
    pub(super) fn heard_from(&mut self, edge: EdgeId, replica: u32, outcome: Outcome) {
        use ErrorKind::{Crashed, Refused, Reset, Timeout, WaitTimeout};
        let failed = matches!(outcome, Outcome::Failed(Timeout | WaitTimeout | Refused | Reset | Crashed));
        let Some(ejector) = &mut self.links[edge.index()].ejector else { return };
        if ejector.heard(replica, failed, self.now) {
            self.meters.count(ejector.meter, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn list(flush: bool) -> Ejector {
        Ejector::new(Eject { after: 2, length: Span::from_secs(30), flush }, MeterId::NONE)
    }

    fn at(seconds: f64) -> Time {
        Time::from_secs_f64(seconds)
    }

    #[test]
    fn only_failures_in_a_row_put_a_replica_out() {
        let mut list = list(false);
        assert!(!list.heard(3, true, at(1.0)));
        assert!(!list.heard(3, false, at(2.0)));
        assert!(!list.heard(3, true, at(3.0)));
        assert!(!list.heard(1, true, at(3.0)), "each is counted for itself");
        assert!(list.heard(3, true, at(4.0)));
        assert!(!list.heard(3, true, at(5.0)) && !list.heard(3, true, at(5.0)), "it is out already");
        assert_eq!((list.out.contains(3), list.out.contains(1)), (true, false));
        assert_eq!(list.back(at(33.9), |_| true), None);
        assert_eq!(list.back(at(34.0), |_| true), Some(3));
        assert!(list.out.is_empty());
    }

    #[test]
    fn who_cannot_be_emptied_stays_out() {
        let mut list = list(true);
        list.heard(0, true, at(0.0));
        list.heard(0, true, at(0.0));
        assert_eq!(list.back(at(30.0), |_| false), None);
        assert_eq!(list.back(at(59.9), |_| true), None, "for the same time once more");
        assert_eq!(list.back(at(60.0), |_| true), Some(0));
    }
}
