//! `firedrill new`: a commented scenario to start from. It never overwrites a file.

use super::console::Console;
use super::ending::{Ending, Failure};
use super::panics::quoted;
use crate::{library, scenario};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const STARTER: &str = include_str!("starter.yaml");
const STARTER_NAME: &str = "my-service";

/// Write a commented scenario to start from
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill new                            print it
  firedrill new my-service                 write my-service.yaml, then: firedrill run my-service.yaml
  firedrill new drills/my-service.yaml     write it there
  firedrill new mine --from slow-cache     a copy of a built-in scenario, to change")]
pub struct NewArgs {
    /// The scenario's name, or the path of its file; default: print to standard output
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Start from a built-in scenario
    #[arg(long, value_name = "SCENARIO")]
    from: Option<String>,
}

pub fn run(args: &NewArgs, console: &mut Console) -> Result<Ending, Failure> {
    let (text, old_name) = match &args.from {
        None => (STARTER, STARTER_NAME),
        Some(name) => {
            let entry = library::named(name).ok_or_else(|| {
                let names = library::SCENARIOS.iter().map(|entry| entry.name);
                let next = scenario::help_for(name, names).unwrap_or_default();
                Failure::usage(format!("there is no built-in scenario {}", scenario::quote(name)), next)
            })?;
            (entry.text, entry.name)
        }
    };
    let Some(name) = &args.name else {
        console.out(text);
        return Ok(Ending::quiet());
    };
    let (path, name) = path_and_name(name)?;
    let text = text.replacen(&format!("name: {old_name}\n"), &format!("name: {name}\n"), 1);
    write_new(&path, &text)?;
    let shown = quoted(&path.display().to_string());
    console.out(&format!(
        "{} written.\n  firedrill check {shown}   find mistakes\n  firedrill run {shown}     play it\n",
        path.display()
    ));
    Ok(Ending::quiet())
}

/// The file to write, and the name of the scenario: what a name in a scenario may be.
pub fn path_and_name(word: &str) -> Result<(PathBuf, String), Failure> {
    let given = Path::new(word);
    let is_file = matches!(given.extension().and_then(|ending| ending.to_str()), Some("yaml" | "yml"));
    let path = if is_file { given.to_owned() } else { PathBuf::from(format!("{word}.yaml")) };
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let good = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().any(|c| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    match good {
        true => Ok((path, name)),
        false => Err(Failure::usage(
            format!("{} cannot be the name of a scenario", scenario::quote(&name)),
            "a name is made of letters, digits, `-` and `_`, such as `my-service`",
        )),
    }
}

pub fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} is there already", path.display()), "give another name; nothing is overwritten")
        }
        io::ErrorKind::NotFound => {
            Failure::usage(format!("the folder of {} does not exist", path.display()), "make it first: mkdir -p")
        }
        _ => Failure::usage(format!("{} cannot be written: {error}", path.display()), "choose another folder"),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(refused)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a scenario is worse than none; if it cannot be removed either, the message still says what happened.
        let _ = std::fs::remove_file(path);
        refused(error)
    })
}
