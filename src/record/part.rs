//! Which part of a run a recording is of, where several machines made its load at the same time, and what this one knew of its clock. It joins nothing.

use serde::{Deserialize, Serialize};

/// One of the parts of a run that machines play at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Counted from 1.
    pub number: u32,
    pub of: u32,
    /// When all of them begin, by the time of day.
    pub start_unix_s: f64,
    pub clock: ClockState,
}

impl Part {
    /// For whoever reads the recording of this part alone.
    pub fn warning(&self) -> String {
        let Part { number, of, .. } = self;
        format!(
            "this is share {number} of {of} of the load: counts are those of its own requests; `firedrill report` joins all shares"
        )
    }
}

/// What a machine knows of its time of day. It cannot know by how much it is off: only within what, if somebody keeps it right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockState {
    /// Somebody keeps it right, by the kernel's account.
    pub is_kept: bool,
    /// Estimated and largest error in seconds, by whoever keeps it.
    pub estimated_s: Option<f64>,
    pub most_s: Option<f64>,
}
