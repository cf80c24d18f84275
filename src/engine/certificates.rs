//! How long the certificates last that services show: read where a window ends, for whoever asks. Whether one is accepted is decided
//! where a session is made (`reach`).

use super::Engine;
use super::wire::Wire;
use crate::base::MeterId;
use crate::plan::expectation::Subject;
use crate::plan::meters::{CERTIFICATE, FOREVER_S};

impl<W: Wire> Engine<W> {
    /// Writes down for each service that is asked about what is left of its certificate, by the clock of the run.
    pub(super) fn read_certificates(&mut self) {
        for (index, meter) in self.plan.meters.iter().enumerate().rev() {
            if meter.name != CERTIFICATE {
                break;
            }
            let Subject::Service(service) = meter.of else { continue };
            let calls = self.plan.edges.iter().filter(|edge| edge.to.0 == service);
            let ends = calls.filter_map(|edge| edge.tls.as_ref()?.not_after);
            let left = ends.min().map_or(FOREVER_S, |end| end.since(self.now.min(end)).as_secs_f64());
            self.meters.set(MeterId::from(index), self.now, left);
        }
    }
}
