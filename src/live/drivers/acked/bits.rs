//! One bit for each number, up to a bound.

use serde::{Deserialize, Serialize};

/// Numbers that are recorded: 8 MiB of bits.
const NUMBERS_MAX: u64 = 64 << 20;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn has(&self, number: u64) -> bool {
        self.0.get((number / 64) as usize).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// `false`: there is no room for it.
    pub fn set(&mut self, number: u64) -> bool {
        if number >= NUMBERS_MAX {
            return false;
        }
        let at = (number / 64) as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (number % 64);
        true
    }

    pub fn clear(&mut self, number: u64) {
        if let Some(word) = self.0.get_mut((number / 64) as usize) {
            *word &= !(1 << (number % 64));
        }
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}
