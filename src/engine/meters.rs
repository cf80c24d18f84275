//! The meters of a Plan while it is played: counters, levels and shares, closed cell by cell. It is told; it decides nothing.

use crate::base::{MeterId, Time};
use crate::plan::Plan;
use crate::plan::meters::Form;
use crate::record::MeterCell;

pub struct Meters {
    all: Vec<Running>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    form: Form,
    level: f64,
    since: Time,
    cell: MeterCell,
}

impl Meters {
    pub fn new(plan: &Plan) -> Meters {
        let running = |form| Running { form, level: 0.0, since: Time::ZERO, cell: MeterCell::default() };
        Meters { all: plan.meters.iter().map(|meter| running(meter.form)).collect() }
    }

    /// So many things happened.
    #[inline]
    pub fn count(&mut self, meter: MeterId, count: u64) {
        if let Some(running) = self.all.get_mut(meter.index()) {
            running.cell.sum += count as f64;
        }
    }

    /// So much of so much was of the sort.
    #[inline]
    pub fn part(&mut self, meter: MeterId, part: f64, whole: f64) {
        if let Some(running) = self.all.get_mut(meter.index()) {
            running.cell.sum += part;
            running.cell.whole += whole;
        }
    }

    /// So many seconds of a line were asked for.
    #[inline]
    pub fn spend(&mut self, meter: MeterId, seconds: f64) {
        if let Some(running) = self.all.get_mut(meter.index()) {
            running.cell.sum += seconds;
        }
    }

    /// One thing happened, of the sort or not.
    #[inline]
    pub fn share(&mut self, meter: MeterId, is_of_sort: bool) {
        if let Some(running) = self.all.get_mut(meter.index()) {
            running.cell.sum += f64::from(u8::from(is_of_sort));
            running.cell.whole += 1.0;
        }
    }

    /// The level is this from now on.
    #[inline]
    pub fn set(&mut self, meter: MeterId, now: Time, level: f64) {
        if let Some(running) = self.all.get_mut(meter.index()) {
            running.advance(now);
            // The first reading of a run is its level from the start: there was none before it.
            let is_first = now == Time::ZERO && running.cell.whole == 0.0;
            running.level = level;
            running.cell.min = if is_first { level } else { running.cell.min.min(level) };
            running.cell.max = if is_first { level } else { running.cell.max.max(level) };
        }
    }

    /// Ends the cell of every meter at `now`: gives them out and begins the next.
    pub fn roll(&mut self, now: Time) -> impl Iterator<Item = MeterCell> {
        self.all.iter_mut().map(move |running| {
            running.advance(now);
            let level = running.level;
            let next = match running.form {
                Form::Gauge => MeterCell { min: level, max: level, ..MeterCell::default() },
                Form::Count | Form::Share | Form::Load => MeterCell::default(),
            };
            let closed = std::mem::replace(&mut running.cell, next);
            MeterCell { last: level, ..closed }
        })
    }
}

impl Running {
    fn advance(&mut self, now: Time) {
        if matches!(self.form, Form::Gauge | Form::Load) && now > self.since {
            let seconds = now.since(self.since).as_secs_f64();
            // A load has no level: what is asked for is added as it comes.
            self.cell.sum += self.level * seconds;
            self.cell.whole += seconds;
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::expectation::Subject;
    use crate::plan::meters::Unit;
    use crate::plan::{Meter, fixture};

    #[test]
    fn levels_are_weighted_by_time_and_cells_begin_where_the_last_ended() {
        let mut plan = fixture::chain(1.0, &[]);
        let meter = |name: &str, form| Meter { name: name.into(), of: Subject::Service(0), form, unit: Unit::Number };
        plan.meters = vec![meter("level", Form::Gauge), meter("events", Form::Count), meter("part", Form::Share)];
        let at = Time::from_secs_f64;
        let mut meters = Meters::new(&plan);
        meters.set(MeterId(0), at(0.0), 4.0);
        meters.set(MeterId(0), at(1.0), 2.0);
        meters.count(MeterId(1), 3);
        meters.share(MeterId(2), true);
        meters.share(MeterId(2), false);
        meters.count(MeterId::NONE, 1);
        let first: Vec<MeterCell> = meters.roll(at(4.0)).collect();
        assert_eq!(first[0], MeterCell { sum: 10.0, whole: 4.0, min: 2.0, max: 4.0, last: 2.0 });
        assert_eq!((first[1].sum, first[2].sum, first[2].whole), (3.0, 1.0, 2.0));
        let second: Vec<MeterCell> = meters.roll(at(5.0)).collect();
        assert_eq!(second[0], MeterCell { sum: 2.0, whole: 1.0, min: 2.0, max: 2.0, last: 2.0 });
        assert_eq!(second[1], MeterCell::default());
    }
}
