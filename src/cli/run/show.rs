//! What `run` prints about a variant that is done: its summary, a line a seed, where the reports are, how fast it was played.

use super::output::Outputs;
use super::{Group, Run};
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::judge::{Judgement, Verdict};
use crate::record::Recording;
use crate::report::figures::{banner, digits, duration};
use crate::report::text;
use std::path::PathBuf;

/// A group whose last run is done.
pub struct Done<'a> {
    runs: &'a [Run],
    pub scenario_text: &'a str,
    /// In the order of the runs.
    judged: Vec<Judgement>,
    /// Which of the runs is reported: the first that does not hold, else the first.
    shown: usize,
    pub recording: Recording,
    pub judgement: Judgement,
    speed: Speed,
}

#[derive(Clone, Copy, Default)]
struct Speed {
    requests: u64,
    events: u64,
    wall_s: f64,
}

/// The group that is being played.
pub struct Open<'a> {
    groups: std::slice::Iter<'a, Group>,
    current: Option<&'a Group>,
    judged: Vec<Judgement>,
    kept: Option<(usize, Recording, Judgement)>,
    speed: Speed,
}

impl<'a> Open<'a> {
    pub fn new(groups: &'a [Group]) -> Open<'a> {
        let mut groups = groups.iter();
        let current = groups.next();
        Open { groups, current, judged: Vec::new(), kept: None, speed: Speed::default() }
    }

    /// Takes the answer to the next run; gives the group back when it was the last of it, or when no more are played.
    pub fn take(&mut self, recording: Recording, judgement: Judgement, is_last: bool) -> Option<Done<'a>> {
        let group = self.current?;
        self.speed.add(&recording);
        self.judged.push(judgement.clone());
        let kept_holds = self.kept.as_ref().is_none_or(|(_, _, kept)| kept.verdict == Verdict::Holds);
        if self.kept.is_none() || (kept_holds && judgement.verdict != Verdict::Holds) {
            self.kept = Some((self.judged.len() - 1, recording, judgement));
        }
        if self.judged.len() < group.runs.len() && !is_last {
            return None;
        }
        self.current = self.groups.next();
        let (shown, recording, judgement) = self.kept.take()?;
        Some(Done {
            runs: &group.runs,
            scenario_text: &group.scenario_text,
            judged: std::mem::take(&mut self.judged),
            shown,
            recording,
            judgement,
            speed: std::mem::take(&mut self.speed),
        })
    }
}

impl<'a> Done<'a> {
    /// One run that was played earlier.
    pub fn single(run: &'a [Run; 1], scenario_text: &'a str, recording: Recording, judgement: Judgement) -> Done<'a> {
        let judged = vec![judgement.clone()];
        Done { runs: run, scenario_text, judged, shown: 0, recording, judgement, speed: Speed::default() }
    }

    /// The run that is reported.
    pub fn run(&self) -> &'a Run {
        &self.runs[self.shown]
    }
}

impl Speed {
    fn add(&mut self, recording: &Recording) {
        let sent = recording.clients.iter().flat_map(|series| &series.cells).map(|cell| cell.sent).sum::<u64>();
        self.requests += sent;
        self.events += recording.head.events;
        self.wall_s += recording.head.wall_s;
    }
}

/// Writes the reports of a group and prints what there is to say.
pub fn group(
    done: &Done<'_>,
    quiet: bool,
    groups: usize,
    outputs: &mut Outputs,
    console: &mut Console,
) -> Result<(), Failure> {
    let says = outputs.text_on_stdout() && !quiet;
    if says {
        print(done, groups, console);
        console.flush();
    }
    let written = outputs.write(done, console)?;
    if says {
        console.out(&reports(done, &written));
        console.out("\n");
        console.flush();
    }
    Ok(())
}

/// With several runs, one that holds is one line; what does not hold is shown in full.
fn print(done: &Done<'_>, groups: usize, console: &mut Console) {
    let style = console.style();
    if done.runs.len() > 1 {
        console.out(&seeds(done, style));
    }
    let brief = groups > 1 && done.judgement.verdict == Verdict::Holds;
    match (brief, done.runs.len()) {
        (true, 1) => console.out(&line(done, style)),
        (true, _) => {}
        (false, _) => console.out(&text::summary(&done.recording, &done.judgement, style)),
    }
    if !brief {
        console.out("\n");
    }
    if !brief && done.speed.events > 0 {
        console.out(&format!("{}\n", speed(&done.speed)));
    }
}

fn seeds(done: &Done<'_>, style: text::Style) -> String {
    let plan = &done.run().plan;
    let variant = plan.variant.as_ref().map_or(String::new(), |variant| format!(" / {variant}"));
    let held = done.judged.iter().filter(|one| one.verdict == Verdict::Holds).count();
    let mut shown = format!("{}{variant}: {held} of {} seeds hold\n", plan.scenario, done.runs.len());
    for (run, judgement) in done.runs.iter().zip(&done.judged) {
        shown.push_str(&format!("  seed {:<6} {:<11}  {}\n", run.plan.seed, word(judgement, style), judgement.reason));
    }
    let which = if done.judgement.verdict == Verdict::Holds { "first" } else { "first that does not hold" };
    shown.push_str(&format!("Reported is seed {}, the {which}.\n\n", plan.seed));
    shown
}

fn line(done: &Done<'_>, style: text::Style) -> String {
    let plan = &done.recording.plan;
    let variant = plan.variant.as_ref().map_or(String::new(), |variant| format!(" / {variant}"));
    format!("{}  {}{variant}  {}\n", word(&done.judgement, style), plan.scenario, done.judgement.reason)
}

fn word(judgement: &Judgement, style: text::Style) -> String {
    let code = match judgement.verdict {
        Verdict::Holds => 32,
        Verdict::Broken => 31,
        Verdict::CannotTell => 33,
    };
    let word = banner(judgement.verdict);
    if style.color { format!("\x1b[{code}m{word:<11}\x1b[0m") } else { word.to_owned() }
}

fn speed(speed: &Speed) -> String {
    let per_s = |count: u64| digits((count as f64 / speed.wall_s.max(1e-9)).round(), 3);
    let wall = duration(speed.wall_s);
    let (requests, events) = (per_s(speed.requests), per_s(speed.events));
    format!("Simulated {} requests in {wall}: {requests} requests/s, {events} events/s", speed.requests)
}

fn reports(done: &Done<'_>, written: &[PathBuf]) -> String {
    let (pages, others): (Vec<&PathBuf>, Vec<&PathBuf>) =
        written.iter().partition(|path| path.extension().is_some_and(|ending| ending == "html"));
    let beside: Vec<String> = others
        .iter()
        .filter(|path| path.file_name().is_some())
        .map(|path| match pages.first().and_then(|page| page.parent()) {
            Some(folder) if path.parent() == Some(folder) => name(path),
            _ => path.display().to_string(),
        })
        .collect();
    let mut shown = String::new();
    for page in &pages {
        shown.push_str(&format!("Report: {}\n", page.display()));
    }
    if !beside.is_empty() {
        let how = if pages.is_empty() { "Written" } else { "Beside it" };
        shown.push_str(&format!("{how}: {}\n", beside.join(", ")));
    }
    if done.judgement.verdict != Verdict::Holds {
        shown.push_str(&format!("Again:  {}\n", done.run().again));
    }
    shown
}

fn name(path: &std::path::Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}
