//! The files of a cgroup and what is written into them and read from them, for both versions of the kernel's interface. Pure: it
//! only knows names and texts. Source: Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the Linux kernel.

use super::{Controller, Version};
use crate::plan::Limit;

/// The kernel's usual period for processor quotas, in microseconds.
const PERIOD_US: u64 = 100_000;
/// The kernel takes no smaller quota.
const QUOTA_LEAST_US: u64 = 1_000;

/// The file that holds the limit.
pub fn file(controller: Controller, version: Version) -> &'static str {
    match (controller, version) {
        (Controller::Cpu, Version::V1) => "cpu.cfs_quota_us",
        (Controller::Cpu, Version::V2) => "cpu.max",
        (Controller::Memory, Version::V1) => "memory.limit_in_bytes",
        (Controller::Memory, Version::V2) => "memory.max",
        (Controller::Processes, _) => "pids.max",
    }
}

/// The limit as text; `cores` are those of which a share is left.
pub fn text(limit: &Limit, cores: u32, version: Version) -> String {
    match limit {
        Limit::Cpu { share } => {
            let quota = ((share * f64::from(cores) * PERIOD_US as f64) as u64).max(QUOTA_LEAST_US);
            match version {
                Version::V1 => quota.to_string(),
                Version::V2 => format!("{quota} {PERIOD_US}"),
            }
        }
        Limit::Memory { bytes: number } | Limit::Processes { count: number } | Limit::OpenFiles { count: number } => {
            number.to_string()
        }
    }
}

/// What stands there without a limit.
pub fn unlimited(controller: Controller, version: Version) -> &'static str {
    match (controller, version) {
        (Controller::Processes, _) | (Controller::Memory, Version::V2) => "max",
        (Controller::Cpu, Version::V2) => "max 100000",
        (Controller::Cpu | Controller::Memory, Version::V1) => "-1",
    }
}

/// A count that the kernel keeps of what a limit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    pub file: &'static str,
    /// The first word of the line; empty: the file holds the number alone.
    pub word: &'static str,
    /// For the report.
    pub what: &'static str,
}

/// What shows that a limit was felt.
pub fn counters(controller: Controller, version: Version) -> &'static [Counter] {
    const HELD: Counter = Counter { file: "cpu.stat", word: "nr_throttled", what: "periods held back" };
    const REFUSED: Counter = Counter { file: "pids.events", word: "max", what: "forks refused" };
    const MET: &str = "allocations at the limit";
    const KILLED: &str = "processes killed for memory";
    match (controller, version) {
        (Controller::Cpu, _) => &[HELD],
        (Controller::Processes, _) => &[REFUSED],
        (Controller::Memory, Version::V1) => &[
            Counter { file: "memory.failcnt", word: "", what: MET },
            Counter { file: "memory.oom_control", word: "oom_kill", what: KILLED },
        ],
        (Controller::Memory, Version::V2) => &[
            Counter { file: "memory.events", word: "max", what: MET },
            Counter { file: "memory.events", word: "oom_kill", what: KILLED },
        ],
    }
}

/// The number behind a word, or the only one. What is not there has not happened.
pub fn count(text: &str, word: &str) -> u64 {
    let number = match word {
        "" => text.trim().parse().ok(),
        _ => text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' ')?.trim().parse().ok()),
    };
    number.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_share_of_all_cores_and_never_nothing() {
        let cpu = |share| Limit::Cpu { share };
        assert_eq!(text(&cpu(0.2), 1, Version::V1), "20000");
        assert_eq!(text(&cpu(0.5), 4, Version::V2), "200000 100000");
        assert_eq!(text(&cpu(0.001), 1, Version::V1), "1000");
        assert_eq!(text(&Limit::Memory { bytes: 1 << 20 }, 1, Version::V2), "1048576");
    }

    #[test]
    fn counts_are_read_by_their_whole_word() {
        let text = "nr_periods 7\nnr_throttled 5\nthrottled_time 12\n";
        assert_eq!(count(text, "nr_throttled"), 5);
        assert_eq!(count("oom_kill_disable 1\nunder_oom 0\noom_kill 3\n", "oom_kill"), 3);
        assert_eq!((count("12\n", ""), count("", "max"), count("low 0\nmax 4\noom 1\n", "max")), (12, 0, 4));
    }
}
