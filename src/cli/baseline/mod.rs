//! `firedrill baseline`: what later runs are judged against. The commands only; when a run is worse is the judge's.

mod accept;
mod list;
mod save;
pub mod store;

pub use accept::CANDIDATE;

use super::console::Console;
use super::ending::{Ending, Failure};
use crate::judge::ExitCode;
use clap::{Args, Subcommand};
use store::Store;

/// Save what runs are judged against, look at it, and accept what changed
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill baseline save shop.yaml --seeds 20     play it and keep the figures: baselines/shop.json, for version control
  firedrill baseline save reports/shop             the same from a recording
  firedrill run shop.yaml --seeds 20 --baseline baselines      exit 11 when something became worse
  firedrill baseline accept                        look at what the last runs changed, and take it in or not
  firedrill baseline list
  firedrill baseline show shop
  firedrill baseline rm shop

`firedrill explain 11` says when a run counts as worse.")]
pub struct BaselineArgs {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
enum BaselineCommand {
    Save(save::SaveArgs),
    List(list::ListArgs),
    Show(list::ShowArgs),
    Accept(accept::AcceptArgs),
    Rm(RmArgs),
}

/// Remove baselines
#[derive(Debug, Args)]
struct RmArgs {
    /// Names, as `baseline list` shows them
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    store: Store,
}

pub fn run(args: &BaselineArgs, console: &mut Console) -> Result<Ending, Failure> {
    match &args.command {
        BaselineCommand::Save(args) => save::run(args, console),
        BaselineCommand::List(args) => list::list(args, console),
        BaselineCommand::Show(args) => list::show(args, console),
        BaselineCommand::Accept(args) => accept::run(args, console),
        BaselineCommand::Rm(args) => rm(args, console),
    }
}

fn rm(args: &RmArgs, console: &mut Console) -> Result<Ending, Failure> {
    for name in &args.names {
        args.store.get(name)?;
    }
    for name in &args.names {
        let path = args.store.path(name)?;
        std::fs::remove_file(&path).map_err(|error| Failure::internal(format!("{}: {error}", path.display()), ""))?;
        console.out(&format!("removed {}\n", path.display()));
    }
    Ok(Ending::told(ExitCode::Held, &format!("{} removed", super::ending::counted(args.names.len(), "baseline"))))
}
