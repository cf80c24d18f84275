//! A figure over time as a small chart of blocks for a terminal, with the guess and the truth as lines across it. It measures nothing.

use super::marks::Trace;
use super::spark::BLOCKS;
use crate::judge::Unit;
use crate::report::figures;

const ROWS: usize = 8;
const GUESS: char = '╌';
const TRUTH: char = '━';

/// The lines of the chart, from the top; the guess may be missing. `shown`: the truth as it reads.
pub fn lines(trace: &Trace, unit: Unit, truth: (f64, &str), guess: Option<f64>) -> Vec<String> {
    let known = trace.values.iter().copied().fold(truth.0, f64::max);
    // A guess far beyond everything stays at the upper edge, so that the course can still be seen.
    let top = guess.unwrap_or(0.0).min(2.0 * known).max(known).max(f64::MIN_POSITIVE);
    // The row in which a bar of this height ends.
    let row_of = |value: f64| ((value / top * ROWS as f64 - 1e-9).ceil() as usize).clamp(1, ROWS) - 1;
    let mut rows: Vec<Vec<char>> =
        (0..ROWS).map(|row| trace.values.iter().map(|value| block(value / top, row)).collect()).collect();
    let mut words = vec![String::new(); ROWS];
    let marks = guess.map(|guess| {
        let beyond = if guess > top { ", off the scale" } else { "" };
        (guess, GUESS, format!("you: {}{beyond}", figures::figure(guess, unit)))
    });
    for (value, mark, said) in marks.into_iter().chain([(truth.0, TRUTH, format!("measured: {}", truth.1))]) {
        let row = row_of(value);
        columns(trace).for_each(|column| rows[row][column] = mark);
        let comma = if words[row].is_empty() { "" } else { "; " };
        words[row] = format!("{}{comma}{mark} {said}", words[row]);
    }
    let labels = [(ROWS - 1, figures::figure(top, unit)), (0, "0".to_owned())];
    let label = |row: usize| labels.iter().find(|(at, _)| *at == row).map_or("", |(_, label)| label.as_str());
    let drawn = (0..ROWS).rev().map(|row| {
        let line = format!("{:>9} {}  {}", label(row), rows[row].iter().collect::<String>(), words[row]);
        line.trim_end().to_owned()
    });
    [format!("          {}", trace.name)].into_iter().chain(drawn).collect()
}

/// What a column shows in this row of a value between 0 and 1 of the top.
fn block(share: f64, row: usize) -> char {
    let eighths = (share * (ROWS * 8) as f64).round() - (row * 8) as f64;
    match eighths {
        eighths if eighths >= 8.0 => BLOCKS[7],
        eighths if eighths >= 1.0 => BLOCKS[eighths as usize - 1],
        _ => ' ',
    }
}

/// The columns of the window that was asked about, one at the least.
fn columns(trace: &Trace) -> impl Iterator<Item = usize> {
    let inside = |at: usize| trace.edges[at] < trace.to && trace.edges[at + 1] > trace.from;
    (0..trace.values.len()).filter(move |at| inside(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> Trace {
        let values = vec![-1.0, 2.0, 8.0, 4.0];
        let edges = (0..5).map(f64::from).collect();
        Trace { name: "queue(api)".to_owned(), edges, values, from: 2.0, to: 4.0 }
    }

    #[test]
    fn guess_and_truth_are_lines_across_the_window_at_their_own_height() {
        let lines = lines(&trace(), Unit::Count, (6.0, "6"), Some(2.0));
        assert_eq!(lines.len(), ROWS + 1);
        assert_eq!(lines[0].trim(), "queue(api)");
        assert_eq!(lines[1], "        8   █");
        assert_eq!(lines[3], "            ━━  ━ measured: 6", "{lines:#?}");
        assert_eq!(lines[7], "           █╌╌  ╌ you: 2", "{lines:#?}");
        assert_eq!(lines[8], "        0  ███");
    }

    #[test]
    fn a_guess_beyond_the_scale_stays_at_its_edge() {
        let lines = lines(&trace(), Unit::Count, (6.0, "6"), Some(100.0));
        assert!(lines[1].ends_with("╌ you: 100, off the scale"), "{lines:#?}");
        assert!(lines[1].trim_start().starts_with("16"), "{lines:#?}");
    }

    #[test]
    fn without_a_guess_the_truth_stands_alone() {
        let lines = lines(&trace(), Unit::Count, (6.0, "6"), None);
        assert!(!lines.concat().contains("you") && lines.concat().contains("measured: 6"), "{lines:#?}");
    }
}
