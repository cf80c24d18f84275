//! Expectations against a Recording: holds, broken, or cannot tell. It reads what was recorded and never plays, prints or guesses:
//! where the figures do not allow an answer, the answer is "cannot tell".

pub mod against;
mod alerts;
pub mod exit;
mod gauge;
mod line;
mod measure;
mod overall;
mod recovery;
pub mod seeds;
pub mod statistics;
mod steady;
mod together;
mod tries;
mod verdict;
mod warmup;
pub mod watch;
mod window;

#[cfg(test)]
mod tests;

pub use alerts::{Pulse, firing};
pub use exit::ExitCode;
pub use line::over_time;
pub use measure::samples_needed;
pub use tries::Try;
pub use verdict::{Basis, Judged, Judgement, Unit, Verdict};
pub use watch::{Tripped, Watch};
pub use window::OneWindow;

use crate::base::Time;
use crate::record::Recording;

/// What a metric reads over a stretch of time, as an alert sees it; `None` where there is nothing to read.
pub fn reading(metric: &crate::plan::expectation::Metric, recording: &Recording, from: Time, to: Time) -> Option<f64> {
    measure::measure(metric, measure::Stretch { recording, from, to }, false).value
}

/// Judges one line, whether or not the run is judged by it. Its windows must be whole cells of the recording.
pub fn judge_line(recording: &Recording, line: &crate::plan::Expectation) -> Judged {
    line::judge(recording, line)
}

/// Judges one run.
pub fn judge(recording: &Recording) -> Judgement {
    let all = |lines: &[crate::plan::Expectation]| lines.iter().map(|line| line::judge(recording, line)).collect();
    overall::of(recording, all(&recording.plan.expectations), all(&recording.plan.symptoms))
}
