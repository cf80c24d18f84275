//! A run against a baseline: what became worse, what may have, and every figure on demand.

use super::super::against as words;
use super::super::charts::escape;
use super::table::{self, Cell, figure, text};
use crate::judge::Judgement;
use crate::judge::against::{Exact, Outcome, Row};

/// Nothing without a baseline.
pub fn section(judgement: &Judgement) -> String {
    let Some(comparison) = judgement.baseline.as_deref() else { return String::new() };
    let told = |row: &&Row| !matches!(row.outcome, Outcome::Same | Outcome::TooFew);
    let mut changed: Vec<&Row> = comparison.rows.iter().filter(told).collect();
    changed.sort_by_key(|row| std::cmp::Reverse(row.outcome));
    let rows = |rows: Vec<&Row>| rows.into_iter().map(row).collect::<Vec<_>>();
    let first = match changed.is_empty() {
        true => String::new(),
        false => table::table("What differs from the baseline", &words::HEAD, &rows(changed)),
    };
    let all = table::folded("Every figure", &words::HEAD, &rows(comparison.rows.iter().collect()));
    let exact: &[String] = match &comparison.exact {
        Exact::Differs(lines) => lines,
        Exact::Unknown | Exact::Identical(_) => &[],
    };
    let notes: String =
        exact.iter().chain(&comparison.notes).map(|line| format!("<li>{}</li>", escape(line))).collect();
    let notes = if notes.is_empty() { notes } else { format!("<ul>{notes}</ul>\n") };
    format!(
        "<section id=\"baseline\"><h2>{}</h2>\n{first}{notes}{all}</section>\n",
        escape(&words::heading(comparison))
    )
}

fn row(row: &Row) -> Vec<Cell> {
    let [outcome, name, base, new, ratio, evidence] = words::cells(row);
    let class = match row.outcome {
        Outcome::Regressed => "broken",
        Outcome::Changed | Outcome::TooFew => "unclear",
        Outcome::Same | Outcome::Improved => "holds",
    };
    vec![text(outcome).class(class), text(name).class("code"), figure(base), figure(new), figure(ratio), text(evidence)]
}
