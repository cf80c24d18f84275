//! What is told of runs that are done, wherever they were played: where the reports go, against which baselines they are judged, and which verdicts fail.

use super::Group;
use super::beside::{Beside, BesideArgs};
use super::output::{self, Outputs, Wish};
use super::play::Taken;
use super::show::{self, Done, Open};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::judge::{ExitCode, Judgement, exit};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

const OUT: &str = "reports";

/// The verdicts that fail if nobody says otherwise.
const USUAL: [FailOn; 3] = [FailOn::Broken, FailOn::Regression, FailOn::Inconclusive];

#[derive(Clone, Debug, Args)]
pub struct TellingArgs {
    /// What to write instead of the default (text to standard output; html, json, junit and recording below --out), to a file of
    /// your choice with =PATH (`-`: standard output); `--output help` lists the formats (repeatable)
    #[arg(long = "output", value_name = "FMT[=PATH]", value_parser = output::wish, long_help = output::long_help())]
    pub outputs: Vec<Wish>,
    /// Folder for reports
    #[arg(long, value_name = "DIR", default_value = OUT)]
    pub out: PathBuf,
    #[command(flatten)]
    pub beside: BesideArgs,
    /// Print the last line only
    #[arg(short, long)]
    pub quiet: bool,
    /// Which verdicts end with a failure code
    #[arg(long, value_enum, value_name = "VERDICT", value_delimiter = ',', default_values_t = USUAL)]
    fail_on: Vec<FailOn>,
    /// What becomes of a live run that held at a later try only (--retries)
    #[arg(long, value_enum, value_name = "HOW", default_value_t = FlakyResult::Pass)]
    flaky_result: FlakyResult,
    /// End with 0 whatever the verdict is (errors still fail)
    #[arg(long, conflicts_with = "fail_on")]
    pub no_fail: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// An expectation broke (10)
    Broken,
    /// Something is worse than in the baseline (11)
    Regression,
    /// It cannot be told (12)
    Inconclusive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FlakyResult {
    /// It is told, and passes
    Pass,
    /// It ends with 10
    Fail,
}

/// What was taken in so far.
pub struct Telling<'a> {
    args: &'a TellingArgs,
    groups: usize,
    open: Open<'a>,
    beside: Beside,
    pub outputs: Outputs,
    pub runs: usize,
    /// One for each group, in their order.
    pub judged: Vec<Judgement>,
}

impl<'a> Telling<'a> {
    pub fn new(
        args: &'a TellingArgs,
        groups: &'a [Group],
        outputs: Outputs,
        console: &Console,
    ) -> Result<Telling<'a>, Failure> {
        let beside = Beside::new(&args.beside, groups, &args.out, console)?;
        let (open, groups) = (Open::new(groups), groups.len());
        Ok(Telling { args, groups, open, beside, outputs, runs: 0, judged: Vec::new() })
    }

    /// Takes the next run; gives its group back when that was the last of it.
    pub fn take(&mut self, mut taken: Taken, is_last: bool) -> Result<Option<Done<'a>>, Failure> {
        self.runs += 1;
        self.beside.take(taken.captured.take());
        let Some(mut done) = self.open.take(taken, is_last) else { return Ok(None) };
        done.judgement = self.beside.judge(self.judged.len(), done.folder, done.judgement)?;
        if self.args.flaky_result == FlakyResult::Fail {
            done.judgement = done.judgement.refusing_flaky();
        }
        self.judged.push(done.judgement.clone());
        Ok(Some(done))
    }

    /// Writes the reports of a group, and prints what there is to say.
    pub fn show(&mut self, done: &Done, console: &mut Console) -> Result<(), Failure> {
        show::group(done, self.args.quiet, self.groups, &mut self.outputs, console)
    }

    /// Writes what holds all groups; the verdicts, and whether standard output holds a document.
    pub fn finish(self, console: &mut Console) -> Result<(Vec<Judgement>, bool), Failure> {
        let aside = self.outputs.holds_stdout();
        self.outputs.finish(self.args.quiet, console)?;
        Ok((self.judged, aside))
    }
}

impl TellingArgs {
    /// Nothing was said of where results go, nor of what decides a verdict.
    pub fn is_default(&self) -> bool {
        self.of_runs_only().is_none() && self.out == Path::new(OUT) && !self.no_fail && !self.quiet
    }

    /// The first option here that says something of runs and of nothing else.
    pub fn of_runs_only(&self) -> Option<&'static str> {
        let given = [
            (!self.outputs.is_empty(), "--output"),
            (self.beside.is_wanted(), "--baseline"),
            (self.fail_on != USUAL, "--fail-on"),
            (self.flaky_result != FlakyResult::Pass, "--flaky-result"),
        ];
        given.into_iter().find(|(is_given, _)| *is_given).map(|(_, option)| option)
    }

    /// The last line. `short` says what of the runs is not there: then nothing holds as a whole.
    pub fn end(&self, judged: &[Judgement], aside: bool, short: Option<String>) -> Ending {
        let all: Vec<&Judgement> = judged.iter().collect();
        let (verdict, reason) = exit::of_runs(&all);
        let seeds = judged.iter().filter_map(|one| one.seeds.as_deref()).max_by_key(|over| over.runs.len());
        let reason = match seeds {
            Some(over) if judged.len() > 1 => format!("{reason}, each over {} {}", over.runs.len(), over.what()),
            _ => reason,
        };
        let code =
            ExitCode::combine(judged.iter().map(|one| if self.forgives(one.exit) { ExitCode::Held } else { one.exit }));
        let how = if self.no_fail { "--no-fail" } else { "--fail-on" };
        let reason =
            if code == verdict { reason } else { format!("{reason} (would be {}, but {how})", verdict.number()) };
        let (code, reason) = match short {
            None => (code, reason),
            Some(short) if self.forgives(ExitCode::Inconclusive) => (code, format!("{reason}; {short}")),
            Some(short) => (ExitCode::combine([code, ExitCode::Inconclusive]), format!("{reason}; {short}")),
        };
        if aside { Ending::told_aside(code, &reason) } else { Ending::told(code, &reason) }
    }

    fn forgives(&self, exit: ExitCode) -> bool {
        let sort = match exit {
            ExitCode::Broken => FailOn::Broken,
            ExitCode::Regression => FailOn::Regression,
            ExitCode::Inconclusive => FailOn::Inconclusive,
            _ => return false,
        };
        self.no_fail || !self.fail_on.contains(&sort)
    }
}
