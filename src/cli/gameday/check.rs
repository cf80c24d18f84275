//! `firedrill gameday check`: refuses a plan with blanks or mistakes, rehearses the roll-back, and says what a live day would touch.

use super::script;
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::shape::WorldWord;
use crate::cli::world;
use crate::judge::ExitCode;
use crate::plan::World;
use clap::Args;

/// Name everything that is blank or wrong in a plan, and rehearse its roll-back
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill gameday check day.yaml
  firedrill gameday check day.yaml --world live      and what a live day would start and touch

Exit codes: 0 ready, 2 blanks or mistakes are left, 10 a roll-back does not bring the steady state back, 12 it cannot be told,
13 a stop line ended the rehearsal.")]
pub struct CheckArgs {
    /// The plan
    #[arg(value_name = "FILE")]
    file: String,
    /// Where it is going to be held; default: where the plan says, else sim
    #[arg(long, value_enum, value_name = "WORLD")]
    world: Option<WorldWord>,
    /// Let a live day reach the hosts outside this machine that the scenario lists under `allow:`
    #[arg(long)]
    allow_remote: bool,
}

pub fn run(args: &CheckArgs, console: &mut Console) -> Result<Ending, Failure> {
    let script = script::open(&args.file, args.world.map(WorldWord::world), console)?;
    script::rehearse(&script, false, console)?;
    if script.world == World::Live {
        for experiment in &script.experiments {
            let title = console.bold(&format!("With {} a live day would", experiment.fault.name));
            console.out(&format!("\n{title}\n{}", world::describe(&experiment.plan, args.allow_remote)));
            world::check(&experiment.plan, args.allow_remote, None)?;
        }
    }
    let faults = counted(script.experiments.len(), "fault");
    Ok(Ending::told(
        ExitCode::Held,
        &format!("{} is ready: nothing is blank, the roll-back of {faults} was rehearsed", args.file),
    ))
}
