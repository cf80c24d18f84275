//! `--baseline`: which baseline each run is judged against, found and found comparable before anything is played; and what the runs leave for `accept`.

use super::Group;
use crate::cli::baseline::CANDIDATE;
use crate::cli::baseline::store::{self, Store, name_of};
use crate::cli::compare::{Rules, refused};
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::judge::Judgement;
use crate::judge::against::{Captured, Conditions};
use crate::record::file;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Args)]
pub struct BesideArgs {
    /// Judge against baselines as well, and end with 11 on a regression: a folder of them, a file, or a name in --baselines
    #[arg(long, value_name = "NAME|FILE|DIR")]
    baseline: Option<String>,
    #[command(flatten)]
    store: Store,
    /// A missing baseline is no error
    #[arg(long, requires = "baseline")]
    baseline_lenient: bool,
    #[command(flatten)]
    rules: Rules,
}

/// The baselines of all groups, and what was played so far of the present one.
#[derive(Default)]
pub struct Beside {
    /// Name and figures; `None` where there is none, and nothing at all without --baseline.
    bases: Vec<Option<(String, Captured)>>,
    rules: Option<Rules>,
    current: Option<Captured>,
    out: PathBuf,
}

impl Beside {
    pub fn new(args: &BesideArgs, groups: &[Group], out: &Path, console: &Console) -> Result<Beside, Failure> {
        let Some(wanted) = &args.baseline else { return Ok(Beside::default()) };
        let bases = groups.iter().map(|group| args.of(wanted, group, console)).collect::<Result<_, _>>()?;
        Ok(Beside { bases, rules: Some(args.rules.clone()), current: None, out: out.to_owned() })
    }

    /// Takes the next run of the present group.
    pub fn take(&mut self, captured: Option<Captured>) {
        match (&mut self.current, captured) {
            (Some(whole), Some(captured)) => whole.add(captured),
            (None, captured) => self.current = captured,
            (Some(_), None) => {}
        }
    }

    /// The group with this number is done: its judgement, with the comparison. What did not reach its end is not compared.
    pub fn judge(&mut self, group: usize, folder: &str, judgement: Judgement) -> Result<Judgement, Failure> {
        let (Some(rules), Some(captured)) = (&self.rules, self.current.take()) else { return Ok(judgement) };
        if captured.unfit().is_none() && judgement.doubts.is_empty() {
            let path = self.out.join(folder).join(CANDIDATE);
            file::write_whole(&path, captured.to_text().as_bytes())
                .map_err(|error| Failure::internal(format!("{} cannot be written: {error}", path.display()), ""))?;
        }
        match self.bases.get(group).and_then(Option::as_ref) {
            Some((name, base)) if captured.conditions.word("played") == base.conditions.word("played") => {
                Ok(judgement.beside(rules.compare(base, &captured, name)?))
            }
            _ => Ok(judgement),
        }
    }
}

impl BesideArgs {
    /// As it was typed; empty without one.
    pub fn word(&self) -> &str {
        self.baseline.as_deref().unwrap_or_default()
    }

    pub fn is_wanted(&self) -> bool {
        self.baseline.is_some()
    }

    /// The baseline of one group.
    fn of(&self, wanted: &str, group: &Group, console: &Console) -> Result<Option<(String, Captured)>, Failure> {
        let plan = &group.runs[0].plan;
        let path = Path::new(wanted);
        let (name, found) = match () {
            () if path.is_dir() || path == self.store.folder => {
                in_store(&Store { folder: path.to_owned() }, &name_of(plan))?
            }
            () if path.is_file() => (wanted.to_owned(), Some(store::read(path)?)),
            () => in_store(&self.store, wanted)?,
        };
        let Some(base) = found else {
            if !self.baseline_lenient {
                return Err(Failure::usage(
                    format!("there is no baseline {name}"),
                    "`firedrill baseline save` writes one; with --baseline-lenient runs without a baseline are judged by their expectations alone",
                ));
            }
            console.err(&format!("note: there is no baseline {name}; judged by the expectations alone"));
            return Ok(None);
        };
        if let Some(difference) = base.conditions.difference(&Conditions::of(plan)).filter(|_| !self.rules.forces()) {
            return Err(refused(&difference, &name));
        }
        Ok(Some((name, base)))
    }
}

fn in_store(store: &Store, name: &str) -> Result<(String, Option<Captured>), Failure> {
    let path = store.path(name)?;
    Ok((path.display().to_string(), store.find(name)?))
}
