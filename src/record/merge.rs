//! Joins the recordings of several processes that played parts of the users of one run, at the same time, into the recording of the whole.
//! Histograms are added bucket by bucket, so quantiles of the whole are as exact as those of a part. It does not know how the parts were played.

use super::{MeterCell, Recording, ServiceCell};
use crate::plan::expectation::Subject;
use crate::plan::meters::Form;
use crate::plan::{Party, Plan};

impl Recording {
    /// Adds what another process recorded of its part of the users: its clients, the edges by which they call, its evidence, its warnings and its lag.
    /// Of services it adds what callers saw of those that `is_seen_by_callers`; the others were played, and recorded, here alone.
    pub fn add_part(&mut self, part: &Recording, is_seen_by_callers: impl Fn(usize) -> bool) {
        let plan = self.plan.clone();
        let of_clients = |edge: usize| matches!(plan.edges[edge].from, Party::Client(_));
        for (whole, part) in self.clients.iter_mut().zip(&part.clients) {
            whole.cells.iter_mut().zip(&part.cells).for_each(|(sum, cell)| sum.merge(cell));
        }
        for (edge, (whole, part)) in self.edges.iter_mut().zip(&part.edges).enumerate() {
            if of_clients(edge) {
                whole.cells.iter_mut().zip(&part.cells).for_each(|(sum, cell)| sum.merge(cell));
            }
        }
        for (service, (whole, part)) in self.services.iter_mut().zip(&part.services).enumerate() {
            if is_seen_by_callers(service) {
                whole.cells.iter_mut().zip(&part.cells).for_each(|(sum, cell)| sum.add_callers(cell));
            }
        }
        for (meter, (whole, part)) in plan.meters.iter().zip(self.meters.iter_mut().zip(&part.meters)) {
            if is_of_clients(meter.of, &plan) {
                whole.cells.iter_mut().zip(&part.cells).for_each(|(sum, cell)| sum.add(cell, meter.form));
            }
        }
        for (whole, part) in self.evidence.iter_mut().zip(&part.evidence) {
            whole.touched += part.touched;
            for (what, count) in &part.details {
                *whole.details.entry(what.clone()).or_default() += count;
            }
        }
        for warning in &part.warnings {
            if !self.warnings.contains(warning) {
                self.warnings.push(warning.clone());
            }
        }
        self.head.send_lag.merge(&part.head.send_lag);
        self.head.lateness.merge(&part.head.lateness);
        self.head.clock_lag.merge(&part.head.clock_lag);
    }
}

fn is_of_clients(subject: Subject, plan: &Plan) -> bool {
    match subject {
        Subject::Client(_) => true,
        Subject::Edge(edge) => plan.edges.get(edge as usize).is_some_and(|edge| matches!(edge.from, Party::Client(_))),
        _ => false,
    }
}

impl ServiceCell {
    /// What other callers saw of the same service in the same cell.
    fn add_callers(&mut self, other: &ServiceCell) {
        self.arrived += other.arrived;
        self.completed += other.completed;
        self.failed += other.failed;
        self.hits += other.hits;
        self.misses += other.misses;
        self.inflight_s += other.inflight_s;
        // The most that there may have been: they need not have come at the same moment.
        self.inflight_max += other.inflight_max;
        self.inflight_min += other.inflight_min;
        self.latency.merge(&other.latency);
    }
}

impl MeterCell {
    /// What another part of the same subject did in the same cell.
    fn add(&mut self, other: &MeterCell, form: Form) {
        self.sum += other.sum;
        match form {
            Form::Count => {}
            Form::Share => self.whole += other.whole,
            // Levels stand beside each other in the same stretch of time.
            Form::Gauge | Form::Load => {
                self.min += other.min;
                self.max += other.max;
                self.last += other.last;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ErrorKind, Span};
    use crate::plan::fixture;

    #[test]
    fn parts_are_added_and_what_was_played_here_alone_stays() {
        let plan = fixture::chain(50.0, &[1.0, 1.0]);
        let part = crate::sim::play(&plan);
        let mut whole = part.clone();
        whole.evidence.push(Default::default());
        let mut other = part.clone();
        other.evidence.push(Default::default());
        other.evidence[0].add("requests refused", 3);
        other.warnings = vec!["once".into()];
        other.clients[0].cells[0].errors[ErrorKind::Refused as usize] += 3;
        other.head.send_lag.record(Span::from_millis(3));
        whole.add_part(&other, |service| service == 0);
        whole.add_part(&other, |service| service == 0);
        let cell = |recording: &Recording| recording.client_over(0, crate::base::Time::ZERO, plan.length);
        assert_eq!(cell(&whole).offered, 3 * cell(&part).offered);
        assert_eq!(cell(&whole).latency.count(), 3 * cell(&part).latency.count());
        assert_eq!(cell(&whole).failed(), 6);
        let service =
            |recording: &Recording, service| recording.service_over(service, crate::base::Time::ZERO, plan.length);
        assert_eq!(service(&whole, 0).arrived, 3 * service(&part, 0).arrived);
        assert_eq!(service(&whole, 1), service(&part, 1));
        let edge = |recording: &Recording, edge| recording.edge_over(edge, crate::base::Time::ZERO, plan.length).calls;
        assert_eq!((edge(&whole, 0), edge(&whole, 1)), (3 * edge(&part, 0), edge(&part, 1)));
        assert_eq!((whole.evidence[0].touched, whole.warnings.len()), (6, 1));
        assert_eq!(whole.head.send_lag.count(), 2);
    }

    #[test]
    fn meters_are_added_by_their_form() {
        let cell = MeterCell { sum: 2.0, whole: 4.0, min: 1.0, max: 3.0, last: 2.0 };
        let added = |form| {
            let mut sum = cell;
            sum.add(&cell, form);
            sum
        };
        assert_eq!(added(Form::Count), MeterCell { sum: 4.0, ..cell });
        assert_eq!(added(Form::Share), MeterCell { sum: 4.0, whole: 8.0, ..cell });
        assert_eq!(added(Form::Gauge), MeterCell { sum: 4.0, whole: 4.0, min: 2.0, max: 6.0, last: 4.0 });
    }
}
