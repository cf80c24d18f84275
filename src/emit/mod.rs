//! Files for engines that run many tasks on many machines: runs are handed to Slurm or Kubernetes as shards, and a merge that waits for them. It
//! renders text; submitting it is the user's, and running it the engine's.

pub mod chaos;
pub mod kubernetes;
mod slurm;
mod words;
mod yaml;

pub use slurm::slurm;

/// Runs that are cut into shards.
#[derive(Clone, Debug)]
pub struct Job {
    /// For names: lower-case letters, digits and dashes.
    pub name: String,
    /// How the program is called where the tasks run.
    pub program: String,
    /// The words behind `firedrill`: `sweep`, the scenario as it is called in the job's folder, its options. Without `--shard`, `--out` and `--jobs`.
    pub words: Vec<String>,
    pub shards: usize,
    /// Processors for each task.
    pub cpus: usize,
}

/// A file that the tasks read: the scenario, and what it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Companion {
    /// In the folder in which the tasks run; it does not lead out of it.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// A file and whether it is to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub name: &'static str,
    pub text: String,
    pub is_program: bool,
}

impl File {
    fn text(name: &'static str, text: String) -> File {
        File { name, text, is_program: false }
    }

    fn program(name: &'static str, text: String) -> File {
        File { name, text, is_program: true }
    }
}

/// A name that Slurm and Kubernetes take (RFC 1123 labels, with room for what they put behind it): `firedrill-shop-sweep-1f2e3d`.
pub fn name(scenario: &str, what: &str, digest: &str) -> String {
    const ROOM: usize = 30;
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let scenario: String = scenario.chars().map(plain).take(ROOM).collect();
    let digest = digest.get(digest.len().saturating_sub(6)..).unwrap_or_default();
    let parts = ["firedrill", scenario.trim_matches('-'), what, digest];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels() {
        assert_eq!(name("Shop (EU)", "sweep", "sha256:00abcdef"), "firedrill-shop--eu-sweep-abcdef");
        assert_eq!(name("läden", "edge", ""), "firedrill-l-den-edge");
        assert!(name(&"x".repeat(200), "sweep", "sha256:abcdef").len() <= 53);
    }
}
