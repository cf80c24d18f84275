//! Two runs against each other, in words for people ([`table`], [`heading`]) and as data for scripts ([`result`]).

use super::figures::digits;
use super::text::Style;
use crate::judge::against::{Comparison, Exact, Outcome, Reading, Row};
use crate::judge::{Judgement, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A run against a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstResult {
    /// Name or file of the baseline.
    pub baseline: String,
    /// The worst of all rows: `same`, `improved`, `changed?`, `regressed` or `too few samples`.
    pub outcome: String,
    /// Simulated seeds that were recorded byte for byte as in the baseline.
    pub identical_seeds: usize,
    /// Same seed and plan, and yet not the same: every figure that differs.
    pub differences: Vec<String>,
    pub rows: Vec<RowResult>,
    pub notes: Vec<String>,
}

/// One figure of one client in one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RowResult {
    pub client: String,
    pub phase: String,
    /// `p50`, `p90`, `p99`, `p99.9`, `errors` or `goodput`.
    pub figure: String,
    pub unit: Unit,
    pub base: ReadingResult,
    pub new: ReadingResult,
    /// New over base; null where the base is 0 or nothing was measured.
    pub ratio: Option<f64>,
    /// Seed by seed; null where no seed was played on both sides.
    pub pairs: Option<PairsResult>,
    pub outcome: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadingResult {
    pub value: Option<f64>,
    /// 95%.
    pub interval: Option<[f64; 2]>,
    pub samples: u64,
}

/// Ratios under the same seed, with the sign test on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairsResult {
    pub up: usize,
    pub down: usize,
    pub equal: usize,
    pub median_ratio: Option<f64>,
    pub p: f64,
}

pub fn result(comparison: &Comparison) -> AgainstResult {
    let (identical_seeds, differences) = match &comparison.exact {
        Exact::Unknown => (0, Vec::new()),
        Exact::Identical(seeds) => (*seeds, Vec::new()),
        Exact::Differs(lines) => (0, lines.clone()),
    };
    AgainstResult {
        baseline: comparison.base.clone(),
        outcome: comparison.outcome.word().to_owned(),
        identical_seeds,
        differences,
        rows: comparison.rows.iter().map(row_result).collect(),
        notes: comparison.notes.clone(),
    }
}

fn row_result(row: &Row) -> RowResult {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let side = |reading: &Reading| ReadingResult {
        value: reading.value,
        interval: reading.interval.map(|(low, high)| [low, high]),
        samples: reading.samples,
    };
    RowResult {
        client: row.client.clone(),
        phase: row.phase.clone(),
        figure: row.figure.word().to_owned(),
        unit: row.unit(),
        base: side(&row.base),
        new: side(&row.new),
        ratio: row.ratio.and_then(finite),
        pairs: row.signs.map(|signs| PairsResult {
            up: signs.up,
            down: signs.down,
            equal: signs.equal,
            median_ratio: finite(signs.median),
            p: signs.p,
        }),
        outcome: row.outcome.word().to_owned(),
    }
}

/// `Against the baseline main: 2 regressed, 1 changed?, 21 same`.
pub fn heading(comparison: &Comparison) -> String {
    let count = |outcome: Outcome| comparison.of(outcome).count();
    let order = [Outcome::Regressed, Outcome::Changed, Outcome::Improved, Outcome::Same, Outcome::TooFew];
    let told: Vec<String> = order
        .into_iter()
        .filter(|outcome| count(*outcome) > 0)
        .map(|outcome| format!("{} {}", count(outcome), outcome.word()))
        .collect();
    let counts = if told.is_empty() { "nothing compared".to_owned() } else { told.join(", ") };
    let exact = match &comparison.exact {
        Exact::Unknown => String::new(),
        Exact::Identical(1) => "; recorded byte for byte as before".to_owned(),
        Exact::Identical(seeds) => format!("; {seeds} seeds recorded byte for byte as before"),
        Exact::Differs(lines) => format!("; the same seed and plan gave {} other figures", lines.len()),
    };
    format!("Against the baseline {}: {counts}{exact}", comparison.base)
}

/// The words of one row: outcome, figure, base, now, ratio, evidence.
pub fn cells(row: &Row) -> [String; 6] {
    let side = |reading: &Reading| {
        let shown = |value: f64| row.figure.shown(value);
        let known = reading.interval.map(|(low, high)| format!(" ({} to {})", shown(low), shown(high)));
        reading.value.map_or_else(|| "-".to_owned(), |value| shown(value) + &known.unwrap_or_default())
    };
    let ratio = match row.ratio {
        Some(ratio) if ratio.is_finite() => format!("{}x", digits(ratio, 3)),
        Some(_) => "from none".to_owned(),
        None => "-".to_owned(),
    };
    let evidence = match row.signs.filter(|signs| signs.pairs() > 1) {
        Some(signs) => format!("{} seeds up, {} down, p {}", signs.up, signs.down, digits(signs.p, 2)),
        None => format!("n {} and {}", row.base.samples, row.new.samples),
    };
    [row.outcome.word().to_owned(), row.name(), side(&row.base), side(&row.new), ratio, evidence]
}

pub const HEAD: [&str; 6] = ["", "figure", "baseline", "now", "ratio", "evidence"];

/// Heading and table below a run's summary; nothing without a baseline.
pub fn summary(judgement: &Judgement, style: Style) -> String {
    let Some(comparison) = judgement.baseline.as_deref() else { return String::new() };
    let heading = heading(comparison);
    let heading = if style.color { format!("\x1b[1m{heading}\x1b[0m") } else { heading };
    format!("\n{heading}\n{}", table(comparison, false))
}

/// What differs, as aligned columns, with differences and notes below it; every row with `all`.
pub fn table(comparison: &Comparison, all: bool) -> String {
    let shown = |row: &&Row| all || !matches!(row.outcome, Outcome::Same | Outcome::TooFew);
    let mut rows: Vec<&Row> = comparison.rows.iter().filter(shown).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.outcome));
    let lines: Vec<[String; 6]> = rows.into_iter().map(cells).collect();
    let mut text = String::new();
    if !lines.is_empty() {
        let head = HEAD.map(str::to_owned);
        let width = |at: usize| lines.iter().chain([&head]).map(|line| line[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
        for line in [&head].into_iter().chain(&lines) {
            let padded: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            text += &format!("  {}\n", padded.join("  ").trim_end());
        }
    }
    let differences = match &comparison.exact {
        Exact::Differs(lines) => lines.as_slice(),
        Exact::Unknown | Exact::Identical(_) => &[],
    };
    differences.iter().chain(&comparison.notes).for_each(|line| text += &format!("  - {line}\n"));
    // Names come from files that anybody may have written.
    text.retain(|letter| letter == '\n' || !letter.is_control());
    text
}
