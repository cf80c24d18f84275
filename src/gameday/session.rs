//! The day itself: for each fault the steady state, a decision, the run with that fault alone, and the steady state again. What is decided,
//! noted and aborted comes from a desk, which is a terminal, a script or a test; every word and every recording is kept in the folder.

use super::beat::Beat;
use super::experiment::{Experiment, STEADY};
use super::log::{Log, Ran, What};
use super::playing::{self, Played, Stage};
use super::reading::Script;
use crate::base::Time;
use crate::judge::{ExitCode, Judged, Judgement, Verdict, judge};
use crate::live::{Stop, Trouble};
use crate::record::{Recording, file};
use std::io;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Go,
    NoGo,
}

/// What somebody wants while a run is under way.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Note(String),
    Abort,
}

/// Where the people sit.
pub trait Desk {
    /// A fault's turn has come: it is the so-manieth of so many.
    fn turn(&mut self, number: usize, of: usize, experiment: &Experiment);
    /// A run begins; with the fault in it or, first, without.
    fn begins(&mut self, experiment: &Experiment, with_fault: bool);
    /// Lines that were judged, and what that means.
    fn judged(&mut self, experiment: &Experiment, lines: &[Judged], words: &str);
    /// Notes that were taken before the decision come with it.
    fn decide(&mut self, experiment: &Experiment) -> (Decision, Vec<String>);
    /// About ten times a second while a run is under way.
    fn watch(&mut self, beat: &Beat) -> Vec<Order>;
}

/// Why a day could not be held to its end.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    #[error("{0}")]
    World(Trouble),
    #[error("the recordings cannot be written: {0}")]
    Disk(#[from] io::Error),
}

/// How one fault's turn ended, when the day ends with it.
type End = Option<(ExitCode, String)>;

/// Holds the day, and leaves its log and recordings in the folder.
pub fn hold(script: &Script, folder: &Path, stage: &Stage, desk: &mut dyn Desk) -> Result<Log, Halt> {
    let mut day = Day { log: Log::new(&script.paper, script.world), folder, stage, desk };
    let mut codes = Vec::new();
    let mut ended = None;
    for (index, experiment) in script.experiments.iter().enumerate() {
        day.desk.turn(index + 1, script.experiments.len(), experiment);
        let (code, end) = match day.turn(index, experiment) {
            Ok(turn) => turn,
            Err(halt) => {
                day.finish(ExitCode::Internal, &halt.to_string())?;
                return Err(halt);
            }
        };
        codes.extend(code);
        day.log.write(folder)?;
        ended = end;
        if ended.is_some() {
            break;
        }
    }
    let (code, reason) = ended.unwrap_or_else(|| whole(&codes));
    day.finish(code, &reason)?;
    Ok(day.log)
}

fn whole(codes: &[ExitCode]) -> (ExitCode, String) {
    let code = ExitCode::combine(codes.iter().copied());
    let held = codes.iter().filter(|code| **code == ExitCode::Held).count();
    (code, format!("{held} of {} hypotheses held", codes.len()))
}

struct Day<'a> {
    log: Log,
    folder: &'a Path,
    stage: &'a Stage,
    desk: &'a mut dyn Desk,
}

