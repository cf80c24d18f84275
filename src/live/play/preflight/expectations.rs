//! Before a run: whether the figures of each expectation can be read here.

use super::Desk;
use crate::base::ServiceId;
use crate::live::play::target;
use crate::plan::Role;
use crate::plan::expectation::{Expectation, Gauge, Metric, Subject};
use crate::plan::real::Protocol;

impl Desk<'_> {
    /// A figure that nobody can read off a real process must not be judged as if it were zero.
    pub(super) fn expectation(&mut self, line: &Expectation) {
        self.metric(line, &line.metric);
    }

    fn metric(&mut self, line: &Expectation, metric: &Metric) {
        let (of, what) = match metric {
            Metric::Reported { metric, .. } => return self.metric(line, metric),
            Metric::Correlation { of } => return of.iter().for_each(|metric| self.metric(line, metric)),
            Metric::Received { of } => (of, None),
            Metric::Gauge { gauge, of, .. } => (of, Some(*gauge)),
            Metric::Waste { of } => (of, None),
            Metric::Meter { meter, .. } => return self.meter(line, *meter as usize),
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
            self.unseen(line);
        }
    }

    fn unseen(&mut self, line: &Expectation) {
        self.problems.push(format!(
            "{}: `{}` cannot be read off a real process; drop the line, or let it run as a stand-in",
            line.place, line.text
        ));
    }

    /// Of all meters of a service only its acknowledged writes can be asked for, and those only at the end.
    fn meter(&mut self, line: &Expectation, meter: usize) {
        let Some(meter) = self.plan.meters.get(meter) else { return };
        let Subject::Service(index) = meter.of else { return };
        let Some(real) = target::real(self.plan, ServiceId(index)) else { return };
        if meter.name != "lost" || !real.protocol.keeps_writes() {
            return self.unseen(line);
        }
        let expires = matches!(&self.plan.service(real.service).role, Role::Cache(spec) if spec.ttl.is_some());
        let elsewhere = real.protocol == Protocol::Smtp && !target::is_started(real);
        let late = line.spans().into_iter().any(|(_, to)| to < self.plan.length);
        for (_, why) in [
            (expires, "its entries expire, so one that is gone need not be lost; drop `ttl` or the line"),
            (elsewhere, "mails can only be read back from a sink that firedrill started; use `engine: smtp`"),
            (late, "a real server is asked at the end of the run; give the line a window that lasts until then, such as `whole`"),
        ]
        .iter()
        .filter(|(is_so, _)| *is_so)
        {
            self.problems.push(format!("{}: `{}`: {why}", line.place, line.text));
        }
    }
}
