//! A run as lines of block characters, for places that show text only: one line a figure, one line a fault below them, one with the time. It picks no
//! figures; it draws those that it is given.

use crate::record::Recording;

/// Columns of a line at most; fewer if the run has fewer windows.
pub const WIDTH: usize = 60;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One figure over the run: each column as a share of the largest, blank where there is nothing.
pub fn line(values: &[Option<f64>]) -> String {
    let most = values.iter().flatten().fold(0.0_f64, |most, value| most.max(*value));
    let block = |value: &f64| {
        let share = if most > 0.0 { value / most } else { 0.0 };
        BLOCKS[((share * BLOCKS.len() as f64) as usize).min(BLOCKS.len() - 1)]
    };
    values.iter().map(|value| value.as_ref().map_or(' ', block)).collect()
}

/// The windows of each column, as ranges of the recording's cells.
pub fn columns(recording: &Recording) -> Vec<std::ops::Range<usize>> {
    let cells = recording.grid.cells.len();
    let width = WIDTH.min(cells);
    (0..width).map(|column| cells * column / width..cells * (column + 1) / width).collect()
}

/// For each fault a line with its name between brackets where it lasts: `      [slow-cache──]`.
pub fn ruler(recording: &Recording) -> Vec<String> {
    let columns = columns(recording);
    let cells = &recording.grid.cells;
    let at = |from, to| -> (usize, usize) {
        let touched = |range: &std::ops::Range<usize>| cells[range.start].from < to && cells[range.end - 1].to > from;
        let first = columns.iter().position(touched).unwrap_or(columns.len().saturating_sub(1));
        let last = columns.iter().rposition(touched).unwrap_or(first);
        (first, last)
    };
    let each = recording.plan.faults.iter().map(|fault| {
        let (first, last) = at(fault.from, fault.to);
        let inside = (last - first + 1).saturating_sub(2);
        let dashes = "─".repeat(inside.saturating_sub(fault.name.chars().count()));
        format!("{}[{}{dashes}]", " ".repeat(first), fault.name)
    });
    each.collect()
}

/// The begin and the end of the run below the columns.
pub fn axis(recording: &Recording) -> String {
    let (width, end) = (columns(recording).len(), recording.plan.length.to_string());
    format!("0s{end:>width$}", width = width.saturating_sub(2).max(end.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn values_are_blocks_and_gaps_are_blank() {
        assert_eq!(line(&[Some(0.0), Some(1.0), None, Some(0.5), Some(0.99)]), "▁█ ▅█");
        assert_eq!(line(&[Some(0.0), Some(0.0)]), "▁▁");
        assert_eq!(line(&[]), "");
    }

    #[test]
    fn the_ruler_shows_where_a_fault_lasts() {
        let recording = fixture::incident();
        let columns = columns(&recording);
        assert_eq!((columns.len(), columns[0].start), (WIDTH, 0));
        assert!(columns.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(columns[WIDTH - 1].end, recording.grid.cells.len());
        // From 40 s to 100 s of 200 s.
        let drawn = &ruler(&recording)[0];
        assert!(drawn.starts_with(&format!("{}[slow-cache─", " ".repeat(12))), "{drawn:?}");
        assert_eq!(drawn.chars().count(), 30);
        assert_eq!(axis(&recording), format!("0s{:>58}", "200s"));
    }
}
