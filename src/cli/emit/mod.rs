//! `firedrill emit`: hands many runs to an engine that runs tasks on many machines. It writes files and submits nothing.

mod kubernetes;
mod live;
mod slurm;

use super::config;
use super::console::Console;
use super::ending::{Ending, Failure};
use super::explore::{self, Parsed};
use super::panics::quoted;
use crate::emit::{Companion, File, Job};
use crate::judge::ExitCode;
use crate::plan::digest;
use crate::record::file::write_whole;
use clap::{Args, Subcommand};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What the scenario's file is called beside the job.
const SCENARIO: &str = "scenario.yaml";

/// Write the files that hand a sweep, an edge, a hunt, the runs of a scenario or a live run to an existing engine
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill emit slurm --shards 16 -- sweep shop.yaml --vary services.db.workers=8..64:1 --seeds 100
  reports/shop.slurm/submit.sh --wait            submits the array and the merge that waits for it

  firedrill emit kubernetes --shards 16 --image registry.example/firedrill:0.1.0 --claim results -- sweep shop.yaml --vary services.db.workers=8..64:1
  reports/shop.kubernetes/submit.sh              applies an Indexed Job by kubectl, waits for it, merges

  firedrill emit kubernetes --shards 4 --image … --claim results --selector web=app=shop --kubectl-image alpine/k8s:1.33.4 -- run shop.yaml
  reports/shop.kubernetes/submit.sh              a live run: four pods make its load, Chaos Mesh plays its faults

What stands behind `--` is the sweep, edge, hunt or run as it would be typed, without --shard. The scenario's file and the files that it names are taken along.")]
pub struct EmitArgs {
    #[command(subcommand)]
    engine: Engine,
}

#[derive(Debug, Subcommand)]
enum Engine {
    /// An array of shards, and a merge that waits for it
    Slurm(slurm::SlurmArgs),
    /// An Indexed Job of shards, and a Job that merges them
    Kubernetes(Box<kubernetes::KubernetesArgs>),
}

/// What every engine is asked.
#[derive(Debug, Args)]
struct JobArgs {
    /// How many parts; each should have minutes of work, as a task costs an engine about a second
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    shards: u32,
    /// Processors for each task
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    cpus: u32,
    /// How the program is called where the tasks run
    #[arg(long, value_name = "PATH", default_value = "firedrill")]
    program: String,
    /// The folder that is written; default: reports/NAME.ENGINE
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The sweep, edge, hunt or run (for Kubernetes also a live one), as it would be typed
    #[arg(last = true, required = true, value_name = "COMMAND …")]
    words: Vec<String>,
}

pub fn run(args: &EmitArgs, console: &mut Console) -> Result<Ending, Failure> {
    match &args.engine {
        Engine::Slurm(args) => slurm::run(args, console),
        Engine::Kubernetes(args) => kubernetes::run(args, console),
    }
}

/// A job that is to be written.
struct Order {
    asked: Parsed,
    job: Job,
    companions: Vec<Companion>,
    to: PathBuf,
}

/// What was read here is what tasks play, whatever file or variables are found where they run.
fn alone(words: Vec<String>) -> Vec<String> {
    [words, vec!["--config-file".to_owned(), config::NONE.to_owned()]].concat()
}

impl Order {
    fn new(args: &JobArgs, engine: &str, console: &mut Console) -> Result<Order, Failure> {
        Order::of(args, engine, explore::parsed(&args.words, console)?)
    }

    fn of(args: &JobArgs, engine: &str, asked: Parsed) -> Result<Order, Failure> {
        let companions = companions(&asked)?;
        let job = Job {
            // As many shards as before, or else other results.
            name: crate::emit::name(
                &asked.name,
                asked.what,
                &digest::of_bytes(format!("{} {}", asked.digest, args.shards).as_bytes()),
            ),
            program: args.program.clone(),
            words: alone(moved(&asked, &companions, &args.words)),
            shards: args.shards as usize,
            cpus: args.cpus as usize,
        };
        let to = args.to.clone().unwrap_or_else(|| Path::new("reports").join(format!("{}.{engine}", asked.name)));
        Ok(Order { asked, job, companions, to })
    }

    fn trouble(&self, error: &io::Error) -> Failure {
        Failure::usage(
            format!("{} cannot be written: {error}", self.to.display()),
            "give a folder that you can write to with --to DIR",
        )
    }

    /// The folder, made.
    fn folder(&self) -> Result<PathBuf, Failure> {
        std::fs::create_dir_all(&self.to).and_then(|()| self.to.canonicalize()).map_err(|error| self.trouble(&error))
    }

    fn write(&self, files: &[File], folder: &Path) -> Result<(), Failure> {
        let write = |file: &File| {
            let path = folder.join(file.name);
            write_whole(&path, file.text.as_bytes())?;
            match file.is_program {
                true => std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)),
                false => Ok(()),
            }
        };
        files.iter().try_for_each(write).map_err(|error| self.trouble(&error))
    }

    fn told(&self, console: &mut Console) -> Ending {
        console.out(&format!(
            "{} shards of {} in {}\n  {}   submits them, and the merge that waits for them\n",
            self.job.shards,
            self.asked.size,
            self.to.display(),
            quoted(&self.to.join("submit.sh").display().to_string())
        ));
        Ending::told(ExitCode::Held, "written; nothing was submitted")
    }
}

/// The words with the scenario as it is called beside the job.
fn moved(asked: &Parsed, companions: &[Companion], words: &[String]) -> Vec<String> {
    let is_it = |word: &String| !companions.is_empty() && *word == asked.scenario;
    words.iter().map(|word| if is_it(word) { SCENARIO.to_owned() } else { word.clone() }).collect()
}

/// The scenario's file and the files that it names; none for a scenario that is in the program and names none.
fn companions(asked: &Parsed) -> Result<Vec<Companion>, Failure> {
    let Some(text) = &asked.text else { return Ok(Vec::new()) };
    let mut all = vec![Companion { path: SCENARIO.to_owned(), bytes: text.as_bytes().to_vec() }];
    for file in &asked.files {
        let is_inside = Path::new(file).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_inside || file == SCENARIO {
            return Err(Failure::usage(
                format!("the scenario names {file}, which cannot be taken along"),
                format!("put it beside the scenario, under a name other than {SCENARIO}"),
            ));
        }
        let path = asked.folder.join(file);
        let bytes = std::fs::read(&path)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display()), ""))?;
        all.push(Companion { path: file.clone(), bytes });
    }
    Ok(all)
}
