//! Which of the runs of a set one process plays: every n-th, or those whose names (scenario, variant, seed) fall to it. The second is stable: a run that
//! is added or taken away moves no other one to another shard.

use super::shard::Shard;
use crate::plan::digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How runs are dealt out to shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deal {
    #[default]
    EveryNth,
    ByName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub shard: Shard,
    pub deal: Deal,
}

impl Part {
    /// `3/8` or `hash:3/8`.
    pub fn read(text: &str) -> Result<Part, String> {
        let part = |deal| move |shard| Part { shard, deal };
        match text.split_once(':') {
            None => Shard::read(text).map(part(Deal::EveryNth)),
            Some(("hash", rest)) => Shard::read(rest).map(part(Deal::ByName)),
            Some((other, _)) => Err(format!(
                "`{other}` is no way to deal runs out: write k/n for every n-th, or hash:k/n by their names"
            )),
        }
    }

    /// Is this run ours? `index` counts the runs of the whole set from 0.
    pub fn has(&self, index: usize, name: &str) -> bool {
        match self.deal {
            Deal::EveryNth => self.shard.has(index),
            Deal::ByName => self.shard.has((hash(name) % self.shard.of as u64) as usize),
        }
    }

    /// For names of files: `3-of-8`, `hash-3-of-8`.
    pub fn in_file_names(&self) -> String {
        let Shard { number, of } = self.shard;
        format!("{}{number}-of-{of}", if self.deal == Deal::ByName { "hash-" } else { "" })
    }
}

/// The first 8 bytes of the SHA-256: the same for ever and everywhere.
fn hash(name: &str) -> u64 {
    let digest = digest::of_bytes(name.as_bytes());
    let digits = digest.strip_prefix("sha256:").and_then(|digits| digits.get(..16)).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_default()
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.deal == Deal::ByName { "hash:" } else { "" }, self.shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_k_of_n_by_number_or_by_name() {
        assert_eq!(Part::read("3/8").map(|part| part.to_string()), Ok("3/8".to_owned()));
        assert_eq!(Part::read("hash:3/8").map(|part| part.in_file_names()), Ok("hash-3-of-8".to_owned()));
        for (wrong, told) in [
            ("0/3", "`0/3` is no shard"),
            ("4/3", "`4/3` is no shard"),
            ("hash:1", "`1` is no shard"),
            ("count:1/3", "`count` is no way"),
            ("", "`` is no shard"),
        ] {
            assert!(Part::read(wrong).is_err_and(|error| error.starts_with(told)), "{wrong}");
        }
    }

    #[test]
    fn by_name_every_run_is_in_one_part_and_stays_there() {
        let names: Vec<String> = (0..300).map(|number| format!("shop.seed-{number}")).collect();
        let part = |number, of| Part { shard: Shard { number, of }, deal: Deal::ByName };
        let home = |name: &str| (1..=4).filter(|number| part(*number, 4).has(usize::MAX, name)).collect::<Vec<_>>();
        let homes: Vec<Vec<usize>> = names.iter().map(|name| home(name)).collect();
        assert!(homes.iter().all(|one| one.len() == 1));
        let sizes: Vec<usize> = (1..=4).map(|number| homes.iter().filter(|one| **one == [number]).count()).collect();
        assert!(sizes.iter().all(|size| (50..=100).contains(size)), "{sizes:?}");
        // The beginning of the SHA-256 of nothing, as in FIPS 180-4.
        assert_eq!(format!("{:016x}", hash("")), "e3b0c44298fc1c14");
    }
}
