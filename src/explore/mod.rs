//! Many plans instead of one: which values survive (a sweep), where survival ends (an edge). Every point is played under the same seeds; what is
//! kept of a run is its outcome. Results of parts, from other processes and other machines, are put together as if one had played all.
//! It plays in the simulated world only (runs that others played are only put together), and prints nothing.

pub mod curve;
pub mod edge;
pub mod hunt;
mod journal;
pub mod outcome;
pub mod pages;
pub mod part;
pub mod pieces;
pub mod pool;
pub mod quantity;
pub mod results;
pub mod runset;
pub mod shard;
pub mod space;
mod study;
pub mod sweep;
pub mod tally;
pub mod vary;

pub use study::Study;
