//! `firedrill clean`: undoes what a killed run left behind, and says honestly what it could not.

use super::console::Console;
use super::ending::{Ending, Failure, counted};
use crate::judge::ExitCode;
use crate::live::undo::{Cleaned, Outcome, clean};
use clap::Args;

/// Undo whatever a killed live run left behind: processes, volumes, folders
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill clean --dry-run     what is left behind and would be undone
  firedrill clean               undo it

Exit codes: 0 nothing is left, 1 something could not be undone.")]
pub struct CleanArgs {
    /// Only say what would be undone
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &CleanArgs, console: &mut Console) -> Result<Ending, Failure> {
    let cleaned = clean(args.dry_run).map_err(|trouble| Failure::internal(trouble.to_string(), ""))?;
    let mut sum = Sum::default();
    for one in &cleaned {
        console.out(&format!("{}\n", one.ledger.display()));
        for line in sum.add(one) {
            console.out(&format!("  {line}\n"));
        }
    }
    match sum.failed {
        0 => Ok(Ending::told(ExitCode::Held, &sum.words(args.dry_run))),
        failed => Err(Failure {
            code: ExitCode::Internal,
            message: format!("{} could not be undone", counted(failed, "change")),
            next: "undo it by hand as listed above, or run `firedrill clean` again as the user who ran the scenario"
                .into(),
            reason: format!("{}, {} not", sum.words(args.dry_run), failed),
        }),
    }
}

#[derive(Default)]
struct Sum {
    done: usize,
    would: usize,
    failed: usize,
    alive: usize,
}

impl Sum {
    fn add(&mut self, one: &Cleaned) -> Vec<String> {
        match &one.outcome {
            Outcome::Undone(reports) => {
                let done = reports.iter().filter(|report| report.done).count();
                self.done += done;
                self.failed += reports.len() - done;
                reports.iter().map(ToString::to_string).collect()
            }
            Outcome::WouldUndo(entries) => {
                self.would += entries.len();
                entries.iter().map(|entry| format!("would be undone: {entry}")).collect()
            }
            Outcome::RunnerAlive { pid } => {
                self.alive += 1;
                vec![format!("left alone: its run is still going on (pid {pid})")]
            }
            Outcome::BeingUndone => {
                self.alive += 1;
                vec!["left alone: it is being undone right now".to_owned()]
            }
            Outcome::Elsewhere => {
                self.failed += 1;
                vec!["NOT undone: it was written in another container; run `firedrill clean` there".to_owned()]
            }
            Outcome::Refused(why) => {
                self.failed += 1;
                vec![format!("NOT undone: {why}")]
            }
        }
    }

    fn words(&self, dry_run: bool) -> String {
        let left_alone =
            if self.alive > 0 { format!(", {} left alone", counted(self.alive, "run")) } else { String::new() };
        match (dry_run, self.done, self.would) {
            (true, _, 0) => format!("nothing to undo{left_alone}"),
            (true, _, would) => format!("{} would be undone{left_alone}", counted(would, "change")),
            (false, 0, _) if self.failed == 0 => format!("nothing was left behind{left_alone}"),
            (false, done, _) => format!("{} undone{left_alone}", counted(done, "change")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::undo::{Entry, UndoReport, entries};

    fn cleaned(outcome: Outcome) -> Cleaned {
        Cleaned { ledger: "run-1.ledger".into(), outcome }
    }

    #[test]
    fn what_could_not_be_undone_is_counted_and_said() {
        let entry = Entry::from(entries::Ballast { path: "/x".into() });
        let look = entries::Look::new("/", Ok("nothing".into()));
        let report = |done| UndoReport { entry: entry.clone(), done, detail: "because".into(), look: look.clone() };
        let mut sum = Sum::default();
        assert_eq!(sum.words(false), "nothing was left behind");
        let lines = sum.add(&cleaned(Outcome::Undone(vec![report(true), report(false)])));
        assert!(lines[0].starts_with("undone:") && lines[1].starts_with("NOT undone:"), "{lines:?}");
        sum.add(&cleaned(Outcome::Refused("not ours".into())));
        assert_eq!((sum.done, sum.failed), (1, 2));
        sum.add(&cleaned(Outcome::RunnerAlive { pid: 1 }));
        assert_eq!(sum.words(false), "1 change undone, 1 run left alone");
    }
}
