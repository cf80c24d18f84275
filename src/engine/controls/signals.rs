//! What a control can see of a service: sums that only grow, of which it takes the difference between two looks.

use crate::plan::Signal;
use crate::record::ServiceCell;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    pub busy_s: f64,
    pub workers_s: f64,
    pub cpu_s: f64,
    pub queue_s: f64,
    pub inflight_s: f64,
    pub arrived: f64,
    pub ended: f64,
    pub failed: f64,
}

impl Reading {
    pub fn of(cell: &ServiceCell, cpu_s: f64) -> Reading {
        let failed = cell.failed + cell.rejected + cell.dropped;
        Reading {
            busy_s: cell.busy_s,
            workers_s: cell.workers_s,
            cpu_s,
            queue_s: cell.queue_s,
            inflight_s: cell.inflight_s,
            arrived: cell.arrived as f64,
            ended: (cell.completed + failed) as f64,
            failed: failed as f64,
        }
    }

    pub fn plus(self, other: Reading) -> Reading {
        self.each(other, |a, b| a + b)
    }

    pub fn minus(self, other: Reading) -> Reading {
        self.each(other, |a, b| a - b)
    }

    fn each(self, other: Reading, of: impl Fn(f64, f64) -> f64) -> Reading {
        Reading {
            busy_s: of(self.busy_s, other.busy_s),
            workers_s: of(self.workers_s, other.workers_s),
            cpu_s: of(self.cpu_s, other.cpu_s),
            queue_s: of(self.queue_s, other.queue_s),
            inflight_s: of(self.inflight_s, other.inflight_s),
            arrived: of(self.arrived, other.arrived),
            ended: of(self.ended, other.ended),
            failed: of(self.failed, other.failed),
        }
    }

    /// The signal over so many seconds, of a service with so many replicas in use. Of nothing it is 0.
    pub fn signal(self, signal: Signal, seconds: f64, replicas: u32) -> f64 {
        let replicas = f64::from(replicas.max(1));
        let (part, whole) = match signal {
            Signal::Utilisation => (self.busy_s, self.workers_s),
            Signal::Cpu => (self.cpu_s, self.workers_s),
            Signal::Queue => (self.queue_s, seconds),
            Signal::Inflight => (self.inflight_s, seconds * replicas),
            Signal::Rate => (self.arrived, seconds * replicas),
            Signal::Errors => (self.failed, self.ended),
        };
        if whole > 0.0 { part / whole } else { 0.0 }
    }
}
