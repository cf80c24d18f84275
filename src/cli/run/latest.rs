//! What became of each group of runs when it was played last with the same --out, in a small file there: `--rerun latest` leaves out what held, in
//! the same form. A changed scenario, another seed or another version of the program is another form. What is judged against a baseline is never
//! left out: the baseline may have changed.

use super::telling::TellingArgs;
use crate::cli::console::Console;
use crate::cli::ending::{Failure, counted};
use crate::explore::runset;
use crate::judge::Judgement;
use crate::plan::digest;
use crate::record::file::write_whole;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FILE: &str = ".last-run.json";
const SCHEMA_VERSION: u32 = 1;

/// Which earlier runs `--rerun` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rerun {
    /// The latest of each, with the same --out
    Latest,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    schema_version: u32,
    groups: BTreeMap<String, Outcome>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Outcome {
    /// Of everything that decides it.
    form: String,
    exit_code: u8,
    reason: String,
}

impl Latest {
    /// Nothing where there is no such file; one that cannot be read, or is of another version, knows nothing.
    pub fn read(out: &Path) -> Option<Latest> {
        let text = std::fs::read_to_string(out.join(FILE)).ok()?;
        serde_json::from_str(&text).ok().filter(|latest: &Latest| latest.schema_version == SCHEMA_VERSION)
    }

    /// Whether it held, just so.
    fn held(&self, group: &runset::Group, baseline: &str) -> bool {
        let known = self.groups.get(&group.name);
        baseline.is_empty() && known.is_some_and(|one| one.exit_code == 0 && one.form == form(group, baseline))
    }
}

/// Which of the groups are left to be played, in their order.
pub fn left(args: &TellingArgs, groups: &[runset::Group], console: &Console) -> Result<Vec<bool>, Failure> {
    let (out, baseline) = (&args.out, args.beside.word());
    let Some(latest) = Latest::read(out) else {
        console.err(&format!("note: nothing is known of earlier runs in {}; everything is played", out.display()));
        return Ok(vec![true; groups.len()]);
    };
    let left: Vec<bool> = groups.iter().map(|group| !latest.held(group, baseline)).collect();
    let count = left.iter().filter(|is_left| **is_left).count();
    if count == 0 {
        return Err(Failure::nothing(
            format!(
                "nothing is left to run: what is selected held when it was last run ({})",
                counted(left.len(), "variant")
            ),
            "leave out --rerun to play it again; what is changed is played again by itself",
        ));
    }
    console.err(&format!("note: {count} of {} left to run; the others held when they were last run", left.len()));
    Ok(left)
}

/// Writes down what became of these groups. It changes no verdict, so what goes wrong here is only told. Without `insists`, a folder that is not there
/// is not made.
pub fn keep(args: &TellingArgs, judged: &[(runset::Group, &Judgement)], insists: bool, console: &Console) {
    let (out, baseline) = (&args.out, args.beside.word());
    if judged.is_empty() || !(insists || out.is_dir()) {
        return;
    }
    let mut latest = Latest::read(out).unwrap_or_default();
    latest.schema_version = SCHEMA_VERSION;
    for (group, judgement) in judged {
        let outcome = Outcome {
            form: form(group, baseline),
            exit_code: judgement.exit.number(),
            reason: judgement.reason.clone(),
        };
        latest.groups.insert(group.name.clone(), outcome);
    }
    let path: PathBuf = out.join(FILE);
    let text = serde_json::to_string_pretty(&latest).expect("outcomes are plain data") + "\n";
    if let Err(error) = write_whole(&path, text.as_bytes()) {
        console.err(&format!("note: {} cannot be written, so --rerun will play all of it: {error}", path.display()));
    }
}

/// What decides how a group comes out. A run that is also judged against a baseline is another one.
fn form(group: &runset::Group, baseline: &str) -> String {
    let parts =
        [env!("CARGO_PKG_VERSION"), &group.digest, &group.first_seed.to_string(), &group.runs.to_string(), baseline];
    digest::of_bytes(parts.join("\0").as_bytes())
}
