//! A progress bar on standard error while somebody watches; otherwise nothing at all.

use super::Run;
use crate::cli::console::Console;
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
