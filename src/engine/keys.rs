//! Which key a request asks for: Zipf or uniform over a dense universe, by Walker's alias method (Vose's construction).

use crate::base::Dice;
use crate::plan::Keys;

/// Draws ranks 0..count; rank r has weight 1/(r+1)^skew. One uniform draw and one comparison each.
#[derive(Clone, Debug)]
pub struct KeySampler {
    count: u32,
    /// Empty when the keys are equally likely.
    alias: Vec<(f64, u32)>,
    hot: Option<(u32, f64)>,
    dice: Dice,
}

impl KeySampler {
    pub fn new(keys: Keys, dice: Dice) -> KeySampler {
        let alias = if keys.skew == 0.0 { Vec::new() } else { alias_table(keys) };
        KeySampler { count: keys.count, alias, hot: keys.hot, dice }
    }

    pub fn reconfigure(&mut self, keys: Keys) {
        self.count = keys.count;
        self.hot = keys.hot;
        self.alias = if keys.skew == 0.0 { Vec::new() } else { alias_table(keys) };
    }

    #[inline]
    pub fn draw(&mut self) -> u32 {
        if let Some((key, share)) = self.hot
            && self.dice.chance(share)
        {
            return key;
        }
        let pick = self.dice.below(u64::from(self.count)) as u32;
        match self.alias.get(pick as usize) {
            Some((keep, other)) if self.dice.unit() >= *keep => *other,
            _ => pick,
        }
    }
}

/// M. D. Vose, "A linear algorithm for generating random numbers with a given distribution", IEEE TSE 17(9), 1991.
fn alias_table(keys: Keys) -> Vec<(f64, u32)> {
    let weights: Vec<f64> = (1..=keys.count).map(|rank| libm::pow(f64::from(rank), -keys.skew)).collect();
    let scale = f64::from(keys.count) / weights.iter().sum::<f64>();
    let mut share: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
    let mut table: Vec<(f64, u32)> = (0..keys.count).map(|key| (1.0, key)).collect();
    let (mut small, mut large): (Vec<u32>, Vec<u32>) = (0..keys.count).partition(|key| share[*key as usize] < 1.0);
    while let (Some(less), Some(more)) = (small.pop(), large.last().copied()) {
        table[less as usize] = (share[less as usize], more);
        share[more as usize] -= 1.0 - share[less as usize];
        if share[more as usize] < 1.0 {
            large.pop();
            small.push(more);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hot_key_has_its_share_and_the_others_share_the_rest() {
        let keys = Keys { count: 10, skew: 0.0, hot: Some((7, 0.5)) };
        let mut sampler = KeySampler::new(keys, Dice::named(1, "keys"));
        let n = 100_000;
        let hot = (0..n).filter(|_| sampler.draw() == 7).count() as f64 / f64::from(n);
        assert!((hot - 0.55).abs() < 0.01, "half of all, and a tenth of the other half: {hot}");
    }

    #[test]
    fn shares_follow_the_law() {
        for skew in [0.0, 0.8, 1.0, 1.2] {
            let keys = Keys { count: 100, skew, hot: None };
            let mut sampler = KeySampler::new(keys, Dice::named(1, "keys"));
            let mut counts = [0u32; 100];
            let n = 400_000;
            (0..n).for_each(|_| counts[sampler.draw() as usize] += 1);
            let total: f64 = (1..=100).map(|r| f64::from(r).powf(-skew)).sum();
            for rank in [0usize, 1, 9, 99] {
                let p = ((rank + 1) as f64).powf(-skew) / total;
                let sd = (f64::from(n) * p * (1.0 - p)).sqrt();
                let off = (f64::from(counts[rank]) - f64::from(n) * p).abs();
                assert!(off < 4.5 * sd, "skew {skew} rank {rank}: off by {off}, sd {sd}");
            }
        }
    }
}
