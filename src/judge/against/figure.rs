//! The figures that are compared: quantiles of latency, the share of errors, goodput. Each is read with its 95% interval from the requests of all seeds
//! as one sample, together with whether they are enough.

use super::captured::ClientFigures;
use crate::judge::Unit;
use crate::judge::measure::samples_needed;
use crate::judge::statistics::{Interval, quantile, wilson};
use crate::record::Latencies;

/// Fewer requests say nothing of a share, and a rate is a share of those that could have come.
const REQUESTS_MIN: u64 = 100;
/// The 97.5% quantile of the standard normal.
const Z: f64 = 1.959_963_984_540_054;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    P50,
    P90,
    P99,
    P999,
    Errors,
    Goodput,
}

/// One side of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Seconds, a ratio, or per second.
    pub value: Option<f64>,
    pub interval: Option<Interval>,
    /// Requests behind it.
    pub samples: u64,
    pub enough: bool,
}

impl Figure {
    pub const ALL: [Figure; 6] = [Figure::P50, Figure::P90, Figure::P99, Figure::P999, Figure::Errors, Figure::Goodput];

    pub fn word(self) -> &'static str {
        match self {
            Figure::P50 => "p50",
            Figure::P90 => "p90",
            Figure::P99 => "p99",
            Figure::P999 => "p99.9",
            Figure::Errors => "errors",
            Figure::Goodput => "goodput",
        }
    }

    pub fn unit(self) -> Unit {
        match self {
            Figure::Errors => Unit::Ratio,
            Figure::Goodput => Unit::PerSecond,
            _ => Unit::Seconds,
        }
    }

    /// For people.
    pub fn shown(self, value: f64) -> String {
        match self {
            Figure::Errors => format!("{:.2}%", value * 100.0),
            Figure::Goodput => format!("{value:.1}/s"),
            _ if value < 0.01 => format!("{:.2}ms", value * 1e3),
            _ if value < 1.0 => format!("{:.0}ms", value * 1e3),
            _ => format!("{value:.2}s"),
        }
    }

    pub fn is_better_high(self) -> bool {
        self == Figure::Goodput
    }

    pub fn is_latency(self) -> bool {
        self.quantile().is_some()
    }

    fn quantile(self) -> Option<f64> {
        match self {
            Figure::P50 => Some(0.5),
            Figure::P90 => Some(0.9),
            Figure::P99 => Some(0.99),
            Figure::P999 => Some(0.999),
            Figure::Errors | Figure::Goodput => None,
        }
    }

    /// Over the requests of all these seeds.
    pub fn read(self, seeds: &[&ClientFigures]) -> Reading {
        let failed = |one: &&ClientFigures| one.errors.values().sum::<u64>();
        match self.quantile() {
            Some(q) => of_quantile(seeds, q),
            None if self == Figure::Errors => {
                let failed: u64 = seeds.iter().map(failed).sum();
                share(failed, failed + seeds.iter().map(|one| one.ok).sum::<u64>())
            }
            None => rate(
                seeds.iter().map(|one| one.goodput).sum(),
                seeds.iter().map(|one| one.seconds).sum(),
                seeds.iter().map(|one| one.offered).sum(),
            ),
        }
    }
}

fn of_quantile(seeds: &[&ClientFigures], q: f64) -> Reading {
    let mut all = Latencies::default();
    seeds.iter().for_each(|one| all.merge(&one.latency));
    let interval = quantile::interval_mid_p(&all, q);
    let enough = all.count() >= samples_needed(q) && interval.is_some();
    Reading { value: all.quantile(q), interval, samples: all.count(), enough }
}

fn share(hits: u64, n: u64) -> Reading {
    let value = (n > 0).then(|| hits as f64 / n as f64);
    Reading { value, interval: wilson::interval(hits, n), samples: n, enough: n >= REQUESTS_MIN }
}

/// The score interval of a Poisson count (Barker, The American Statistician 56(2), 2002); the count of answers varies less than that where the load is even.
fn rate(count: u64, seconds: f64, offered: u64) -> Reading {
    let (n, known) = (count as f64, seconds > 0.0);
    let (middle, half) = (n + Z * Z / 2.0, Z * (n + Z * Z / 4.0).sqrt());
    Reading {
        value: known.then(|| n / seconds),
        interval: known.then(|| ((middle - half).max(0.0) / seconds, (middle + half) / seconds)),
        samples: count,
        enough: known && offered >= REQUESTS_MIN,
    }
}

/// New over base: 1 where both are 0, infinite where only the base is.
pub fn ratio(base: Option<f64>, new: Option<f64>) -> Option<f64> {
    match (base?, new?) {
        (0.0, 0.0) => Some(1.0),
        (base, new) => Some(new / base),
    }
}
