//! `firedrill gameday`: a planned day of faults, from the plan to the report. The commands only; what they do is the room `gameday`.

mod check;
mod desk;
mod new;
mod orders;
mod report;
mod run;
mod screen;
mod script;
mod view;

use super::console::Console;
use super::ending::{Ending, Failure};
use clap::{Args, Subcommand};

/// Plan, rehearse, hold and report a game day: one fault at a time, with a decision before each
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill gameday new day.yaml --scenario game-day    a commented plan with blanks to fill in
  firedrill gameday check day.yaml                      what is blank or wrong; then the roll-back is rehearsed
  firedrill gameday run day.yaml --speed 10x            in the simulated world, ten times as fast as the clock
  firedrill gameday run day.yaml --world live           the same against real servers
  firedrill gameday report reports/day.gameday          timeline, expected and seen, post-mortem, action items")]
pub struct GamedayArgs {
    #[command(subcommand)]
    command: GamedayCommand,
}

#[derive(Debug, Subcommand)]
enum GamedayCommand {
    New(new::NewArgs),
    Check(check::CheckArgs),
    Run(run::RunArgs),
    Report(report::ReportArgs),
}

pub fn run(args: &GamedayArgs, console: &mut Console) -> Result<Ending, Failure> {
    match &args.command {
        GamedayCommand::New(args) => new::run(args, console),
        GamedayCommand::Check(args) => check::run(args, console),
        GamedayCommand::Run(args) => run::run(args, console),
        GamedayCommand::Report(args) => report::run(args, console),
    }
}
