//! What `run` prints about a variant that is done: its summary, where the reports are, how fast it was played.

use super::output::Outputs;
use super::play::Taken;
use super::{Group, Run};
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::explore::runset::Speed;
use crate::judge::seeds::{Gather, OverSeeds, against};
use crate::judge::{Judgement, Verdict};
use crate::record::Recording;
use crate::report::figures::{banner_of, digits, duration};
use crate::report::formats::Account;
use crate::report::text;
use std::path::PathBuf;

/// A group whose last run is done.
pub struct Done<'a> {
    runs: &'a [Run],
    pub scenario_text: &'a str,
    /// The name of its folder below --out; empty: that folder itself.
    pub folder: &'a str,
    /// What tells it from others.
    pub name: String,
    /// Which of the runs is reported: the first that a guardrail stopped, else the first that does not hold, else the first.
    shown: usize,
    pub recording: Recording,
    /// Of all seeds where there are several.
    pub judgement: Judgement,
    speed: Speed,
}

/// The group that is being played.
pub struct Open<'a> {
    groups: std::slice::Iter<'a, Group>,
    current: Option<&'a Group>,
    gather: Gather,
    /// The run that is reported so far: its rank, its place in the group, and what was recorded.
    kept: Option<(u8, usize, Recording, Judgement)>,
    /// The latest base under several seeds; its variants follow.
    base: Option<(&'a str, OverSeeds)>,
    speed: Speed,
}

impl<'a> Open<'a> {
    pub fn new(groups: &'a [Group]) -> Open<'a> {
        let mut groups = groups.iter();
        let current = groups.next();
        Open { groups, current, gather: Gather::default(), kept: None, base: None, speed: Speed::default() }
    }

    /// Takes the answer to the next run; gives the group back when it was the last of it, or when no more are played.
    pub fn take(&mut self, taken: Taken, is_last: bool) -> Option<Done<'a>> {
        let group = self.current?;
        let rank = taken.trial.rank();
        self.speed.add(taken.speed);
        self.gather.add(&group.runs.first()?.plan, taken.trial);
        let is_better = self.kept.as_ref().is_none_or(|(least, ..)| rank < *least);
        if let Some((recording, judgement)) = taken.played.filter(|_| is_better) {
            self.kept = Some((rank, self.gather.len() - 1, recording, judgement));
        }
        if self.gather.len() < group.runs.len() && !is_last {
            return None;
        }
        self.current = self.groups.next();
        let (_, shown, recording, judgement) = self.kept.take()?;
        let gather = std::mem::take(&mut self.gather);
        let judgement = if group.runs.len() > 1 { gather.finish(shown, judgement) } else { judgement };
        let judgement = self.beside_base(group, judgement);
        Some(Done {
            runs: &group.runs,
            scenario_text: &group.scenario_text,
            folder: &group.folder,
            name: group.folder.clone(),
            shown,
            recording,
            judgement,
            speed: std::mem::take(&mut self.speed),
        })
    }

    /// Keeps a base, and compares a variant of the same scenario with it.
    fn beside_base(&mut self, group: &'a Group, mut judgement: Judgement) -> Judgement {
        let (Some(over), Some(run)) = (judgement.seeds.as_deref_mut(), group.runs.first()) else { return judgement };
        match (&run.plan.variant, &self.base) {
            (None, _) => self.base = Some((&group.scenario_text, over.clone())),
            (Some(_), Some((text, base))) if *text == group.scenario_text => over.against_base = against(base, over),
            (Some(_), _) => {}
        }
        judgement
    }
}

impl<'a> Done<'a> {
    /// One run that was played earlier.
    pub fn single(run: &'a [Run; 1], scenario_text: &'a str, recording: Recording, judgement: Judgement) -> Done<'a> {
        let name = super::runs::name(&recording.plan);
        Done { runs: run, scenario_text, folder: "", name, shown: 0, recording, judgement, speed: Speed::default() }
    }

    /// What the reports are told.
    pub fn account<'d>(&'d self, below_root: &'d str) -> Account<'d> {
        Account {
            recording: &self.recording,
            judgement: &self.judgement,
            command: &self.run().again,
            scenario_text: self.scenario_text,
            run: &self.name,
            below_root,
        }
    }

    /// The run that is reported.
    pub fn run(&self) -> &'a Run {
        &self.runs[self.shown]
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

/// With several groups, one that holds is one line; what does not hold is shown in full.
fn print(done: &Done<'_>, groups: usize, console: &mut Console) {
    let style = console.style();
    let brief = groups > 1 && done.judgement.verdict == Verdict::Holds;
    match brief {
        true => console.out(&(line(done, style) + &text::against_base(&done.judgement, style))),
        false => console.out(&text::summary(&done.recording, &done.judgement, style)),
    }
    if !brief {
        console.out("\n");
    }
    if !brief && done.speed.events > 0 {
        console.out(&format!("{}\n", speed(&done.speed)));
    }
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
    let word = banner_of(judgement);
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
