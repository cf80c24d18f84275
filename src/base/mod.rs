//! The ground floor: time, distributions, units, typed ids, named dice, and work spread over threads. It knows nothing of scenarios or worlds.

pub mod answers;
pub mod dice;
#[cfg(test)]
mod dice_tests;
pub mod dist;
pub mod ids;
pub mod lot;
pub mod order;
pub mod outcome;
pub mod time;
pub mod units;
pub mod which;

pub use dice::Dice;
pub use dist::Dist;
pub use ids::{ClientId, ControlId, EdgeId, FaultId, MeterId, SegmentId, ServiceId};
pub use lot::Lot;
pub use outcome::{ErrorKind, Outcome};
pub use time::{Span, Time};
pub use which::{Picker, Which};
