//! What a run leaves behind: both worlds write to a [`Recorder`], everything after the run reads the [`Recording`].
//! A Recording is self-contained: `judge`, `report` and `compare` need nothing but it and the Plan it carries.
//!
//! Time is cut into cells: the regular windows, cut again wherever a phase or the window of an expectation begins or ends.
//! So every phase and every expectation's window is a whole number of cells, and their histograms are exact merges, never averages.

pub mod file;
#[cfg(test)]
pub(crate) mod fixture;
pub mod grid;
pub mod histogram;
pub mod join;
mod lateness;
mod merge;
mod part;
pub mod recorder;
pub mod recording;

pub use grid::{Cell, Grid};
pub use histogram::Latencies;
pub use lateness::Lateness;
pub use part::{ClockState, Part};
pub use recorder::Recorder;
pub use recording::{
    ClientCell, CutShort, EdgeCell, Event, Evidence, Head, Load, MeterCell, Recording, Series, ServiceCell, UndoNote,
};
