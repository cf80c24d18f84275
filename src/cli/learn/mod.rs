//! `firedrill learn`: incidents as lessons, in the terminal or as a page. It asks and prints; what is right is worked out in src/lesson.

mod asking;
mod check;
mod list;
mod play;
mod steps;

use super::console::Console;
use super::ending::{Ending, Failure};
use crate::judge::ExitCode;
use crate::lesson::{self, Case, Refused};
use crate::scenario;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Learn from incidents: brief, masked charts, predictions, causes, what-if, quiz
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill learn list                                        the ladder, then the others
  firedrill learn play timeout-inversion                      in this terminal
  firedrill learn play timeout-inversion --page lesson.html   as one page that needs no network
  firedrill learn check                                       plays every lesson and verifies its answers
  firedrill learn check one-queue --figures                   with the figures behind them

Exit codes: 0 done, 10 an answer of a lesson is wrong (check), 2 a lesson with mistakes or a wrong command line.")]
pub struct LearnArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the lessons: the ladder first, then the others
    List {
        #[arg(long)]
        json: bool,
    },
    /// Play a lesson in the terminal, or write it as a page
    Play {
        /// The name of a built-in lesson, or the path of a *.lesson.yaml
        #[arg(value_name = "LESSON")]
        name: String,
        /// Write the whole lesson into one HTML file instead
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
        /// Folder for the masked charts and the debrief card
        #[arg(long, value_name = "DIR", default_value = "reports/lesson")]
        out: PathBuf,
    },
    /// Verify the answers of lessons against the simulation, at six seeds each
    Check {
        /// Names or paths; default: all built-in lessons
        #[arg(value_name = "LESSON")]
        names: Vec<String>,
        /// Print the figures behind each answer, and which settings of the knobs reach the goal
        #[arg(long)]
        figures: bool,
    },
}

pub fn run(args: &LearnArgs, console: &mut Console) -> Result<Ending, Failure> {
    match &args.what {
        What::List { json } => list::run(*json, console),
        What::Play { name, page: Some(page), .. } => play::page(&open(name, console)?, page, console),
        What::Play { name, page: None, out } => play::terminal(&open(name, console)?, out, console),
        What::Check { names, figures } => check::run(names, *figures, console),
    }
}

/// The lesson of this name, without mistakes.
fn open(name: &str, console: &mut Console) -> Result<Case, Failure> {
    lesson::find(name).and_then(|found| found.open()).map_err(|refused| failure(name, refused, console))
}

/// Tells why there is no lesson.
fn failure(name: &str, refused: Refused, console: &mut Console) -> Failure {
    match refused {
        Refused::Unknown { message, help } => Failure::usage(message, help),
        Refused::Mistakes(diags, sources) => {
            console.flush();
            console.err(scenario::render(&diags, &sources, console.err_color()).trim_end());
            Failure::told(ExitCode::Usage, format!("mistakes in the lesson {name}"))
        }
    }
}

/// A lesson that was checked at reading and still cannot be played: the scenario's trouble.
fn unplayable(why: String) -> Failure {
    Failure::usage(why, "`firedrill learn check` looks at every part of a lesson")
}

fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::internal(
        format!("{} cannot be written: {error}", path.display()),
        "free some space, or choose another place",
    )
}
