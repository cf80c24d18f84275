//! Two runs of one scenario against each other: the gate of a baseline. It compares what was done to the system first (and says what differs), then
//! what the system made of it. It judges figures that were captured; it plays nothing and knows no file names.

mod captured;
mod conditions;
mod exact;
mod figure;
mod gate;
mod paired;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trials;

pub use captured::{Captured, ReadError, SCHEMA_VERSION};
pub use conditions::{Conditions, Difference};
pub use exact::Exact;
pub use figure::{Figure, Reading};
pub use gate::{Gate, Outcome};
pub use paired::Signs;

use super::Unit;
use crate::plan::World;
use captured::ClientFigures;

/// What two sets of runs say against each other; plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What stands on the left: the name of a baseline, or a file.
    pub base: String,
    /// The worst of all rows.
    pub outcome: Outcome,
    pub exact: Exact,
    /// In the order of the clients, their phases and the figures.
    pub rows: Vec<Row>,
    /// What a reader must know: a difference that was compared in spite of, figures that could not be judged.
    pub notes: Vec<String>,
}

/// One figure of one client in one phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub client: String,
    pub phase: String,
    pub figure: Figure,
    pub base: Reading,
    pub new: Reading,
    /// New over base; infinite where the base is 0.
    pub ratio: Option<f64>,
    /// Seed by seed, where both were played under the same ones.
    pub signs: Option<Signs>,
    pub outcome: Outcome,
}

impl Row {
    pub fn name(&self) -> String {
        format!("{}({}) {}", self.figure.word(), self.client, self.phase)
    }

    pub fn unit(&self) -> Unit {
        self.figure.unit()
    }

    /// `p99(users) during slow from 41ms to 130ms`.
    pub fn told(&self) -> String {
        let shown =
            |reading: &Reading| reading.value.map_or_else(|| "nothing".to_owned(), |value| self.figure.shown(value));
        format!("{} from {} to {}", self.name(), shown(&self.base), shown(&self.new))
    }
}

impl Comparison {
    pub fn of(&self, outcome: Outcome) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.outcome == outcome)
    }

    /// The figure that became worst: the largest ratio, latencies and shares of errors upwards, goodput downwards.
    pub fn worst(&self) -> Option<&Row> {
        self.of(Outcome::Regressed).max_by(|a, b| strength(a).total_cmp(&strength(b)))
    }

    /// In one line, if anything regressed.
    pub fn regression(&self) -> Option<String> {
        let worst = self.worst()?;
        let more = self.of(Outcome::Regressed).count() - 1;
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        Some(format!("regression against the baseline {}: {}{more}", self.base, worst.told()))
    }
}

fn strength(row: &Row) -> f64 {
    let ratio = row.ratio.unwrap_or(1.0);
    if row.figure.is_better_high() { 1.0 / ratio } else { ratio }
}

/// Compares; an error is the first thing in which what was done to the systems differs, unless `force` takes it in.
pub fn compare(base: &Captured, new: &Captured, name: &str, gate: Gate, force: bool) -> Result<Comparison, Difference> {
    let mut notes = Vec::new();
    if let Some(difference) = base.conditions.difference(&new.conditions) {
        if !force {
            return Err(difference);
        }
        notes.push(format!("compared by force, although {difference}"));
    }
    notes.extend(new.unsound.iter().map(|why| format!("latency is not compared: {why}")));
    let simulated = [base, new].iter().all(|one| one.world() == World::Sim.word());
    let exact = exact::exact(base, new, simulated);
    let rows = rows(base, new, gate, simulated);
    if rows.is_empty() {
        notes.push("no client has a phase with requests enough on both sides, so nothing was compared".to_owned());
    }
    let worst = rows.iter().map(|row| row.outcome).max().unwrap_or(Outcome::TooFew);
    let outcome = if matches!(exact, Exact::Differs(_)) { worst.max(Outcome::Changed) } else { worst };
    Ok(Comparison { base: name.to_owned(), outcome, exact, rows, notes })
}

fn rows(base: &Captured, new: &Captured, gate: Gate, simulated: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let common = if simulated { base.seeds_in_common(new) } else { Vec::new() };
    let counts = |one: &&ClientFigures| common.is_empty() || common.contains(&one.seed);
    for (client, phase) in base.places() {
        let [before, after] =
            [base, new].map(|side| side.at(client, phase).into_iter().filter(counts).collect::<Vec<_>>());
        for figure in Figure::ALL {
            if after.is_empty() || (figure.is_latency() && new.unsound.is_some()) {
                continue;
            }
            let (old, now) = (figure.read(&before), figure.read(&after));
            if !old.enough && !now.enough {
                continue;
            }
            let signs = paired::signs(&before, &after, figure);
            let outcome = gate.judge(figure, &old, &now, signs.as_ref(), simulated);
            let ratio = figure::ratio(old.value, now.value);
            let (client, phase) = (client.to_owned(), phase.to_owned());
            rows.push(Row { client, phase, figure, base: old, new: now, ratio, signs, outcome });
        }
    }
    rows
}