impl Day<'_> {
    fn finish(&mut self, code: ExitCode, reason: &str) -> io::Result<()> {
        (self.log.exit, self.log.reason) = (code.number(), reason.to_owned());
        self.log.write(self.folder)
    }

    /// What the hypothesis came to, if it was tried, and whether the day ends here.
    fn turn(&mut self, index: usize, experiment: &Experiment) -> Result<(Option<ExitCode>, End), Halt> {
        let name = experiment.fault.name.as_str();
        let stem = format!("{}-{name}", index + 1);
        self.desk.begins(experiment, false);
        let before = self.play(experiment, false)?;
        let judgement = judge(&before.recording);
        let steady = self.keep(&before.recording, &format!("{stem}.steady.json"))?;
        self.log.runs.push(Ran { fault: name.to_owned(), steady, recording: None, undone_after_s: None });
        if let Some(end) = self.cut_short(name, &before) {
            return Ok((None, Some(end)));
        }
        let words = format!("steady state before the fault: {}", said(&judgement, &judgement.expectations));
        self.log.add(Some(name), None, What::Steady, words.clone());
        self.desk.judged(experiment, &judgement.expectations, &words);
        if judgement.exit != ExitCode::Held {
            return Ok((None, Some((judgement.exit, format!("no steady state before {name}: {}", judgement.reason)))));
        }
        let (decision, notes) = self.desk.decide(experiment);
        notes.into_iter().for_each(|note| self.log.add(Some(name), None, What::Note, note));
        if let Some(stop) = self.stage.shutdown.reason() {
            return Ok((None, Some((code_of(stop), format!("stopped by {} before {name}", stop.word())))));
        }
        if decision == Decision::NoGo {
            self.log.add(Some(name), None, What::NoGo, "");
            return Ok((None, Some((ExitCode::Guardrail, format!("no-go before {name}")))));
        }
        self.log.add(Some(name), None, What::Go, "");
        self.with_fault(experiment, &stem)
    }

    fn with_fault(&mut self, experiment: &Experiment, stem: &str) -> Result<(Option<ExitCode>, End), Halt> {
        let name = experiment.fault.name.as_str();
        self.log.add(Some(name), Some(Time::ZERO), What::Begin, experiment.fault.label.clone());
        self.desk.begins(experiment, true);
        let played = self.play(experiment, true)?;
        let file = self.keep(&played.recording, &format!("{stem}.json"))?;
        if let Some(run) = self.log.runs.last_mut() {
            (run.recording, run.undone_after_s) = (Some(file), played.undone_after.map(|after| after.as_secs_f64()));
        }
        if let Some(end) = self.cut_short(name, &played) {
            return Ok((None, Some(end)));
        }
        let judgement = judge(&played.recording);
        let (steady, hypothesis): (Vec<Judged>, Vec<Judged>) =
            judgement.expectations.iter().cloned().partition(|line| line.window.name.starts_with(STEADY));
        let words = format!("hypothesis: {}", said(&judgement, &hypothesis));
        self.log.add(Some(name), Some(experiment.plan.length), What::End, words.clone());
        self.desk.judged(experiment, &hypothesis, &words);
        if judgement.exit == ExitCode::Guardrail {
            return Ok((None, Some((ExitCode::Guardrail, judgement.reason))));
        }
        let words = format!("steady state after the roll-back: {}", said(&judgement, &steady));
        self.log.add(Some(name), Some(experiment.plan.length), What::Steady, words.clone());
        self.desk.judged(experiment, &steady, &words);
        // A run that cannot be trusted proves nothing, unless something broke in it.
        let doubtful = (!judgement.doubts.is_empty()).then_some(ExitCode::Inconclusive);
        let code = ExitCode::combine(doubtful.into_iter().chain([of_lines(&hypothesis)]));
        match steady.iter().all(|line| line.verdict == Verdict::Holds) {
            true => Ok((Some(code), None)),
            false => Ok((
                None,
                Some((of_lines(&steady), format!("the steady state was not seen to come back after {name}"))),
            )),
        }
    }

    fn play(&mut self, experiment: &Experiment, with_fault: bool) -> Result<Played, Halt> {
        let plan = if with_fault { &experiment.plan } else { &experiment.steady };
        let name = experiment.fault.name.as_str();
        let (log, desk) = (&mut self.log, &mut *self.desk);
        let mut watch = |beat: &Beat| {
            let mut is_aborted = false;
            for order in desk.watch(beat) {
                match order {
                    Order::Note(text) => log.add(Some(name), Some(beat.at), What::Note, text),
                    Order::Abort => {
                        log.add(Some(name), Some(beat.at), What::Abort, "");
                        is_aborted = true;
                    }
                }
            }
            is_aborted
        };
        playing::play(plan, self.stage, &mut watch).map_err(Halt::World)
    }

    fn keep(&self, recording: &Recording, name: &str) -> io::Result<String> {
        file::write(recording, &self.folder.join(name))?;
        Ok(name.to_owned())
    }

    /// The day ends when somebody stopped it, and when not everything could be undone.
    fn cut_short(&self, name: &str, played: &Played) -> End {
        let left = played.recording.undo.iter().filter(|note| !note.done).count();
        if left > 0 {
            return Some((
                ExitCode::Internal,
                format!("{left} changes of {name} were not undone: run `firedrill clean`"),
            ));
        }
        let stop = played.stopped?;
        let what = if played.undone_after.is_some() { "aborted" } else { "stopped" };
        let by = if stop == Stop::Key { String::new() } else { format!(" by {}", stop.word()) };
        Some((code_of(stop), format!("{what}{by} in {name}; everything was undone")))
    }
}

fn code_of(stop: Stop) -> ExitCode {
    match stop {
        Stop::Interrupt => ExitCode::Interrupted,
        Stop::Terminate | Stop::Hangup => ExitCode::Terminated,
        Stop::Key | Stop::File => ExitCode::Guardrail,
    }
}

fn of_lines(lines: &[Judged]) -> ExitCode {
    let has = |verdict| lines.iter().any(|line| line.verdict == verdict);
    match () {
        () if has(Verdict::Broken) => ExitCode::Broken,
        () if has(Verdict::CannotTell) => ExitCode::Inconclusive,
        () => ExitCode::Held,
    }
}

/// `holds`, `1 of 3 lines broken`, with what else is in doubt.
fn said(judgement: &Judgement, lines: &[Judged]) -> String {
    let count = |verdict| lines.iter().filter(|line| line.verdict == verdict).count();
    let (broken, unknown) = (count(Verdict::Broken), count(Verdict::CannotTell));
    let mut words = match (broken, unknown) {
        (0, 0) => "holds".to_owned(),
        (0, unknown) => format!("{unknown} of {} lines cannot be told", lines.len()),
        (broken, _) => format!("{broken} of {} lines broken", lines.len()),
    };
    judgement.doubts.iter().for_each(|doubt| words += &format!("; {doubt}"));
    words
}
