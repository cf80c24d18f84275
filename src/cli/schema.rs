//! `firedrill schema`: the JSON Schemas that editors and scripts rely on.

use super::check;
use super::console::Console;
use super::ending::{Ending, Failure};
use crate::{compile, explore, report};
use clap::{Args, ValueEnum};

/// Print the JSON Schema of the scenario file (editors complete from it), or of what is written for programs
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill schema > scenario.schema.json
  firedrill schema result > result.schema.json
  firedrill schema check > check.schema.json

In an editor with a YAML language server, put this at the top of a scenario:
  # yaml-language-server: $schema=scenario.schema.json")]
pub struct SchemaArgs {
    #[arg(value_enum, value_name = "OF", default_value_t = Of::Scenario)]
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// The scenario file
    Scenario,
    /// result.json
    Result,
    /// A line of `firedrill check --json`
    Check,
    /// results.json of a sweep, and what a shard of it leaves
    Sweep,
    /// edge.json
    Edge,
    /// hunt.json, and what a shard of it leaves
    Hunt,
}

pub fn run(args: &SchemaArgs, console: &mut Console) -> Result<Ending, Failure> {
    let schema = match args.of {
        Of::Scenario => compile::schema::json_schema(),
        Of::Result => report::result::result_schema(),
        Of::Check => schemars::schema_for!(check::Line).to_value(),
        Of::Sweep => explore::results::schema(),
        Of::Edge => explore::curve::schema(),
        Of::Hunt => explore::hunt::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::internal(error.to_string(), ""))?;
    console.out(&(text + "\n"));
    Ok(Ending::quiet())
}
