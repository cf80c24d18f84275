//! A progress bar on standard error while somebody watches; otherwise one line that says how long a live run will be silent.

use super::Run;
use crate::base::{Span, Time};
use crate::cli::console::Console;
use crate::plan::{Plan, World};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};

/// Parts of a run that the bar tells apart.
const PARTS: u64 = 1000;

pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(runs: &[&Run]) -> Progress {
        let target =
            if Console::wants_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(runs.len() as u64 * PARTS), target);
        let words = match runs {
            [one] => one.plan.scenario.clone(),
            all => format!("{} runs", all.len()),
        };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3}% {elapsed} (about {eta} left)");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(words);
        Progress { bar }
    }

    /// Where nobody watches a bar, the reader of a log should know why nothing more comes for a while.
    pub fn announce(runs: &[&Run], console: &Console) {
        let live: Vec<&Plan> = runs.iter().map(|run| &*run.plan).filter(|plan| plan.world == World::Live).collect();
        if Console::wants_progress() || live.is_empty() {
            return;
        }
        let total = live.iter().fold(Span::ZERO, |sum, plan| sum + plan.length.since(Time::ZERO));
        let what = match live.as_slice() {
            [one] => one.scenario.clone(),
            all => format!("{} runs", all.len()),
        };
        console.err(&format!("playing {what} live, {total} of real time"));
    }

    /// For one run: takes the share of it that is done.
    pub fn of_run(&self) -> impl Fn(f64) + Send + Sync + 'static {
        let bar = self.bar.clone();
        let told = AtomicU64::new(0);
        move |share| {
            let now = (share.clamp(0.0, 1.0) * PARTS as f64) as u64;
            let before = told.fetch_max(now, Ordering::Relaxed);
            bar.inc(now.saturating_sub(before));
        }
    }

    /// Prints while the bar is out of the way.
    pub fn aside<R>(&self, print: impl FnOnce() -> R) -> R {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
