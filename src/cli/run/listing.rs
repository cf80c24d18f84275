//! `run --list`: what would be played, after filters and shards. It plays nothing and touches nothing.

use super::{Group, Run};
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use serde::Serialize;

const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Listing<'a> {
    schema_version: u32,
    runs: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    /// What tells it from all others.
    name: &'a str,
    scenario: &'a str,
    variant: Option<&'a str>,
    world: &'static str,
    seed: u64,
    /// The runs that are judged together, and reported in a folder of this name.
    group: &'a str,
    /// The command that plays it alone.
    command: &'a str,
}

pub fn show(runs: &[(usize, &Group, &Run)], json: bool, console: &mut Console) -> Result<(), Failure> {
    if json {
        let listing = Listing {
            schema_version: SCHEMA_VERSION,
            runs: runs.iter().map(|(_, group, run)| row(group, run)).collect(),
        };
        let text = serde_json::to_string_pretty(&listing);
        console.out(&(text.map_err(|error| Failure::internal(error.to_string(), ""))? + "\n"));
        return Ok(());
    }
    let width = runs.iter().map(|(.., run)| run.name.chars().count()).max().unwrap_or(0);
    for (.., run) in runs {
        console.out(&format!("{:<width$}   {}\n", run.name, run.again));
    }
    Ok(())
}

fn row<'a>(group: &'a Group, run: &'a Run) -> Row<'a> {
    Row {
        name: &run.name,
        scenario: &run.plan.scenario,
        variant: run.plan.variant.as_deref(),
        world: run.plan.world.word(),
        seed: run.plan.seed,
        group: &group.folder,
        command: &run.again,
    }
}
