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

use super::compiled::Source;
use super::console::Console;
use super::ending::Failure;
use super::select;
use super::shape;
use crate::explore::Study;
use crate::explore::vary::Axis;
use crate::library;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;

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
