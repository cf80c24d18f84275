//! Who a request is, as far as luck goes: what it draws follows from one number that it carries, and from where it draws.
//!
//! So a request meets the same work in every variant of a run, whoever stands in line before it: what differs between two variants is
//! what was changed, not luck (common random numbers: Law, Simulation Modeling and Analysis, section 11.2). It keeps no state.

use super::Dice;
use rand_xoshiro::SplitMix64;
use sha2::{Digest, Sha256};

/// The identity of a request, or of a place where requests draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lot(pub u64);

/// An odd number that tells the draws of one request at one place apart (Steele and Vigna, multipliers for generators, 2021).
const STEP: u64 = 0xd134_2543_de82_ef95;

impl Lot {
    /// Of nobody yet.
    pub const NONE: Lot = Lot(0);

    /// The lot of a place and purpose, such as `"work/db"`, under this seed.
    pub fn named(seed: u64, name: &str) -> Lot {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(name.as_bytes());
        let bytes: [u8; 32] = hash.finalize().into();
        Lot(u64::from_le_bytes(bytes[..8].try_into().expect("8 of 32 bytes are 8 bytes")))
    }

    /// The `n`-th lot that follows from this one at a place. Those of different places, or numbers, have nothing to do with each other.
    #[inline]
    pub fn follow(self, place: Lot, n: u64) -> Lot {
        Lot(self.dice(place, n).bits())
    }

    /// The dice for the `n`-th draw of this lot at a place.
    #[inline(always)]
    pub fn dice(self, place: Lot, n: u64) -> Dice<SplitMix64> {
        Dice::from_state((self.0 ^ place.0).wrapping_add(n.wrapping_mul(STEP)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_draws_the_same_at_the_same_place_and_something_else_elsewhere() {
        let (lot, here, there) = (Lot::named(1, "request"), Lot::named(1, "work/db"), Lot::named(1, "work/web"));
        let draw = |place, n| lot.dice(place, n).bits();
        assert_eq!(draw(here, 3), draw(here, 3));
        assert_ne!(draw(here, 3), draw(here, 4));
        assert_ne!(draw(here, 3), draw(there, 3));
        assert_ne!(lot.follow(here, 1), lot.follow(here, 2));
    }

    /// One draw of each of many lots that follow from one another must be as good as many draws of one stream.
    #[test]
    fn first_draws_of_many_lots_are_exponential_and_independent() {
        let (users, work, calls) = (Lot::named(1, "users"), Lot::named(1, "work/db"), Lot::named(1, "call/db"));
        let n = 1_000_000;
        let (mut sum, mut squares, mut products, mut tail, mut before) = (0.0, 0.0, 0.0, 0, 1.0);
        for request in 0..n {
            let x = users.follow(calls, request).dice(work, 1).exponential();
            sum += x;
            squares += x * x;
            products += (x - 1.0) * (before - 1.0);
            tail += u32::from(x > 5.0);
            before = x;
        }
        let n = n as f64;
        assert!((sum / n - 1.0).abs() < 4.0 / n.sqrt(), "mean {}", sum / n);
        assert!((squares / n - 2.0).abs() < 4.0 * (20.0 / n).sqrt(), "second moment {}", squares / n);
        assert!((products / n).abs() < 4.0 / n.sqrt(), "covariance of neighbours {}", products / n);
        let p = (-5.0f64).exp();
        assert!((f64::from(tail) - n * p).abs() < 4.0 * (n * p).sqrt(), "{tail} over 5");
    }
}
