//! Gauges over a window: means weighted by time, least and largest readings from the cells.

use super::measure::{Measure, Stretch};
use crate::plan::expectation::{Aggregate, Gauge, Subject};
use crate::plan::{Role, Service};
use crate::record::{Recording, ServiceCell};

pub fn measure(gauge: Gauge, of: Subject, aggregate: Aggregate, stretch: Stretch) -> Measure {
    let Subject::Service(index) = of else { return Measure::none(0, "only services have gauges") };
    let index = index as usize;
    let recording = stretch.recording;
    let one = match scale(gauge, &recording.plan.services[index], index, recording) {
        Ok(one) => one,
        Err(why) => return Measure::none(0, why),
    };
    let range = recording.grid.range(stretch.from, stretch.to);
    let cells = recording.services[index].cells[range.clone()].iter().zip(&recording.grid.cells[range]);
    let readings: Vec<Reading> =
        cells.filter_map(|(cell, time)| read(gauge, cell, time.to.since(time.from).as_secs_f64())).collect();
    if readings.is_empty() {
        return Measure::none(0, "no readings in this window");
    }
    Measure::of(aggregated(&readings, aggregate) / one, readings.len() as u64)
}

/// One cell's figure: integral and the weight it is an integral over, and its extremes.
struct Reading {
    integral: f64,
    weight: f64,
    min: f64,
    max: f64,
}

impl Reading {
    fn flat(value: f64, seconds: f64) -> Reading {
        Reading { integral: value * seconds, weight: seconds, min: value, max: value }
    }
}

fn read(gauge: Gauge, cell: &ServiceCell, seconds: f64) -> Option<Reading> {
    match gauge {
        Gauge::Utilisation => (cell.workers_s > 0.0).then(|| {
            let share = cell.busy_s / cell.workers_s;
            Reading { integral: cell.busy_s, weight: cell.workers_s, min: share, max: share }
        }),
        Gauge::Queue => Some(Reading {
            integral: cell.queue_s,
            weight: seconds,
            min: cell.queue_min as f64,
            max: cell.queue_max as f64,
        }),
        Gauge::Inflight => Some(Reading {
            integral: cell.inflight_s,
            weight: seconds,
            min: cell.inflight_min as f64,
            max: cell.inflight_max as f64,
        }),
        Gauge::Used | Gauge::UsedShare => Some(Reading::flat(cell.used_bytes as f64, seconds)),
        Gauge::Cold => Some(Reading::flat(cell.cold_keys as f64, seconds)),
    }
}

fn aggregated(readings: &[Reading], aggregate: Aggregate) -> f64 {
    let each = readings.iter();
    match aggregate {
        Aggregate::Mean => {
            let (integral, weight) =
                each.fold((0.0, 0.0), |(sum, weight), reading| (sum + reading.integral, weight + reading.weight));
            integral / weight
        }
        Aggregate::Min => each.map(|reading| reading.min).fold(f64::INFINITY, f64::min),
        Aggregate::Max => each.map(|reading| reading.max).fold(f64::NEG_INFINITY, f64::max),
    }
}

/// What readings are divided by, or why the service has no such gauge.
fn scale(gauge: Gauge, service: &Service, index: usize, recording: &Recording) -> Result<f64, String> {
    let name = &service.name;
    match (gauge, &service.role) {
        (Gauge::Utilisation, _) if service.slots().is_none() => {
            Err(format!("`{name}` has no limit of workers or cores, so it has no utilisation"))
        }
        (Gauge::Cold, Role::Cache(cache)) if cache.keys > 0 => Ok(f64::from(cache.keys)),
        (Gauge::Cold, _) => Err(format!("`{name}` is not a cache with keys")),
        (Gauge::UsedShare, _) => {
            let real = recording.plan.real.services.iter().find(|real| real.service.index() == index);
            let modelled = service.volume.as_ref().and_then(|volume| volume.size_bytes);
            let volume = real.and_then(|real| real.volume_bytes).or(modelled).filter(|bytes| *bytes > 0);
            volume.map(|bytes| bytes as f64).ok_or_else(|| format!("`{name}` has no volume of limited size"))
        }
        (Gauge::Utilisation | Gauge::Queue | Gauge::Inflight | Gauge::Used, _) => Ok(1.0),
    }
}
