//! Which of many things that come one after another: the first so many, every so-manieth, a share by dice. It only counts.

use super::Dice;
use serde::{Deserialize, Serialize};

/// All that is said must hold. What does not count as coming (a message that nobody asked for) is not shown to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Which {
    /// Each is picked with this chance, 0 to 1.
    pub share: f64,
    /// Only of the first so many that come.
    pub first: Option<u64>,
    /// The n-th, the 2n-th and so on; 1: each.
    pub every: u64,
}

impl Which {
    pub const ALL: Which = Which { share: 1.0, first: None, every: 1 };

    pub fn share(share: f64) -> Which {
        Which { share, ..Which::ALL }
    }

    /// Whether the counts allow the one with this number (from 0; `None`: it was there before the counting began).
    pub fn counts(&self, number: Option<u64>) -> bool {
        match number {
            None => self.first.is_none() && self.every <= 1,
            Some(number) => {
                self.first.is_none_or(|first| number < first) && (number + 1).is_multiple_of(self.every.max(1))
            }
        }
    }
}

/// How far the counting is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Picker {
    seen: u64,
}

impl Picker {
    /// One more comes: is it picked? The dice are thrown only where a share is asked for and the count allows it.
    pub fn picks(&mut self, which: Which, dice: &mut Dice) -> bool {
        self.seen += 1;
        let counted =
            self.seen.is_multiple_of(which.every.max(1)) && which.first.is_none_or(|first| self.seen <= first);
        counted && (which.share >= 1.0 || dice.chance(which.share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(which: Which) -> Vec<u64> {
        let (mut picker, mut dice) = (Picker::default(), Dice::named(1, "which"));
        (1..=20).filter(|_| picker.picks(which, &mut dice)).collect()
    }

    #[test]
    fn numbers_count_from_the_beginning() {
        let counted = |which: Which| (0..8).filter(|number| which.counts(Some(*number))).collect::<Vec<_>>();
        assert_eq!(counted(Which { first: Some(2), ..Which::ALL }), [0, 1]);
        assert_eq!(counted(Which { first: Some(4), every: 2, ..Which::ALL }), [1, 3]);
        assert!(Which::ALL.counts(None) && !Which { every: 2, ..Which::ALL }.counts(None));
    }

    #[test]
    fn counts_and_shares_are_asked_together() {
        assert_eq!(picked(Which::ALL), (1..=20).collect::<Vec<_>>());
        assert_eq!(picked(Which { first: Some(3), ..Which::ALL }), [1, 2, 3]);
        assert_eq!(picked(Which { every: 7, ..Which::ALL }), [7, 14]);
        assert_eq!(picked(Which { every: 4, first: Some(9), ..Which::ALL }), [4, 8]);
        assert!(picked(Which { share: 0.0, ..Which::ALL }).is_empty());
        let half = picked(Which { share: 0.5, ..Which::ALL });
        assert!((4..=16).contains(&half.len()), "{half:?}");
        assert_eq!(half, picked(Which { share: 0.5, ..Which::ALL }), "the same seed picks the same ones");
    }
}
