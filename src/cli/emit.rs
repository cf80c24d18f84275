//! `firedrill emit`: hands a sweep to an engine that runs tasks on many machines. It writes files and submits nothing.

use super::console::Console;
use super::ending::{Ending, Failure};
use super::{explore, select};
use crate::emit::{self, Job};
use crate::judge::ExitCode;
use crate::record::file::write_whole;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Write the files that hand a sweep to an existing engine
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill emit slurm --shards 16 -- sweep shop.yaml --vary services.db.workers=8..64:1 --seeds 100
  reports/shop.slurm/submit.sh --wait            submits the array and the merge that waits for it

What stands behind `--` is the sweep as it would be typed, without --shard. Every node must see the folder under the same path.")]
pub struct EmitArgs {
    #[command(subcommand)]
    engine: Engine,
}

#[derive(Debug, Subcommand)]
enum Engine {
    /// An array of shards, and a merge that waits for it
    Slurm(JobArgs),
}

#[derive(Debug, Args)]
struct JobArgs {
    /// How many parts; each should have minutes of work, as a task costs an engine about a second
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    shards: u32,
    /// Processors for each task
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    cpus: u32,
    /// How the program is called where the tasks run
    #[arg(long, value_name = "PATH", default_value = "firedrill")]
    program: String,
    /// The folder that is written; default: reports/NAME.slurm
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The sweep, as it would be typed
    #[arg(last = true, required = true, value_name = "sweep …")]
    words: Vec<String>,
}

pub fn run(args: &EmitArgs, console: &mut Console) -> Result<Ending, Failure> {
    let Engine::Slurm(job) = &args.engine;
    let asked = explore::parsed(&job.words)?;
    let to = job.to.clone().unwrap_or_else(|| Path::new("reports").join(format!("{}.slurm", asked.name)));
    let trouble = |error: std::io::Error| {
        Failure::usage(
            format!("{} cannot be written: {error}", to.display()),
            "give a folder that you can write to with --to DIR",
        )
    };
    std::fs::create_dir_all(&to).map_err(trouble)?;
    let folder = to.canonicalize().map_err(trouble)?;
    let words = with_scenario(&job.words, &asked, &folder).map_err(trouble)?;
    let job = Job {
        name: format!("firedrill-{}", asked.name),
        program: job.program.clone(),
        words,
        shards: job.shards as usize,
        cpus: job.cpus as usize,
    };
    for file in emit::slurm(&job, &folder) {
        let path = folder.join(file.name);
        write_whole(&path, file.text.as_bytes()).map_err(trouble)?;
        if file.is_program {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).map_err(trouble)?;
        }
    }
    console.out(&format!(
        "{} shards of {} runs in {}\n  {}   submits them, and the merge that waits for them\n",
        job.shards,
        asked.runs,
        to.display(),
        super::panics::quoted(&to.join("submit.sh").display().to_string())
    ));
    Ok(Ending::told(ExitCode::Held, "written; nothing was submitted"))
}

/// The words with the scenario's file beside the job; a built-in one is in the program.
fn with_scenario(words: &[String], asked: &explore::Parsed, folder: &Path) -> std::io::Result<Vec<String>> {
    let Some(text) = &asked.text else { return Ok(words.to_vec()) };
    const FILE: &str = "scenario.yaml";
    write_whole(&folder.join(FILE), text.as_bytes())?;
    let moved = |word: &String| if *word == asked.scenario { FILE.to_owned() } else { word.clone() };
    Ok(words.iter().map(moved).collect())
}

/// Whether a scenario is a file, which has to be taken along.
pub fn is_file(scenario: &str) -> bool {
    Path::new(scenario).is_file() && select::choose(&[scenario.to_owned()]).is_ok()
}
