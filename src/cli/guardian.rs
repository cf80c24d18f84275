//! The hidden command by which a live run starts its guardian: the small process that undoes everything if the run is killed.

use super::ending::{Ending, Failure};
use crate::live::undo::guardian_main;
use clap::Args;
use std::path::PathBuf;

/// Wait for the end of standard input, then undo what the ledger lists
#[derive(Debug, Args)]
pub struct GuardianArgs {
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
}

pub fn run(args: &GuardianArgs) -> Result<Ending, Failure> {
    match guardian_main(&args.ledger, std::io::stdin()) {
        0 => Ok(Ending::quiet()),
        _ => Err(Failure::internal("not everything could be undone", "run `firedrill clean`")),
    }
}
