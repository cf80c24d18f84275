//! Exit codes: stable for ever, with what each means and the last line that a command prints.

use super::{Basis, Judgement, Verdict};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitCode {
    Held,
    Internal,
    Usage,
    NothingSelected,
    Broken,
    Regression,
    Inconclusive,
    Guardrail,
    Interrupted,
    Terminated,
}

impl ExitCode {
    /// From the one that outranks all others to the one that gives way to all.
    pub const BY_RANK: [ExitCode; 10] = [
        ExitCode::Interrupted,
        ExitCode::Terminated,
        ExitCode::Internal,
        ExitCode::Usage,
        ExitCode::Guardrail,
        ExitCode::Broken,
        ExitCode::Regression,
        ExitCode::Inconclusive,
        ExitCode::NothingSelected,
        ExitCode::Held,
    ];

    pub fn number(self) -> u8 {
        match self {
            ExitCode::Held => 0,
            ExitCode::Internal => 1,
            ExitCode::Usage => 2,
            ExitCode::NothingSelected => 4,
            ExitCode::Broken => 10,
            ExitCode::Regression => 11,
            ExitCode::Inconclusive => 12,
            ExitCode::Guardrail => 13,
            ExitCode::Interrupted => 130,
            ExitCode::Terminated => 143,
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            ExitCode::Held => "everything held",
            ExitCode::Internal => "an internal error: firedrill itself failed",
            ExitCode::Usage => "a wrong command line, or a scenario that cannot be read",
            ExitCode::NothingSelected => "nothing was selected",
            ExitCode::Broken => "an expectation broke",
            ExitCode::Regression => "a regression against the baseline",
            ExitCode::Inconclusive => {
                "inconclusive: a fault left no evidence, too few samples, or the load generator fell behind"
            }
            ExitCode::Guardrail => "stopped by a guardrail",
            ExitCode::Interrupted => "interrupted (SIGINT), after everything was undone",
            ExitCode::Terminated => "terminated (SIGTERM), after everything was undone",
        }
    }

    pub fn from_number(number: u8) -> Option<ExitCode> {
        Self::BY_RANK.into_iter().find(|code| code.number() == number)
    }

    /// The code of several runs together: the one of highest rank; nothing at all is `NothingSelected`.
    pub fn combine(codes: impl IntoIterator<Item = ExitCode>) -> ExitCode {
        let rank = |code: &ExitCode| Self::BY_RANK.iter().position(|other| other == code);
        codes.into_iter().min_by_key(rank).unwrap_or(ExitCode::NothingSelected)
    }

    /// The last line of a command: `exit 10: 2 of 14 expectations broken`.
    pub fn line(self, reason: &str) -> String {
        format!("exit {}: {reason}", self.number())
    }
}

/// The exit code of several runs, and why, in one line without the number.
pub fn of_runs(runs: &[&Judgement]) -> (ExitCode, String) {
    let exit = ExitCode::combine(runs.iter().map(|run| run.exit));
    match runs {
        [] => (exit, "nothing was selected".to_owned()),
        [run] => (exit, run.reason.clone()),
        runs => (exit, of_many(exit, runs)),
    }
}

fn of_many(exit: ExitCode, runs: &[&Judgement]) -> String {
    let guilty: Vec<&&Judgement> = runs.iter().filter(|run| run.exit == exit).collect();
    if exit == ExitCode::Held {
        let flaky = match runs.iter().filter(|run| run.flaky).count() {
            0 => String::new(),
            some => format!(", {some} of them flaky"),
        };
        return format!("all {} runs held{flaky}", runs.len());
    }
    let runs_of = format!("in {} of {} runs", guilty.len(), runs.len());
    let is_plain = |run: &&&Judgement| run.basis == Basis::Expectations && run.count(Verdict::Broken) > 0;
    let plain = guilty.iter().all(is_plain);
    if exit == ExitCode::Broken && plain {
        let broken: usize = guilty.iter().map(|run| run.count(Verdict::Broken)).sum();
        let total: usize = runs.iter().map(|run| run.verdicts().len()).sum();
        return format!("{broken} of {total} expectations broken, {runs_of}");
    }
    let first = guilty.first().map_or("", |run| run.reason.as_str());
    format!("{first}{} ({runs_of})", if guilty.len() > 1 { ", and more" } else { "" })
}
