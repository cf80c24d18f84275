//! Files for engines that run many tasks on many machines: a sweep is handed to Slurm as an array of shards and a merge that waits for it. It
//! renders text; submitting it is the user's, and running it the engine's.

mod slurm;
mod words;

pub use slurm::slurm;

/// A sweep that is cut into shards.
#[derive(Clone, Debug)]
pub struct Job {
    /// For names: letters, digits and dashes.
    pub name: String,
    /// How the program is called where the tasks run.
    pub program: String,
    /// The words behind `firedrill`: `sweep`, the scenario as it is called in the job's folder, its options. Without `--shard`, `--out` and `--jobs`.
    pub words: Vec<String>,
    pub shards: usize,
    /// Processors for each task.
    pub cpus: usize,
}

/// A file and whether it is to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub name: &'static str,
    pub text: String,
    pub is_program: bool,
}
