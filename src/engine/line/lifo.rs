//! Last in, first out: in an overload some are served in time and the rest not at all. It keeps handles, and never looks behind them.

use super::super::slab::Handle;
use std::collections::VecDeque;

/// Newcomers stand at the back, and the back is served.
#[derive(Clone, Debug, Default)]
pub struct Lifo {
    pub line: VecDeque<Handle>,
}

impl Lifo {
    pub fn push(&mut self, frame: Handle) {
        self.line.push_back(frame);
    }

    pub fn next(&mut self) -> Option<Handle> {
        self.line.pop_back()
    }
}
