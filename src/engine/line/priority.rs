//! Strict priority: the most important class that waits is served first, and within a class the oldest. Nothing is ever given to a
//! less important class while a more important one waits. It keeps handles, and never looks behind them.

use super::super::slab::Handle;
use crate::plan::CLASSES;
use std::collections::VecDeque;

#[derive(Clone, Debug, Default)]
pub struct Priority {
    /// By class; 0 is the most important.
    pub lines: [VecDeque<Handle>; CLASSES],
}

impl Priority {
    pub fn push(&mut self, frame: Handle, class: u8) {
        self.lines[usize::from(class).min(CLASSES - 1)].push_back(frame);
    }

    pub fn next(&mut self) -> Option<Handle> {
        self.lines.iter_mut().find_map(VecDeque::pop_front)
    }

    /// The one to give way when there is no room: the oldest of the least important class, unless that is more important than `class`.
    pub fn least(&mut self, class: u8) -> Option<Handle> {
        let lines = self.lines.iter_mut().enumerate().rev();
        lines.take_while(|(of, _)| *of >= usize::from(class)).find_map(|(_, line)| line.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_first_and_the_least_important_gives_way() {
        let frame = |slot| Handle { slot, generation: 1 };
        let mut line = Priority::default();
        for (slot, class) in [(1, 3), (2, 0), (3, 3), (4, 1), (5, 0)] {
            line.push(frame(slot), class);
        }
        assert_eq!(line.next(), Some(frame(2)));
        assert_eq!(line.least(2), Some(frame(1)));
        assert_eq!(line.least(4), None, "none of those that wait is as unimportant as the newcomer");
        let rest: Vec<_> = std::iter::from_fn(|| line.next()).map(|frame| frame.slot).collect();
        assert_eq!(rest, [5, 4, 3]);
    }
}
