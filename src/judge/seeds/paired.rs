//! A variant against its base, seed by seed. Under one seed both get the same arrivals, so most of the chance cancels in the difference
//! (common random numbers: Law and Kelton, Simulation Modeling and Analysis, 11.2).

use super::{LineOverSeeds, OverSeeds};
use crate::judge::Unit;
use crate::judge::statistics::student::{self, Estimate};
use crate::plan::expectation::Compare;

/// One line that base and variant have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    pub text: String,
    pub unit: Unit,
    /// Means over the pairs.
    pub base: f64,
    pub variant: f64,
    /// Variant minus base, over the pairs; the interval is Student's.
    pub difference: Estimate,
    pub change: Change,
    /// How many times the variance of the difference would be larger, were base and variant played with different seeds;
    /// `None` where nothing varies.
    pub variance_saved: Option<f64>,
}

/// What the difference says: towards an expectation's bound, or away from a symptom's, is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Better,
    Worse,
    /// The interval includes 0, or there are too few pairs.
    NotShown,
}

impl Change {
    fn turned(self) -> Change {
        match self {
            Change::Better => Change::Worse,
            Change::Worse => Change::Better,
            Change::NotShown => Change::NotShown,
        }
    }
}

/// Every line that both have, of the seeds in which both could be measured. Empty when the seeds are not the same.
pub fn against(base: &OverSeeds, variant: &OverSeeds) -> Vec<Paired> {
    let seeds = |of: &OverSeeds| of.runs.iter().map(|run| run.seed).collect::<Vec<_>>();
    if seeds(base) != seeds(variant) {
        return Vec::new();
    }
    let pair = |line: &LineOverSeeds| {
        let same = base.lines().find(|other| other.text == line.text && other.unit == line.unit)?;
        of_lines(same, line)
    };
    // A symptom is what nobody wants: less of it is better.
    let symptoms = variant.symptoms.iter().filter_map(pair);
    let turned = symptoms.map(|pair| Paired { change: pair.change.turned(), ..pair });
    variant.expectations.iter().filter_map(pair).chain(turned).collect()
}

fn of_lines(base: &LineOverSeeds, variant: &LineOverSeeds) -> Option<Paired> {
    let both = base.each.iter().zip(&variant.each);
    let pairs: Vec<(f64, f64)> = both.filter_map(|(a, b)| Some((a.measured?, b.measured?))).collect();
    let each = |read: fn(&(f64, f64)) -> f64| student::estimate(&pairs.iter().map(read).collect::<Vec<f64>>());
    let (of_base, of_variant) = (each(|pair| pair.0)?, each(|pair| pair.1)?);
    let difference = each(|pair| pair.1 - pair.0)?;
    let apart = of_base.deviation.powi(2) + of_variant.deviation.powi(2);
    Some(Paired {
        text: variant.text.clone(),
        unit: variant.unit,
        base: of_base.mean,
        variant: of_variant.mean,
        change: change(&difference, variant.compare),
        variance_saved: (difference.deviation > 0.0).then(|| apart / difference.deviation.powi(2)),
        difference,
    })
}

fn change(difference: &Estimate, compare: Compare) -> Change {
    let up_is_good = match compare {
        Compare::Greater | Compare::GreaterOrEqual => true,
        Compare::Less | Compare::LessOrEqual => false,
        Compare::Equal => return Change::NotShown,
    };
    match difference.interval {
        Some((low, _)) if low > 0.0 => {
            if up_is_good {
                Change::Better
            } else {
                Change::Worse
            }
        }
        Some((_, high)) if high < 0.0 => {
            if up_is_good {
                Change::Worse
            } else {
                Change::Better
            }
        }
        _ => Change::NotShown,
    }
}
