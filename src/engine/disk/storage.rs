//! How a store looks for room: appends go to the first server that has some, found by probing servers at random.
//!
//! Servers fill one after another, so the share of probes that find room is the share of servers that are not full. With n probes
//! the chance to find none is (1 - p)^n, and cleaning up by appending tombstones makes it worse. How much is used it is told.

use crate::base::{Dice, Span};
use crate::plan::StoreSpec;

#[derive(Clone, Debug)]
pub struct Storage {
    spec: StoreSpec,
    dice: Dice,
}

impl Storage {
    pub fn new(spec: &StoreSpec, dice: Dice) -> Storage {
        Storage { dice, spec: spec.clone() }
    }

    /// Looks for a server with room when so many bytes are used in all: how long that takes, and whether one was found.
    pub fn probe(&mut self, used: u64) -> (Span, bool) {
        let full = (used / self.spec.server_bytes.max(1)).min(u64::from(self.spec.servers));
        let with_room = 1.0 - full as f64 / f64::from(self.spec.servers);
        if self.spec.indexed {
            return (self.spec.probe, with_room > 0.0);
        }
        let tries = (1..=self.spec.probes_max).find(|_| self.dice.chance(with_room));
        let made = tries.unwrap_or(self.spec.probes_max);
        (Span(self.spec.probe.0.saturating_mul(u64::from(made))), tries.is_some())
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
                probe: Span::from_millis(20),
                probes_max: 25,
                indexed: false,
            };
            let bytes = (1000.0 * used * (1u64 << 30) as f64) as u64;
            let mut storage = Storage::new(&spec, Dice::named(1, "probe"));
            let n = 200_000;
            let (mut failed, mut probes) = (0u32, 0.0);
            for _ in 0..n {
                let (time, found) = storage.probe(bytes);
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
}
