//! Before a run: whether the figures of each expectation can be read here.

use super::Desk;
use crate::base::ServiceId;
use crate::live::play::target;
use crate::plan::expectation::{Expectation, Gauge, Metric, Subject};

impl Desk<'_> {
    /// A figure that nobody can read off a real process must not be judged as if it were zero.
    pub(super) fn expectation(&mut self, line: &Expectation) {
        let metric = match &line.metric {
            Metric::Reported { metric, .. } => metric,
            metric => metric,
        };
        let (of, what) = match metric {
            Metric::Received { of } => (of, None),
            Metric::Gauge { gauge, of, .. } => (of, Some(*gauge)),
            Metric::Waste { of } => (of, None),
            _ => return,
        };
        let Subject::Service(index) = of else { return };
        let Some(real) = target::real(self.plan, ServiceId(*index)) else { return };
        let seen = match what {
            Some(Gauge::Inflight) => true,
            Some(Gauge::Used | Gauge::UsedShare) => real.volume_bytes.is_some(),
            Some(Gauge::Utilisation | Gauge::Queue | Gauge::Cold) | None => false,
        };
        if !seen {
            self.problems.push(format!(
                "{}: `{}` cannot be read off a real process; drop the line, or let it run as a stand-in",
                line.place, line.text
            ));
        }
    }
}
