//! How the load of a live run was made, in one line: by how many processes, over how much at once, and how late. It judges nothing.

use super::figures::duration;
use crate::record::Recording;

/// `None` for a run in virtual time, whose requests are never late.
pub fn words(recording: &Recording) -> Option<String> {
    let load = recording.head.load?;
    let processes = match load.processes {
        1 => "1 process".to_owned(),
        n => format!("{n} processes"),
    };
    let connections = match load.connections_max {
        0 => String::new(),
        n => format!(" on {n} connections"),
    };
    let lag = recording.head.send_lag.quantile(0.99);
    let late = lag.map(|p99| format!("; sent late by {} at p99", duration(p99))).unwrap_or_default();
    Some(format!("load by {processes}, at most {} requests under way{connections}{late}", load.under_way_max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::record::Load;

    #[test]
    fn it_says_who_made_the_load_and_how_late() {
        let plan = crate::plan::fixture::chain(10.0, &[]);
        let mut recording = crate::sim::play(&plan);
        assert_eq!(words(&recording), None);
        recording.head.load = Some(Load { processes: 3, under_way_max: 40, connections_max: 38 });
        recording.head.send_lag.record_n(Span::from_millis(2), 100);
        let text = words(&recording).expect("a live run");
        assert_eq!(
            text,
            "load by 3 processes, at most 40 requests under way on 38 connections; sent late by 2ms at p99"
        );
    }
}
