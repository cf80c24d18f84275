//! Several seeds judged together: the joint verdict on each line, each seed's value, and a variant against its base.

use super::super::charts::{escape, scale, seeds};
use super::super::seeds as words;
use super::table::{self, Cell, dash, figure, text};
use super::{pictures, verdict};
use crate::judge::seeds::{LineOverSeeds, OverSeeds, Paired};
use crate::judge::{Basis, Judgement};
use crate::report::figures;

/// So many lines are drawn; the tables have all.
const CHARTS_MAX: usize = 6;
/// And so many seeds are listed; `result.json` has all.
const ROWS_MAX: usize = 500;

/// Nothing for a single seed.
pub fn section(judgement: &Judgement) -> String {
    let Some(over) = judgement.seeds.as_deref() else { return String::new() };
    let deciding = if judgement.basis == Basis::Symptoms { &over.symptoms } else { &over.expectations };
    let charts: String = deciding.iter().take(CHARTS_MAX).filter_map(|line| chart(line, over)).collect();
    format!(
        "<section id=\"seeds\"><h2>Over {}</h2>\n<p>{}. Below this section: {}.</p>\n{}{charts}{}{}</section>\n",
        escape(&words::title(over)),
        escape(&words::held(over)),
        escape(&words::which(over)),
        lines(over),
        against_base(&over.against_base),
        each(over),
    )
}

fn lines(over: &OverSeeds) -> String {
    let head =
        ["over all seeds", "line", "held", "95% interval", "mean", "95% interval", "least", "most", "bound", "pooled"];
    let rows: Vec<Vec<Cell>> = over.lines().map(|line| row(line, over)).collect();
    if rows.is_empty() { String::new() } else { table::table("Lines over all seeds", &head, &rows) }
}

fn row(line: &LineOverSeeds, over: &OverSeeds) -> Vec<Cell> {
    let shown = |value: f64| figures::figure(value, line.unit);
    let nothing = || dash("measured under no seed");
    let extreme = |found: Option<(f64, usize)>| {
        found.map_or_else(nothing, |(value, run)| figure(shown(value)).titled(over.label(run)))
    };
    let interval = line.mean.and_then(|mean| mean.interval).map(|known| words::interval(known, line.unit));
    vec![
        verdict::state(line.verdict),
        text(&line.text).class("code"),
        figure(format!("{} of {}", line.held.hits, line.held.n)),
        line.held.interval.map_or_else(|| dash("no seed alone could tell"), |known| figure(words::shares(known))),
        line.mean.map_or_else(nothing, |mean| figure(shown(mean.mean)).titled(format!("over {} seeds", mean.n))),
        interval.map_or_else(|| dash("one value has none"), figure),
        extreme(line.extremes().map(|ends| ends.0)),
        extreme(line.extremes().map(|ends| ends.1)),
        line.bound.map_or_else(|| dash("differs from seed to seed"), |bound| figure(shown(bound))),
        pooled(line),
    ]
}

fn pooled(line: &LineOverSeeds) -> Cell {
    let Some(pooled) = line.pooled else {
        return dash("only percentiles with enough requests under all seeds have one");
    };
    let known = pooled.interval.map(|known| format!(", {}", words::interval(known, line.unit))).unwrap_or_default();
    figure(format!("{}{known} (n {})", figures::figure(pooled.value, line.unit), scale::count(pooled.samples)))
}

fn chart(line: &LineOverSeeds, over: &OverSeeds) -> Option<String> {
    let chart = seeds::chart(line, over)?;
    Some(format!("<h3>{}</h3>\n{}", escape(&line.text), pictures::framed(&chart)))
}

fn against_base(pairs: &[Paired]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let row = |pair: &Paired| vec![text(&pair.text).class("code"), text(words::against_base(pair))];
    let rows: Vec<Vec<Cell>> = pairs.iter().map(row).collect();
    let note = "Both were played with the same seeds, so the same requests came at the same moments; the interval is that of the differences.";
    let table = table::table("Against the base", &["line", "this variant against the base"], &rows);
    format!("<h3>Against the base, seed by seed</h3>\n{table}<p class=\"note\">{note}</p>\n")
}

fn each(over: &OverSeeds) -> String {
    let rows: Vec<Vec<Cell>> = over
        .runs
        .iter()
        .enumerate()
        .take(ROWS_MAX)
        .map(|(at, run)| vec![figure(over.number(at).to_string()), verdict::state(run.verdict), text(&run.reason)])
        .collect();
    table::folded(&format!("Each {} alone", over.one()), &[over.one(), "verdict", "why"], &rows)
}
