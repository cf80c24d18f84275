//! `firedrill doctor`: what this machine can inject, by which mechanism, and what is missing. It tries, and changes nothing that stays.

use super::console::Console;
use super::ending::{Ending, Failure};
use crate::judge::ExitCode;
use crate::live::doctor::{self, Finding};
use clap::Args;

/// Say what this machine can inject, by which mechanism, and what is missing
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill doctor             a table for people
  firedrill doctor --json      the same for scripts

Exit code: 0, whatever was found.")]
pub struct DoctorArgs {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(args: &DoctorArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (mechanisms, servers) = (doctor::mechanisms(), doctor::servers());
    if args.json {
        let all = serde_json::json!({"mechanisms": mechanisms, "servers": servers});
        console.out(&format!("{all:#}\n"));
        return Ok(Ending::quiet());
    }
    for (title, rows) in [("Mechanisms", &mechanisms), ("Stock servers", &servers)] {
        console.out(&format!("{}\n", console.bold(title)));
        rows.iter().for_each(|row| console.out(&line(row)));
    }
    let works = mechanisms.iter().chain(&servers).filter(|row| row.works).count();
    let all = mechanisms.len() + servers.len();
    Ok(Ending::told_aside(ExitCode::Held, &format!("{works} of {all} work here")))
}

fn line(row: &Finding) -> String {
    let Finding { serves, mechanism, works, privilege, detail, instead } = row;
    let rest = match (works, detail.is_empty()) {
        (true, true) => format!("needs {privilege}"),
        (true, false) => format!("needs {privilege}; {detail}"),
        (false, _) => format!("{detail}; instead: {instead}"),
    };
    format!("  {}  {serves:<47}{mechanism:<28}{rest}\n", if *works { "ok" } else { "--" })
}
