//! Open loops: requests come whether or not earlier ones were answered, at a rate or at the moments of a trace.

use super::{PopulationKind, rate};
use crate::base::Time;
use crate::plan::Arrivals;
use crate::scenario::{Fields, values};

pub const RATE: PopulationKind =
    PopulationKind { key: "rate", with: &["arrivals", "reload", "pages"], read: read_rate };

pub const TRACE: PopulationKind = PopulationKind { key: "trace", with: &["reload", "pages"], read: read_trace };

fn read_rate(fields: &Fields, length: Time) -> Option<Arrivals> {
    let poisson = fields.choice("arrivals") != Some("constant");
    rate::read(fields.node("rate")?, length, fields.diags()).map(|points| Arrivals::Open { points, poisson })
}

fn read_trace(fields: &Fields, length: Time) -> Option<Arrivals> {
    let node = fields.node("trace")?;
    let seconds = values::read_values_file(node, fields.diags())?;
    if seconds.is_sorted() {
        let times: Vec<Time> = seconds.into_iter().map(Time::from_secs_f64).filter(|at| *at < length).collect();
        if times.is_empty() {
            fields.warning("trace", "every moment of the trace lies after the end of the run").code("empty-trace");
        }
        return Some(Arrivals::Trace(times));
    }
    fields.error("trace", "the moments of a trace must ascend").help("sort the file").code("wrong-value");
    None
}
