//! Named dice: one small generator for each (place, purpose), so that adding a fault or a service never shifts the draws of another.

use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A random stream that belongs to one place and one purpose, such as `"retry/web->db"`, or to one draw of a [`Lot`](super::Lot).
#[derive(Clone, Debug)]
pub struct Dice<S = Xoshiro256PlusPlus> {
    source: S,
    ziggurat: &'static Ziggurat,
}

impl Dice {
    /// The stream of this name under this seed. Equal arguments give equal streams, on every machine.
    pub fn named(seed: u64, name: &str) -> Dice {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(name.as_bytes());
        Dice { source: Xoshiro256PlusPlus::from_seed(hash.finalize().into()), ziggurat: &ZIGGURAT }
    }
}

impl Dice<SplitMix64> {
    /// A stream that costs nothing to begin, for a few draws (Steele, Lea and Flood, OOPSLA 2014).
    #[inline]
    pub(super) fn from_state(state: u64) -> Dice<SplitMix64> {
        Dice { source: SplitMix64::from_seed(state.to_le_bytes()), ziggurat: &ZIGGURAT }
    }
}

impl<S: Rng> Dice<S> {
    #[inline(always)]
    pub fn bits(&mut self) -> u64 {
        self.source.next_u64()
    }

    /// Uniform in [0, 1) with 53 random bits.
    #[inline(always)]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as i64 as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in (0, 1], safe to take the logarithm of.
    #[inline]
    pub fn unit_above_zero(&mut self) -> f64 {
        1.0 - self.unit()
    }

    /// True with the given probability.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..bound` (multiply-shift; the bias is below `bound` / 2^64). `bound` must not be 0.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        debug_assert!(bound > 0);
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// Exponential with mean 1, by the ziggurat method (Marsaglia and Tsang, J. Stat. Software 5(8), 2000).
    #[inline(always)]
    pub fn exponential(&mut self) -> f64 {
        let zig = self.ziggurat;
        loop {
            let bits = self.bits();
            let layer = (bits & 0xff) as usize;
            // Through a signed number, which the processor turns into a floating one in one step.
            let fraction = (bits >> 11) as i64 as f64 * (1.0 / (1u64 << 53) as f64);
            let x = fraction * zig.x[layer];
            if x < zig.x[layer + 1] {
                return x;
            }
            if layer == 0 {
                return zig.tail - libm::log(self.unit_above_zero());
            }
            let height = zig.f[layer] + self.unit() * (zig.f[layer + 1] - zig.f[layer]);
            if height < libm::exp(-x) {
                return x;
            }
        }
    }

    /// Standard normal, by Box and Muller's transform; libm keeps it the same on every platform.
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(self.unit_above_zero()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }
}

/// 256 layers of equal area under exp(-x): `x` are the right edges from widest to 0, `f` the heights there.
#[derive(Debug)]
struct Ziggurat {
    x: [f64; 257],
    f: [f64; 257],
    tail: f64,
}

/// Where the tail begins for 256 layers, and the area of each layer (Marsaglia and Tsang, 2000).
const TAIL_START: f64 = 7.697_117_470_131_05;
const LAYER_AREA: f64 = 0.003_949_659_822_581_557;

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
    let mut x = [0.0; 257];
    let mut f = [0.0; 257];
    x[0] = LAYER_AREA / libm::exp(-TAIL_START);
    x[1] = TAIL_START;
    for layer in 2..256 {
        let above = libm::exp(-x[layer - 1]) + LAYER_AREA / x[layer - 1];
        x[layer] = -libm::log(above);
    }
    for layer in 0..257 {
        f[layer] = libm::exp(-x[layer]);
    }
    Ziggurat { x, f, tail: TAIL_START }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_give_equal_streams_and_others_do_not() {
        let draw = |seed, name: &str| Dice::named(seed, name).bits();
        assert_eq!(draw(7, "a"), draw(7, "a"));
        assert_ne!(draw(7, "a"), draw(7, "b"));
        assert_ne!(draw(7, "a"), draw(8, "a"));
    }

    #[test]
    fn exponential_has_the_right_moments_and_tail() {
        let mut dice = Dice::named(1, "exponential");
        let n = 2_000_000;
        let (mut sum, mut squares, mut over_three, mut over_nine) = (0.0, 0.0, 0, 0);
        for _ in 0..n {
            let x = dice.exponential();
            sum += x;
            squares += x * x;
            over_three += u32::from(x > 3.0);
            over_nine += u32::from(x > 9.0);
        }
        let n = f64::from(n);
        assert!((sum / n - 1.0).abs() < 4.0 / n.sqrt(), "mean {}", sum / n);
        assert!((squares / n - 2.0).abs() < 4.0 * (20.0 / n).sqrt(), "second moment {}", squares / n);
        for (count, p) in [(over_three, (-3.0f64).exp()), (over_nine, (-9.0f64).exp())] {
            let sd = (n * p).sqrt();
            assert!((f64::from(count) - n * p).abs() < 4.0 * sd, "{count} against {}", n * p);
        }
    }

    #[test]
    fn normal_has_mean_0_and_variance_1() {
        let mut dice = Dice::named(1, "normal");
        let n = 400_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let x = dice.normal();
            sum += x;
            squares += x * x;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 4.0 / n.sqrt());
        assert!((squares / n - 1.0).abs() < 4.0 * (2.0 / n).sqrt());
    }
}
