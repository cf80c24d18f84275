//! `firedrill man`: the manual page of the whole program or of one command, in roff.

use super::console::Console;
use super::ending::{Ending, Failure};
use crate::scenario;
use clap::Args;

/// Print the manual page, of the program or of one command
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill man | man -l -
  firedrill man run > firedrill-run.1")]
pub struct ManArgs {
    /// A command, such as `run`
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub fn run(args: &ManArgs, console: &mut Console) -> Result<Ending, Failure> {
    let mut whole = super::command_line();
    // Fills in what the parser adds by itself, such as --help.
    whole.build();
    let page = match &args.command {
        None => whole,
        Some(name) => {
            let known: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
            let found = whole.get_subcommands().find(|one| one.get_name() == name);
            let found = found.ok_or_else(|| {
                let help = scenario::help_for(name, known.iter().copied()).unwrap_or_default();
                Failure::usage(format!("there is no command {}", scenario::quote(name)), help)
            })?;
            found.clone().name(format!("firedrill-{name}"))
        }
    };
    let mut roff = Vec::new();
    let rendered = clap_mangen::Man::new(page).render(&mut roff);
    rendered.map_err(|error| Failure::internal(format!("the manual page cannot be made: {error}"), ""))?;
    console.out(&String::from_utf8_lossy(&roff));
    Ok(Ending::quiet())
}
