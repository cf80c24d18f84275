//! A progress bar on standard error while somebody watches; otherwise nothing at all.

use super::Run;
use crate::cli::console::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;

/// Parts of a run that the bar tells apart.
const PARTS: f64 = 1000.0;

pub struct Progress {
    bar: ProgressBar,
    /// Shares that are too small to move the bar yet.
    rest: Mutex<f64>,
}

impl Progress {
    pub fn new(runs: &[&Run]) -> Progress {
        let target =
            if Console::wants_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some((runs.len() as f64 * PARTS) as u64), target);
        let words = match runs {
            [one] => one.plan.scenario.clone(),
            all => format!("{} runs", all.len()),
        };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3}% {elapsed} (about {eta} left)");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(words);
        Progress { bar, rest: Mutex::new(0.0) }
    }

    /// One run is done by this share more.
    pub fn add(&self, share: f64) {
        // A panic of another run's thread leaves the sum as good as it was.
        let mut rest = self.rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *rest += share * PARTS;
        let whole = rest.floor();
        *rest -= whole;
        self.bar.inc(whole as u64);
    }

    /// Prints while the bar is out of the way.
    pub fn aside<R>(&self, print: impl FnOnce() -> R) -> R {
        self.bar.suspend(print)
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
