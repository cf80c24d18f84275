//! firedrill: one scenario file, played in virtual time or against real processes, judged, and reported.
//!
//! ```text
//! scenario text ──read──► Scenario ──compile──► Plan ──► sim::play  ──┐
//!    (places kept)                             (the      (virtual)    ├─► Recording ──judge──► Verdict ──report──► html svg json junit text
//!                                              waist) ──► live::play ─┘
//! ```
//!
//! Faults speak, worlds act: a fault kind is read once and lowered to a few [`plan::Effect`]s; only `sim` and `live` act on them,
//! and only `live` knows sockets, the clock and the operating system. docs/ARCHITECTURE.md is the longer map.

pub mod base;
pub mod cli;
pub mod compile;
pub mod emit;
pub mod engine;
pub mod explore;
pub mod faults;
pub mod gameday;
pub mod hazards;
pub mod judge;
pub mod lesson;
pub mod library;
pub mod live;
pub mod model;
pub mod plan;
pub mod record;
pub mod report;
pub mod scenario;
pub mod sim;
