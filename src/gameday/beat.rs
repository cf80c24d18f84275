//! How the users fare while a run goes on, for those who watch: the last two seconds of the recording, as far as it is known by then.
//! The verdict does not rest on it.

use crate::base::{Span, Time};
use crate::plan::Plan;
use crate::record::{ClientCell, Recorder};

/// So far back is looked.
const BACK: Span = Span::from_secs(2);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beat {
    /// Of the run.
    pub at: Time,
    /// In the order of the plan's clients.
    pub clients: Vec<ClientBeat>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientBeat {
    pub name: String,
    /// Successful answers a second.
    pub goodput: f64,
    /// Share of the requests sent in this time that failed, of those that have ended.
    pub errors: f64,
    /// Of those that succeeded, in seconds; `None` without any.
    pub p99: Option<f64>,
}

impl Beat {
    pub fn of(plan: &Plan, recorder: &Recorder, at: Time) -> Beat {
        let from = Time(at.0.saturating_sub(BACK.0));
        let cells = recorder.grid.range(from, at);
        // The first of these cells began earlier than was asked for.
        let begin = recorder.grid.cells.get(cells.start).map_or(from, |cell| cell.from.min(at));
        let seconds = at.since(begin).as_secs_f64().max(1e-9);
        let one = |(client, series): (&crate::plan::Client, &Vec<ClientCell>)| {
            let mut sum = ClientCell::default();
            series[cells.clone()].iter().for_each(|cell| sum.merge(cell));
            let ended = sum.ok + sum.failed();
            ClientBeat {
                name: client.name.clone(),
                goodput: sum.goodput as f64 / seconds,
                errors: if ended == 0 { 0.0 } else { sum.failed() as f64 / ended as f64 },
                p99: sum.latency.quantile(0.99),
            }
        };
        Beat { at, clients: plan.clients.iter().zip(&recorder.clients).map(one).collect() }
    }
}
