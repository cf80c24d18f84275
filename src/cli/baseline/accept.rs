//! `firedrill baseline accept`: what the last runs changed, one scenario after the other, taken in as the new baseline or not. In CI it only shows.

use super::store::{self, Store, name_of_captured};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::judge::ExitCode;
use crate::judge::against::{Captured, Gate, compare};
use crate::report::against;
use clap::Args;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// What a run with `--baseline` leaves beside its reports: itself as a baseline.
pub const CANDIDATE: &str = "baseline.new.json";

/// Show what the last runs with --baseline changed, and take it in: y, n or skip for each scenario
#[derive(Debug, Args)]
pub struct AcceptArgs {
    /// Only these, by the name of their baseline
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Take in all without asking
    #[arg(long)]
    all: bool,
    /// Folder of the reports of the last runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    #[command(flatten)]
    store: Store,
}

enum Answer {
    Yes,
    No,
    Skip,
}

pub fn run(args: &AcceptArgs, console: &mut Console) -> Result<Ending, Failure> {
    let mut candidates = candidates(&args.out)?;
    let named = |name: &String| args.names.is_empty() || args.names.contains(name);
    candidates.retain(|(_, captured)| named(&name_of_captured(captured)));
    if candidates.is_empty() {
        return Err(Failure::nothing(
            format!("no run that was judged against a baseline lies below {}", args.out.display()),
            "`firedrill run --baseline` leaves one; `firedrill baseline save` makes the first",
        ));
    }
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let mut accepted = 0;
    for (path, captured) in &candidates {
        show(captured, &args.store, console)?;
        if in_ci {
            continue;
        }
        let answer = if args.all { Answer::Yes } else { ask(&name_of_captured(captured), console) };
        if let Answer::Yes = answer {
            let saved = args.store.save(captured)?;
            console.out(&format!("accepted: {}\n", saved.display()));
            accepted += 1;
        }
        if !matches!(answer, Answer::Skip) {
            std::fs::remove_file(path)
                .map_err(|error| Failure::internal(format!("{}: {error}", path.display()), ""))?;
        }
    }
    if in_ci {
        return Err(Failure::usage(
            "baselines are never accepted in CI (the variable CI is set); nothing was written",
            "accept on your machine, and commit the file",
        ));
    }
    let of = format!("{accepted} of {} accepted", counted(candidates.len(), "changed baseline"));
    Ok(Ending::told(ExitCode::Held, &of))
}

/// One for each run below the folder, in the order of their names.
fn candidates(out: &Path) -> Result<Vec<(PathBuf, Captured)>, Failure> {
    let Ok(entries) = std::fs::read_dir(out) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path().join(CANDIDATE)).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths.into_iter().map(|path| store::read(&path).map(|captured| (path, captured))).collect()
}

fn show(captured: &Captured, store: &Store, console: &mut Console) -> Result<(), Failure> {
    let name = name_of_captured(captured);
    let Some(base) = store.find(&name)? else {
        console.out(&format!("{}: a new baseline\n", console.bold(&name)));
        return Ok(());
    };
    // What was done to the system may change on purpose, too; the table says so.
    let told = match compare(&base, captured, &name, Gate::default(), true) {
        Ok(comparison) => {
            format!("{}\n{}", console.bold(&against::heading(&comparison)), against::table(&comparison, false))
        }
        Err(difference) => format!("{}: {difference}\n", console.bold(&name)),
    };
    console.out(&told);
    Ok(())
}

/// The end of the input skips.
fn ask(name: &str, console: &mut Console) -> Answer {
    loop {
        console.out(&format!("accept {name}? y (take it in), n (drop it), s (skip, ask again next time) > "));
        console.flush();
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => {
                console.out("\n");
                return Answer::Skip;
            }
            Ok(_) => {}
        }
        match line.trim() {
            "y" | "yes" => return Answer::Yes,
            "n" | "no" => return Answer::No,
            "s" | "skip" => return Answer::Skip,
            _ => {}
        }
    }
}
