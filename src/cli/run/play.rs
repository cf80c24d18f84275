//! Plays runs, beside each other where they are simulated, and hands them over in their order. What becomes of them is for others.

use super::Run;
use super::feed::{Feed, Following};
use super::key::StopKey;
use super::progress::Progress;
use crate::base::order;
use crate::cli::console::{ColorWish, Console};
use crate::cli::ending::Failure;
use crate::cli::panics;
use crate::cli::world::{self, Halt, Setting, Watchers};
use crate::explore::runset::Speed;
use crate::judge::against::Captured;
use crate::judge::seeds::Trial;
use crate::judge::{Judgement, Try, judge};
use crate::plan::World;
use crate::record::Recording;
use std::sync::mpsc::Sender;

/// What came of one run, as the joint verdict and the reports need it.
pub struct Taken {
    pub trial: Trial,
    pub speed: Speed,
    /// Where it is judged against a baseline.
    pub captured: Option<Captured>,
    /// `None` for a run that was played elsewhere and is not reported.
    pub played: Option<(Recording, Judgement)>,
}

/// How runs are played.
pub struct Way<'a> {
    pub setting: &'a Setting,
    pub jobs: Option<u16>,
    pub quiet: bool,
    /// Lines while runs go on.
    pub feed: Option<Sender<String>>,
    /// Figures for baselines are wanted.
    pub captures: bool,
    /// A live run that does not hold is played so many times more.
    pub retries: u32,
}

impl Taken {
    pub fn of(recording: Recording, judgement: Judgement, captures: bool) -> Taken {
        let sent = recording.clients.iter().flat_map(|series| &series.cells).map(|cell| cell.sent).sum();
        let speed = Speed { requests: sent, events: recording.head.events, wall_s: recording.head.wall_s };
        let captured = captures.then(|| Captured::of(&recording));
        Taken { trial: Trial::of(&recording, &judgement), speed, captured, played: Some((recording, judgement)) }
    }
}

/// Plays these runs, each with its number, and hands each to `take`, with whether it was the last because somebody stopped it.
pub fn each(
    list: &[(usize, &Run)],
    way: &Way,
    console: &mut Console,
    mut take: impl FnMut(usize, Taken, bool, &Progress, &mut Console) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let runs: Vec<&Run> = list.iter().map(|(_, run)| *run).collect();
    if !way.quiet {
        Progress::announce(&runs, console);
    }
    let progress = Progress::new(&runs);
    let any_live = runs.iter().any(|run| run.plan.world == World::Live);
    // Each run sets the terminal, and puts it back.
    let keys = any_live.then(|| StopKey::listen(&way.setting.shutdown)).flatten();
    if keys.is_some() && !way.quiet {
        progress.aside(|| console.err("press `q` to stop and to undo everything"));
    }
    let setting = &Setting { terminal: keys.as_ref().map(|keys| keys.terminal.clone()), ..way.setting.clone() };
    let threads = if any_live { 1 } else { way.jobs.map_or_else(order::threads, usize::from) };
    let at_once = threads == 1 || runs.len() == 1;
    let feed = way.feed.clone();
    order::in_order(
        list,
        threads,
        |(_, run)| {
            let (mut tries, mut lines) = (Vec::new(), String::new());
            // Simulated, the same seed says the same again.
            let retries = if run.plan.world == World::Live { way.retries } else { 0 };
            loop {
                let following = feed.as_ref().map(|to| Feed::follow(to, run, at_once));
                let seen = following.as_ref().map(Following::seen);
                let watchers = Watchers { progress: Box::new(progress.of_run()), seen };
                let played = world::play(&run.plan, setting, watchers)
                    .inspect_err(|halt| following.iter().for_each(|following| following.fail(&halt.why())))?;
                let judgement = judge(&played.recording);
                lines.extend(following.map(|following| following.finish(&played.recording, &judgement)));
                let halt = played.stopped.map(Halt::Stopped).or(not_undone(&played.recording).map(Halt::Failed));
                if halt.is_none() && tries.len() < retries as usize && judgement.may_be_retried() {
                    let which = format!("try {} of {}", tries.len() + 1, retries + 1);
                    progress.aside(|| retried(&format!("{which}: {}: {}", run.name, judgement.reason)));
                    tries.push(Try::of(&judgement));
                    continue;
                }
                return Ok::<_, Halt>((Taken::of(played.recording, judgement.after(tries), way.captures), halt, lines));
            }
        },
        |(index, run), answer| {
            let (taken, halt, lines) = answer.unwrap_or_else(|()| Err(panics::with_command(&run.again).into()))?;
            let _ = feed.as_ref().map(|to| to.send(lines));
            take(*index, taken, halt.is_some(), &progress, console)?;
            halt.map_or(Ok(()), Err)
        },
    )
}

/// Somebody reads the log of a run that takes minutes.
fn retried(words: &str) {
    Console::new(ColorWish::Never).err(words);
}

/// What a run changed and could not undo outweighs every verdict.
fn not_undone(recording: &Recording) -> Option<Failure> {
    let left: Vec<String> =
        recording.undo.iter().filter(|note| !note.done).map(|note| format!("{}: {}", note.what, note.detail)).collect();
    let next = "run `firedrill clean`, or undo it by hand";
    (!left.is_empty()).then(|| Failure::internal(format!("not everything was undone\n{}", left.join("\n")), next))
}
