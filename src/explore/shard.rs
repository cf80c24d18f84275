//! Which part of many runs this process plays: every n-th, beginning with the k-th. Slurm and Kubernetes say it in the environment of an array's task.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// More parts than this are surely a slip.
const OF_MAX: usize = 100_000;
/// More missing ones are not named.
const NAMED_MAX: usize = 20;

/// `number` of `of`, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    pub number: usize,
    pub of: usize,
}

impl Shard {
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// `3/8`.
    pub fn read(text: &str) -> Result<Shard, String> {
        let wrong = || format!("`{text}` is no shard: write k/n, such as 1/8, with 1 <= k <= n <= {OF_MAX}");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let (number, of) = (number.trim().parse().map_err(|_| wrong())?, of.trim().parse().map_err(|_| wrong())?);
        if (1..=of).contains(&number) && of <= OF_MAX { Ok(Shard { number, of }) } else { Err(wrong()) }
    }

    /// What an engine for many tasks says of this one: a Slurm array, a Kubernetes Indexed Job (with `SHARDS` for the number of its pods).
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Shard>, String> {
        let number = |name: &str| -> Result<Option<usize>, String> {
            variable(name)
                .map(|text| text.trim().parse().map_err(|_| format!("{name}={text} is not a number")))
                .transpose()
        };
        let shard = |index: usize, of: usize, name: &str| {
            Shard::read(&format!("{}/{of}", index + 1)).map_err(|_| format!("{name} says task {index} of {of}"))
        };
        if let (Some(index), Some(of)) = (number("SLURM_ARRAY_TASK_ID")?, number("SLURM_ARRAY_TASK_COUNT")?) {
            let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0);
            return shard(index.saturating_sub(first), of, "SLURM_ARRAY_TASK_ID").map(Some);
        }
        if let Some(index) = number("JOB_COMPLETION_INDEX")? {
            let of = number("SHARDS")?.ok_or("JOB_COMPLETION_INDEX is set, but not SHARDS: how many are there?")?;
            return shard(index, of, "JOB_COMPLETION_INDEX").map(Some);
        }
        Ok(None)
    }

    /// Is this run ours?
    pub fn has(&self, run: usize) -> bool {
        run % self.of == self.number - 1
    }
}

/// The results of shards in their order, and which shards are not there. A shard that was played twice, because an engine tried it again, says the
/// same twice, and counts once.
pub fn gather<R>(all: impl IntoIterator<Item = (Shard, R)>) -> Result<(Vec<R>, Vec<Shard>), String> {
    let mut shards: BTreeMap<Shard, R> = BTreeMap::new();
    for (shard, one) in all {
        shards.entry(shard).or_insert(one);
    }
    let of = shards.keys().next().map_or(1, |shard| shard.of);
    if let Some(other) = shards.keys().find(|shard| shard.of != of) {
        return Err(format!("shards of {of} and of {} do not fit together", other.of));
    }
    let every = (1..=of).map(|number| Shard { number, of });
    let missing = every.filter(|shard| !shards.contains_key(shard)).collect();
    Ok((shards.into_values().collect(), missing))
}

/// `2 of 8 shards are missing: 3/8, 5/8`.
pub fn missing_words(missing: &[Shard]) -> String {
    let of = missing.first().map_or(0, |shard| shard.of);
    let named: Vec<String> = missing.iter().take(NAMED_MAX).map(Shard::to_string).collect();
    let more = missing.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} of {of} shards are missing: {}{more}", missing.len(), named.join(", "))
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_k_of_n() {
        assert_eq!(Shard::read("3/8"), Ok(Shard { number: 3, of: 8 }));
        for wrong in ["", "3", "0/8", "9/8", "3/0", "-1/8", "1/1000000", "a/b"] {
            assert!(Shard::read(wrong).is_err(), "{wrong}");
        }
        let counts: Vec<usize> =
            (1..=3).map(|number| (0..10).filter(|run| Shard { number, of: 3 }.has(*run)).count()).collect();
        assert_eq!(counts, [4, 3, 3]);
    }

    #[test]
    fn engines_say_it_in_the_environment() {
        let with = |pairs: &'static [(&'static str, &'static str)]| {
            Shard::of_environment(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
        };
        assert_eq!(with(&[]), Ok(None));
        let slurm =
            with(&[("SLURM_ARRAY_TASK_ID", "12"), ("SLURM_ARRAY_TASK_COUNT", "16"), ("SLURM_ARRAY_TASK_MIN", "1")]);
        assert_eq!(slurm, Ok(Some(Shard { number: 12, of: 16 })));
        assert_eq!(with(&[("JOB_COMPLETION_INDEX", "0"), ("SHARDS", "4")]), Ok(Some(Shard { number: 1, of: 4 })));
        assert!(with(&[("JOB_COMPLETION_INDEX", "0")]).is_err());
        assert!(with(&[("JOB_COMPLETION_INDEX", "4"), ("SHARDS", "4")]).is_err());
    }
}
