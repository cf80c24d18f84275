//! `firedrill emit slurm`: an array of shards.

use super::{JobArgs, Order};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::emit;
use crate::record::file::write_whole;
use clap::Args;
use std::path::Path;

/// Tasks of an array, unless somebody has set MaxArraySize (slurm.conf(5)).
const SHARDS_MAX: usize = 1000;

#[derive(Debug, Args)]
pub struct SlurmArgs {
    #[command(flatten)]
    job: JobArgs,
}

pub fn run(args: &SlurmArgs, console: &mut Console) -> Result<Ending, Failure> {
    let order = Order::new(&args.job, "slurm", console)?;
    if order.job.shards > SHARDS_MAX {
        return Err(Failure::usage(
            format!("an array has {SHARDS_MAX} tasks at most, as Slurm is set up by default"),
            "give a smaller --shards",
        ));
    }
    let folder = order.folder()?;
    if holds_results(&folder) {
        return Err(Failure::usage(
            format!("{} holds what shards of an earlier job left", folder.display()),
            "give another folder with --to, or remove it: the merge takes everything that it finds there",
        ));
    }
    for one in &order.companions {
        let path = folder.join(&one.path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| write_whole(&path, &one.bytes)).map_err(|error| order.trouble(&error))?;
    }
    order.write(&emit::slurm(&order.job, &folder), &folder)?;
    Ok(order.told(console))
}

fn holds_results(folder: &Path) -> bool {
    std::fs::read_dir(folder.join("shards")).is_ok_and(|mut files| files.next().is_some())
}
