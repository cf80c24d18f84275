//! The grid of time cells that a recording is kept in.

use crate::base::{Span, Time};
use serde::{Deserialize, Serialize};

/// One stretch of time, `from` included, `to` excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub from: Time,
    pub to: Time,
}

/// All cells of a run in order, without gaps, from 0 to the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    pub cells: Vec<Cell>,
}

impl Grid {
    /// Regular windows of this length, cut again at every moment in `cuts`.
    pub fn new(length: Time, window: Span, cuts: &[Time]) -> Grid {
        assert!(window > Span::ZERO, "a window has a length");
        let regular = (0..).map(|n| Time(n * window.0)).take_while(|edge| *edge < length);
        let mut edges: Vec<Time> = regular.chain(cuts.iter().copied().filter(|cut| *cut < length)).collect();
        edges.push(length);
        edges.sort_unstable();
        edges.dedup();
        Grid { cells: edges.windows(2).map(|pair| Cell { from: pair[0], to: pair[1] }).collect() }
    }

    /// The cell that holds a moment; the last one for moments at or after the end.
    pub fn index_at(&self, at: Time) -> usize {
        self.cells.partition_point(|cell| cell.to <= at).min(self.cells.len() - 1)
    }

    /// The cells that make up a stretch of time. A stretch that begins or ends inside a cell takes the whole cell.
    pub fn range(&self, from: Time, to: Time) -> std::ops::Range<usize> {
        let first = self.cells.partition_point(|cell| cell.to <= from);
        let last = self.cells.partition_point(|cell| cell.from < to);
        first..last.max(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_make_phases_whole_numbers_of_cells() {
        let seconds = |s: f64| Time::from_secs_f64(s);
        let grid = Grid::new(seconds(10.0), Span::from_secs(1), &[seconds(2.5), seconds(3.0), seconds(12.0)]);
        assert_eq!(grid.cells.len(), 11);
        let cells = &grid.cells[grid.range(seconds(2.5), seconds(4.0))];
        assert_eq!((cells[0].from, cells[cells.len() - 1].to), (seconds(2.5), seconds(4.0)));
        assert_eq!(grid.index_at(seconds(2.4)), 2);
        assert_eq!(grid.index_at(seconds(2.5)), 3);
        assert_eq!(grid.index_at(seconds(99.0)), 10);
        assert!(grid.range(seconds(3.0), seconds(3.0)).is_empty());
    }
}
