//! `firedrill completions`: what a shell needs to complete our command lines.

use super::console::Console;
use super::ending::{Ending, Failure};
use clap::Args;
use clap_complete::Shell;

/// Print the completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill completions bash > ~/.local/share/bash-completion/completions/firedrill
  firedrill completions zsh > ~/.zfunc/_firedrill
  firedrill completions fish > ~/.config/fish/completions/firedrill.fish")]
pub struct CompletionsArgs {
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, console: &mut Console) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command_line(), "firedrill", &mut script);
    console.out(&String::from_utf8_lossy(&script));
    Ok(Ending::quiet())
}
