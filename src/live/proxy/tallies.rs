//! The books of everything that ever acted on one proxy. They outlive what they are about, so that no sum ever falls; but names come
//! from outside and without end, so of those that are healed only so many are kept by themselves. It counts nothing itself.

use super::evidence::{Evidence, Tally};
use super::rules::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names beyond which the one that was put in force longest ago, and is no more, is put among [`OTHERS`].
pub const NAMES_MAX: usize = 1000;
/// What stands for all names that are not kept any more.
pub const OTHERS: &str = "(others)";

#[derive(Debug, Default)]
pub struct Tallies {
    /// With the number of the turn at which it was asked for last.
    by_key: BTreeMap<Key, (u64, Arc<Tally>)>,
    turns: u64,
}

impl Tallies {
    /// The books of one that is put in force. `in_force`: who must be kept.
    pub fn of(&mut self, key: &Key, in_force: impl Fn(&Key) -> bool) -> Arc<Tally> {
        self.turns += 1;
        if let Some((turn, tally)) = self.by_key.get_mut(key) {
            *turn = self.turns;
            return tally.clone();
        }
        if self.by_key.len() >= NAMES_MAX {
            self.put_one_away(in_force);
        }
        let tally = Arc::<Tally>::default();
        self.by_key.insert(key.clone(), (self.turns, tally.clone()));
        tally
    }

    fn put_one_away(&mut self, in_force: impl Fn(&Key) -> bool) {
        let others = Key::Named(OTHERS.into());
        let gone = |key: &Key| matches!(key, Key::Named(_)) && *key != others && !in_force(key);
        let oldest = self.by_key.iter().filter(|(key, _)| gone(key)).min_by_key(|(_, (turn, _))| *turn);
        let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { return };
        if let Some((_, tally)) = self.by_key.remove(&oldest) {
            self.by_key.entry(others).or_default().1.absorb(&tally);
        }
    }

    pub fn evidence(&self, key: &Key) -> Evidence {
        self.by_key.get(key).map(|(_, tally)| tally.evidence()).unwrap_or_default()
    }

    pub fn all(&self) -> Vec<(Key, Arc<Tally>)> {
        self.by_key.iter().map(|(key, (_, tally))| (key.clone(), tally.clone())).collect()
    }
}
