//! Game days: a plan that people sign, its roll-back rehearsed before anything else, the faults of a scenario played one at a time with a decision
//! before each, and a report that holds what was expected against what was seen. It plays in both worlds by the same means as `run` and
//! adds nothing to the engine: each fault is a run of its own, with only that fault. It prints nothing.

mod beat;
mod blanks;
mod document;
mod early;
mod experiment;
mod log;
mod playing;
mod reading;
mod rehearsal;
pub mod report;
mod session;
mod template;
mod wall;

pub use beat::{Beat, ClientBeat};
pub use blanks::BLANK;
pub use document::{Calendar, Comms, Hypothesis, Paper, Roles};
pub use experiment::Experiment;
pub use log::{Log, Moment, Ran, What};
pub use playing::{Pace, Stage};
pub use reading::{Read, Script, read};
pub use rehearsal::{Rehearsed, rehearse};
pub use session::{Decision, Desk, Halt, Order, hold};
pub use template::template;
