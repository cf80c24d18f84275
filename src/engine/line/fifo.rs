//! First in, first out: the order of nearly every queue that nobody chose. It keeps handles, and never looks behind them.

use super::super::slab::Handle;
use std::collections::VecDeque;

/// Newcomers stand at the back, and the front is served.
#[derive(Clone, Debug, Default)]
pub struct Fifo {
    pub line: VecDeque<Handle>,
}

impl Fifo {
    #[inline]
    pub fn push(&mut self, frame: Handle) {
        self.line.push_back(frame);
    }

    #[inline]
    pub fn next(&mut self) -> Option<Handle> {
        self.line.pop_front()
    }
}
