//! `firedrill sweep`, `edge`, `hunt` and `merge`: many simulated runs of one scenario. What they have in common; each has its own file.

mod edge;
mod handed;
mod hunt;
mod merge;
mod sweep;
mod written;

pub use edge::{EdgeArgs, run as edge};
pub use handed::{Parsed, parsed};
pub use hunt::{HuntArgs, run as hunt};
pub use merge::{MergeArgs, run as merge};
pub use sweep::{SweepArgs, run as sweep};
pub use written::trouble;

use super::compiled::Source;
use super::console::Console;
use super::ending::{Ending, Failure, counted};
use super::select;
use super::shape;
use super::world;
use crate::explore::Study;
use crate::explore::pieces::{Halt, Pieces};
use crate::explore::shard::Shard;
use crate::explore::vary::Axis;
use crate::judge::ExitCode;
use crate::library;
use crate::live::Shutdown;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::{Path, PathBuf};

/// What every exploration is asked: which form of which scenario, what must hold in it, and how it is played.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// A scenario file, or the name of a built-in scenario
    #[arg(value_name = "SCENARIO", default_value = library::DEFAULT)]
    scenario: String,
    /// What must hold, in the expectation language, instead of the scenario's `expect:` (repeatable)
    #[arg(long, value_name = "LINE")]
    hold: Vec<String>,
    /// A named variant of the scenario
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Override a value everywhere, such as services.db.workers=12 (repeatable)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// The first seed, decimal or 0x…; default: the scenario's own
    #[arg(long, value_name = "N", value_parser = shape::seed)]
    seed: Option<u64>,
    /// Runs that are played at the same time; default: as many as the machine has cores. Results do not depend on it
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Folder for reports
    #[arg(long, value_name = "DIR", default_value = OUT)]
    out: PathBuf,
}

const OUT: &str = "reports";

/// The values that are explored.
#[derive(Clone, Debug, Args)]
pub struct Asked {
    #[command(flatten)]
    common: Common,
    /// Values to vary: PATH=FROM..TO:STEP, FROM..TO:*FACTOR, FROM..TO:#POINTS, a list A,B,C, or a bare range FROM..TO (repeatable)
    #[arg(long = "vary", value_name = "PATH=VALUES", required = true, value_parser = Axis::read)]
    vary: Vec<Axis>,
}

impl Common {
    fn study(&self) -> Result<Study, Failure> {
        let source = source(&self.scenario)?;
        Ok(Study {
            name: source.chosen.name.clone(),
            scenario: source.loaded,
            variant: self.variant.clone(),
            set: self.set.clone(),
            hold: self.hold.clone(),
            seed: self.seed,
        })
    }

    fn threads(&self) -> usize {
        self.jobs.map_or_else(crate::base::order::threads, usize::from)
    }
}

/// Which part is ours.
#[derive(Clone, Debug, Args)]
pub struct ShardArgs {
    /// Only every n-th piece, beginning with the k-th; what comes of it is one file and one line on standard output, for `firedrill merge`
    #[arg(long, value_name = "K/N", value_parser = Shard::read)]
    shard: Option<Shard>,
}

impl ShardArgs {
    fn is_given(&self) -> bool {
        self.shard.is_some()
    }

    /// As it was said, or as the engine that started this task says it.
    fn shard(&self) -> Result<Option<Shard>, Failure> {
        let of_environment = || Shard::of_environment(|name| std::env::var(name).ok());
        self.shard.map_or_else(of_environment, |shard| Ok(Some(shard))).map_err(|words| Failure::usage(words, ""))
    }
}

/// Where what is done is kept until all is done: one file for each shard.
fn journal(folder: &Path, shard: Option<Shard>) -> PathBuf {
    let part = shard.map_or(String::new(), |shard| format!("-{}-of-{}", shard.number, shard.of));
    folder.join(format!("journal{part}.ndjson"))
}

/// Why it ended early.
fn halted(halt: Halt, journal: &Path, shutdown: &Shutdown) -> Failure {
    match halt {
        Halt::Refused(words) => refused(&words),
        Halt::Disk(error) => written::trouble(journal, &error),
        Halt::Stopped(done) => {
            let code = shutdown.reason().map_or(ExitCode::Internal, world::code_of);
            let words = match done {
                0 => "stopped before anything was done; the same command begins anew".to_owned(),
                done => format!("stopped after {}; the same command goes on from there", counted(done, "run")),
            };
            Failure::told(code, words)
        }
    }
}

/// A shard leaves one file, and the same as one line.
fn hand_in(pieces: &impl Pieces, shard: Shard, out: &Path, console: &mut Console) -> Result<Ending, Failure> {
    let path = out.join(pieces.file_name(shard));
    pieces.write(&path).map_err(|error| written::trouble(&path, &error))?;
    console.out(&pieces.line());
    let what = if pieces.head().what == "sweep" { "run" } else { "search" };
    let count = match pieces.count() {
        1 => format!("1 {what}"),
        count => format!("{count} {what}{}", if what == "run" { "s" } else { "es" }),
    };
    Ok(Ending::told_aside(ExitCode::Held, &format!("shard {shard}: {count} written to {}", path.display())))
}

/// What is written elsewhere need not be kept for another try.
fn forget(journal: &Path, folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(journal) {
        // A task that was thought to be lost may have ended after all.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(written::trouble(journal, &error)),
        _ => {}
    }
    // Where something else is in the folder, it stays.
    let _ = std::fs::remove_dir(folder);
    Ok(())
}

/// The one scenario that is meant, read.
fn source(name: &str) -> Result<Source, Failure> {
    let mut chosen = select::choose(&[name.to_owned()])?;
    let (Some(one), true) = (chosen.pop(), chosen.is_empty()) else {
        return Err(Failure::usage(
            format!("{name} holds several scenarios"),
            "give the file of one, or the name of a built-in scenario",
        ));
    };
    let source = Source::open(one);
    if source.has_errors() {
        return Err(refused(source.rendered(false).trim_end()));
    }
    Ok(source)
}

/// The scenario does not go together with the values; the compiler has said why.
fn refused(words: &str) -> Failure {
    Failure::usage(words.to_owned(), "every value must give a scenario that `firedrill check --set PATH=VALUE` accepts")
}

/// A bar with the time left, while somebody watches.
fn bar(what: &str) -> ProgressBar {
    let target = if Console::wants_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {elapsed} (about {eta} left)");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what.to_owned());
    bar
}
