//! Whether the warm-up was long enough: MSER-5 over the mean latency of each client from the start to the first fault. It only warns;
//! the warm-up is the author's to set, and no figure changes.

use super::measure::Stretch;
use super::recovery::windows_of;
use super::statistics::truncation;
use crate::base::Time;
use crate::plan::{Arrivals, Plan};
use crate::record::Recording;

/// One line for each client whose latency still drifts after the warm-up.
pub fn warnings(recording: &Recording) -> Vec<String> {
    let plan = &recording.plan;
    let calm_until = calm_until(recording);
    let steady = plan.clients.iter().enumerate().filter(|(_, client)| is_steady(&client.arrivals));
    let late = steady.filter_map(|(index, client)| {
        let until = transient_until(recording, index, calm_until)?;
        (until > plan.warmup).then(|| warning(&client.name, until, plan))
    });
    late.collect()
}

fn warning(client: &str, until: Time, plan: &Plan) -> String {
    format!(
        "the latency of client `{client}` seems to settle only at {until}, after `warmup: {}` (MSER-5): \
         what is measured before that is no steady state",
        plan.warmup
    )
}

/// Whatever begins with the first fault is no warm-up.
fn calm_until(recording: &Recording) -> Time {
    let faults = recording.plan.faults.iter().map(|fault| fault.from);
    let cut = recording.cut_short.iter().map(|cut| cut.at);
    faults.chain(cut).min().unwrap_or(recording.plan.length).min(recording.plan.length)
}

/// A load that is meant to change is no transient.
fn is_steady(arrivals: &Arrivals) -> bool {
    match arrivals {
        Arrivals::Open { points, .. } => points.windows(2).all(|pair| pair[0].rate == pair[1].rate),
        Arrivals::Closed { .. } => true,
        _ => false,
    }
}

/// `None` when there is no transient, or nothing can be said.
fn transient_until(recording: &Recording, client: usize, end: Time) -> Option<Time> {
    let windows = windows_of(Stretch { recording, from: Time::ZERO, to: end });
    let mean = |window: &Stretch| recording.client_over(client, window.from, window.to).latency.mean();
    // A window without an answer has no mean, and a series with holes is none.
    let series: Vec<f64> = windows.iter().map(mean).collect::<Option<_>>()?;
    let count = truncation::transient(&series).filter(|count| *count > 0)?;
    Some(windows[count - 1].to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::judge::judge;
    use crate::judge::tests::{expectation, users};
    use crate::record::{ClientCell, fixture};

    /// The fixture without its fault: 100 s, a warm-up of 10 s; latency is high until the given second.
    fn slow_until(second: f64, arrivals: Option<Arrivals>) -> Vec<String> {
        let mut plan = fixture::plan();
        plan.faults.clear();
        plan.clients[0].arrivals = arrivals.unwrap_or_else(|| plan.clients[0].arrivals.clone());
        let mut recording = fixture::recording(&plan);
        users(&mut recording, 0.0, second, |cell| cell.latency.record_n(Span::from_millis(100), 50));
        judge(&recording).warnings
    }

    #[test]
    fn a_transient_that_outlasts_the_warm_up_is_told() {
        assert_eq!(slow_until(0.0, None), [""; 0]);
        assert_eq!(slow_until(10.0, None), [""; 0]);
        let late = slow_until(25.0, None);
        assert_eq!(late.len(), 1, "{late:?}");
        assert!(late[0].contains("client `users` seems to settle only at 25s, after `warmup: 10s`"), "{late:?}");
        let ramp = [0.0, 100.0].map(|at| crate::plan::RatePoint { at: fixture::secs(at), rate: 1.0 + at });
        let ramp = Arrivals::Open { points: ramp.to_vec(), poisson: true };
        assert_eq!(slow_until(25.0, Some(ramp)), [""; 0], "a load that is meant to change does not settle");
    }

    #[test]
    fn what_a_fault_does_is_no_transient() {
        let mut recording = fixture::recording(&fixture::plan());
        users(&mut recording, 40.0, 60.0, |cell| cell.latency.record_n(Span::from_secs(1), 90));
        assert_eq!(judge(&recording).warnings, [""; 0]);
    }

    #[test]
    fn nothing_in_the_warm_up_enters_any_figure() {
        let mut plan = fixture::plan();
        let lines = [
            "p50(users) < 1s",
            "max(users) < 1s before slow",
            "mean(users) < 1s before",
            "success(users) >= 99%",
            "errors(users) <= 1% before slow",
            "goodput(users) >= 95% of before after slow",
            "recovery(users) <= 15s after slow",
            "amplification(db) <= 1.5",
            "waste(db) < 5%",
            "retries(web->db) <= 1%",
            "max(queue(db)) < 10",
            "mean(utilisation(db)) < 80%",
            "hits(cache) >= 80%",
        ];
        plan.expectations = lines.iter().map(|line| expectation(&plan, line)).collect();
        let clean = fixture::recording(&plan);
        let mut spoiled = clean.clone();
        users(&mut spoiled, 0.0, 10.0, |cell| {
            *cell = ClientCell { offered: 9999, fresh: 9, sent: 9999, ok: 1, goodput: 1, retries: 77, ..cell.clone() };
            cell.errors = [500; crate::base::ErrorKind::COUNT];
            cell.latency.record_n(Span::from_secs(100), 5000);
        });
        let range = spoiled.grid.range(Time::ZERO, plan.warmup);
        for cell in spoiled.services.iter_mut().flat_map(|series| &mut series.cells[range.clone()]) {
            (cell.arrived, cell.completed, cell.wasted, cell.misses) = (77_777, 5, 5, 99_999);
            (cell.busy_s, cell.queue_s, cell.queue_max) = (1e6, 1e6, 1_000_000);
        }
        for cell in spoiled.edges.iter_mut().flat_map(|series| &mut series.cells[range.clone()]) {
            (cell.calls, cell.attempts) = (1, 100_000);
        }
        let (wanted, found) = (judge(&clean), judge(&spoiled));
        assert_eq!(wanted.expectations, found.expectations);
        assert!(wanted.expectations.iter().all(|line| line.measured.is_some()), "{:#?}", wanted.expectations);
        for phase in &plan.phases {
            let clients = |recording: &Recording| recording.client_over(0, phase.from, phase.to);
            assert_eq!(clients(&clean), clients(&spoiled), "{}", phase.name);
        }
    }
}
