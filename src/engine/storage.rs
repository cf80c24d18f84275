//! The space of a store: appends go to the first server with room, found by probing servers at random.
//!
//! Servers fill one after another, so the share of probes that find room is the share of servers that are not full. With n probes
//! the chance to find none is (1 - p)^n, and cleaning up by appending tombstones makes it worse.

use crate::base::{Dice, FaultId, Span};
use crate::plan::StoreSpec;

#[derive(Clone, Debug)]
pub struct Storage {
    spec: StoreSpec,
    data_bytes: u64,
    ballast: Vec<(FaultId, u64)>,
    dice: Dice,
}

impl Storage {
    pub fn new(spec: &StoreSpec, dice: Dice) -> Storage {
        let reclaimed = if spec.reclaim { spec.orphan_bytes } else { 0 };
        Storage { data_bytes: spec.used_bytes.saturating_sub(reclaimed), ballast: Vec::new(), dice, spec: spec.clone() }
    }

    pub fn capacity(&self) -> u64 {
        u64::from(self.spec.servers) * self.spec.server_bytes
    }

    pub fn used(&self) -> u64 {
        let ballast = self.ballast.iter().fold(0u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
        self.data_bytes.saturating_add(ballast).min(self.capacity())
    }

    /// Looks for a server with room: how long that takes, and whether one was found.
    pub fn probe(&mut self) -> (Span, bool) {
        let full = (self.used() / self.spec.server_bytes.max(1)).min(u64::from(self.spec.servers));
        let with_room = 1.0 - full as f64 / f64::from(self.spec.servers);
        if self.spec.indexed {
            return (self.spec.probe, with_room > 0.0);
        }
        let tries = (1..=self.spec.probes_max).find(|_| self.dice.chance(with_room));
        let made = tries.unwrap_or(self.spec.probes_max);
        (Span(self.spec.probe.0.saturating_mul(u64::from(made))), tries.is_some())
    }

    pub fn append(&mut self) {
        self.data_bytes = self.data_bytes.saturating_add(self.spec.append_bytes).min(self.capacity());
    }

    /// Fills up to this share of the capacity, or by this share; says how many bytes that took.
    pub fn fill(&mut self, fault: FaultId, share: f64, added: bool) -> u64 {
        let wanted = (self.capacity() as f64 * share) as u64;
        let room = self.capacity() - self.used();
        let bytes = if added { wanted.min(room) } else { wanted.saturating_sub(self.used()) };
        self.ballast.push((fault, bytes));
        bytes
    }

    pub fn take_away(&mut self, fault: FaultId) {
        self.ballast.retain(|(of, _)| *of != fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_follow_the_geometric_law() {
        for (used, p) in [(0.8, 0.2), (0.9, 0.1), (0.95, 0.05), (0.98, 0.02)] {
            let spec = StoreSpec {
                servers: 1000,
                server_bytes: 1 << 30,
                used_bytes: (1000.0 * used * (1u64 << 30) as f64) as u64,
                orphan_bytes: 0,
                reclaim: false,
                append_bytes: 0,
                probe: Span::from_millis(20),
                probes_max: 25,
                indexed: false,
            };
            let mut storage = Storage::new(&spec, Dice::named(1, "probe"));
            let n = 200_000;
            let (mut failed, mut probes) = (0u32, 0.0);
            for _ in 0..n {
                let (time, found) = storage.probe();
                failed += u32::from(!found);
                probes += time.as_secs_f64() / 0.020;
            }
            let (failed, probes) = (f64::from(failed) / f64::from(n), probes / f64::from(n));
            let none: f64 = (1.0f64 - p).powi(25);
            assert!((failed / none - 1.0).abs() < 0.12, "p {p}: {failed} against {none}");
            let mean = (1.0 - none) / p;
            assert!((probes / mean - 1.0).abs() < 0.02, "p {p}: {probes} against {mean}");
        }
    }

    #[test]
    fn ballast_heals_alone() {
        let spec = StoreSpec {
            servers: 10,
            server_bytes: 100,
            used_bytes: 200,
            orphan_bytes: 100,
            reclaim: true,
            append_bytes: 10,
            probe: Span::from_millis(1),
            probes_max: 5,
            indexed: true,
        };
        let mut storage = Storage::new(&spec, Dice::named(1, "probe"));
        assert_eq!(storage.used(), 100);
        assert_eq!(storage.fill(FaultId(0), 0.5, false), 400);
        assert_eq!(storage.fill(FaultId(1), 1.0, false), 500);
        assert!(!storage.probe().1);
        storage.take_away(FaultId(0));
        assert_eq!(storage.used(), 600);
        assert!(storage.probe().1);
        storage.append();
        assert_eq!(storage.used(), 610);
    }
}
