//! Adaptive LIFO: oldest first as long as the queue empties now and then, newest first while it stands, because then only the newest
//! still have time left (Maurer, "Fail at Scale", ACM Queue 13(8), 2015). It keeps handles, and never looks behind them.

use super::super::slab::Handle;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub struct Adaptive {
    pub line: VecDeque<Handle>,
    /// Newest first only while more than this many wait.
    above: u32,
}

impl Adaptive {
    pub fn new(above: u32) -> Adaptive {
        Adaptive { line: VecDeque::new(), above }
    }

    pub fn push(&mut self, frame: Handle) {
        self.line.push_back(frame);
    }

    /// `stands`: the queue has not been empty for a while; `waiting`: how many are really in it.
    pub fn next(&mut self, stands: bool, waiting: u32) -> Option<Handle> {
        match stands && waiting > self.above {
            true => self.line.pop_back(),
            false => self.line.pop_front(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_first_only_while_the_queue_stands_and_is_long() {
        let frame = |slot| Handle { slot, generation: 1 };
        let mut line = Adaptive::new(2);
        (1..=5).for_each(|slot| line.push(frame(slot)));
        assert_eq!(line.next(false, 5), Some(frame(1)));
        assert_eq!(line.next(true, 4), Some(frame(5)));
        assert_eq!(line.next(true, 3), Some(frame(4)));
        assert_eq!(line.next(true, 2), Some(frame(2)));
    }
}
