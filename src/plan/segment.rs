//! Shared links, as plain data: what the messages of several calls cross together.

use serde::{Deserialize, Serialize};

/// A line of so many bytes per second in each direction, with a buffer in front of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub name: String,
    /// Bytes per second, each way.
    pub bandwidth: f64,
    /// Bytes that can wait, each way; a message that finds no room is lost.
    pub buffer: u64,
}
