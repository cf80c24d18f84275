//! A run told line by line: while it goes on, from what is recorded so far, and at its end, from the Recording. The same code tells both, so what was
//! told on the way is what stands in the end. It keeps no clock and writes nowhere.

pub mod line;
mod pulses;
mod windows;

#[cfg(test)]
mod tests;

use super::formats::Account;
use super::result;
use crate::base::Time;
use crate::judge::{Judged, Judgement};
use crate::plan::{Plan, digest};
use crate::record::{ClientCell, Event, Recorder, Recording};
use line::{Begin, End, Line, SCHEMA_VERSION, Sort, State, What};
use pulses::Pulses;
use windows::Windows;

/// What was told of one run so far.
pub struct Teller {
    run: String,
    /// What begins and ends by the plan, in order of time.
    moments: Vec<(Time, What)>,
    moments_told: usize,
    events_told: usize,
    windows: Windows,
    pulses: Pulses,
}

/// The cells of the clients, recorded so far or all.
type Cells<'a> = dyn Fn(usize, usize) -> &'a ClientCell + 'a;

impl Teller {
    /// Tells that a run begins.
    pub fn begin(plan: &Plan, run: &str, command: &str) -> (Teller, String) {
        let seconds = Time::as_secs_f64;
        let begin = Begin {
            schema_version: SCHEMA_VERSION,
            program: "firedrill".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: plan.scenario.clone(),
            variant: plan.variant.clone(),
            world: plan.world.word().to_owned(),
            seed: plan.seed,
            length_s: seconds(plan.length),
            warmup_s: seconds(plan.warmup),
            window_s: plan.window.as_secs_f64(),
            plan_digest: digest::of(plan),
            command: command.to_owned(),
        };
        let teller = Teller {
            run: run.to_owned(),
            moments: moments(plan),
            moments_told: 0,
            events_told: 0,
            windows: Windows::new(plan),
            pulses: Pulses::new(plan),
        };
        let first = teller.written(vec![(Time::ZERO, What::Begin(begin))]);
        (teller, first)
    }

    /// Tells what has happened since the last look.
    pub fn look(&mut self, recorder: &Recorder, now: Time) -> String {
        let cells = |client: usize, index: usize| &recorder.clients[client][index];
        let mut told = self.happened(&recorder.events, now);
        told.extend(self.windows.over(now, &cells, false));
        told.extend(self.pulses.look(recorder, self.windows.settled()));
        self.in_order(told)
    }

    /// Tells the rest, and how it was judged.
    pub fn finish(&mut self, recording: &Recording, judgement: &Judgement) -> String {
        let end = recording.cut_short.as_ref().map_or(recording.plan.length, |cut| cut.at);
        let cells = |client: usize, index: usize| &recording.clients[client].cells[index];
        let mut told = self.happened(&recording.events, end);
        told.extend(self.windows.over(end, &cells, true));
        told.extend(self.pulses.finish(recording, end));
        self.in_order(told) + &self.written(last_words(recording, judgement, end))
    }

    /// Tells that nothing more comes.
    pub fn fail(&self, why: &str) -> String {
        let at = self.moments.get(self.moments_told.wrapping_sub(1)).map_or(Time::ZERO, |(at, _)| *at);
        self.written(vec![(at, What::Failed { why: why.to_owned() })])
    }

    fn happened(&mut self, events: &[Event], now: Time) -> Vec<(Time, What)> {
        let due = self.moments.iter().skip(self.moments_told).take_while(|(at, _)| *at <= now);
        let mut told: Vec<(Time, What)> = due.cloned().collect();
        self.moments_told += told.len();
        let news = events.get(self.events_told..).unwrap_or_default();
        told.extend(news.iter().map(|event| (event.at, What::Event { text: event.text.clone() })));
        self.events_told = events.len();
        told
    }

    fn in_order(&self, mut told: Vec<(Time, What)>) -> String {
        told.sort_by_key(|(at, _)| *at);
        self.written(told)
    }

    fn written(&self, told: Vec<(Time, What)>) -> String {
        let line = |(at, what): (Time, What)| Line { run: self.run.clone(), at_s: at.as_secs_f64(), what };
        let json = |line: Line| serde_json::to_string(&line).expect("a line is plain data") + "\n";
        told.into_iter().map(line).map(json).collect()
    }
}

/// All lines of a run that is over.
pub fn whole(account: &Account) -> String {
    let (mut teller, first) = Teller::begin(&account.recording.plan, account.run, account.command);
    first + &teller.finish(account.recording, account.judgement)
}

/// What begins and ends by the plan. A phase that ends where another begins ends first.
fn moments(plan: &Plan) -> Vec<(Time, What)> {
    let mut all = Vec::new();
    for phase in &plan.phases {
        let what = |state| What::Phase { name: phase.name.clone(), state };
        all.extend([(phase.from, what(State::On)), (phase.to, what(State::Off))]);
    }
    for fault in &plan.faults {
        let (name, kind, on, label) = (&fault.name, &fault.kind, &fault.on, &fault.label);
        let [name, kind, on, label] = [name, kind, on, label].map(String::as_str);
        let what =
            |state| What::Fault { name: name.into(), kind: kind.into(), on: on.into(), label: label.into(), state };
        all.extend([(fault.from, what(State::On)), (fault.to, what(State::Off))]);
    }
    let begins =
        |what: &What| !matches!(what, What::Phase { state: State::Off, .. } | What::Fault { state: State::Off, .. });
    all.sort_by_key(|(at, what)| (*at, begins(what)));
    all
}

fn last_words(recording: &Recording, judgement: &Judgement, end: Time) -> Vec<(Time, What)> {
    let evidence = result::faults(recording).into_iter();
    let mut told: Vec<What> =
        evidence.map(|fault| What::Evidence { fault: fault.name, evidence: fault.evidence }).collect();
    told.extend(recording.undo.iter().map(|note| What::Undo { undo: result::undo_result(note) }));
    told.extend(result::warnings(recording, judgement).into_iter().map(|text| What::Warning { text }));
    let verdict = |of| move |line: &Judged| What::Verdict { of, line: result::line_result(line) };
    told.extend(judgement.symptoms.iter().map(verdict(Sort::Symptom)));
    told.extend(judgement.expectations.iter().map(verdict(Sort::Expectation)));
    told.push(What::End(End {
        verdict: judgement.verdict,
        judged_by: judgement.basis,
        exit_code: judgement.exit.number(),
        reason: judgement.reason.clone(),
        recording_digest: recording.digest(),
        wall_s: recording.head.wall_s,
    }));
    told.into_iter().map(|what| (end, what)).collect()
}
