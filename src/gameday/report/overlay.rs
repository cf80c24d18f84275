//! What the simulator predicted and what was observed live, fault by fault and client by client: one picture, and the figures of its phases.

use super::held::{Days, Trial};
use super::shown;
use crate::judge::Unit;
use crate::record::Recording;
use crate::report::charts::overlay;
use crate::report::page::Block;

pub fn sections(days: &Days) -> Vec<Block> {
    let Some(predicted) = &days.predicted else { return Vec::new() };
    let mut blocks = Vec::new();
    for trial in &days.day.trials {
        if let Some(twin) = predicted.trial(&trial.ran.fault) {
            blocks.extend(of_fault(twin, trial));
        }
    }
    if !blocks.is_empty() {
        blocks.insert(0, Block::Heading(2, "Predicted and observed".to_owned()));
    }
    blocks
}

fn of_fault(predicted: &Trial, observed: &Trial) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (client, series) in observed.recording.clients.iter().enumerate() {
        let Some(twin) = predicted.recording.clients.iter().position(|other| other.name == series.name) else {
            continue;
        };
        blocks.push(Block::Heading(3, format!("{}, client {}", observed.ran.fault, series.name)));
        blocks.push(Block::Picture(overlay::chart((&predicted.recording, twin), (&observed.recording, client))));
        let head = ["phase", "p99 predicted", "p99 observed", "goodput predicted", "goodput observed"];
        let rows = observed.recording.plan.phases.iter().filter(|phase| phase.name != "whole");
        let rows = rows.map(|phase| row(&phase.name, (&predicted.recording, twin), (&observed.recording, client)));
        blocks.push(Block::Table(head.map(str::to_owned).to_vec(), rows.collect()));
    }
    blocks
}

fn row(phase: &str, predicted: (&Recording, usize), observed: (&Recording, usize)) -> Vec<String> {
    let ((p99_then, goodput_then), (p99_now, goodput_now)) = (figures(phase, predicted), figures(phase, observed));
    let p99 = |value| shown(value, Unit::Seconds);
    let goodput = |value| shown(value, Unit::PerSecond);
    vec![phase.to_owned(), p99(p99_then), p99(p99_now), goodput(goodput_then), goodput(goodput_now)]
}

/// p99 and goodput of a client in a phase.
fn figures(phase: &str, (recording, client): (&Recording, usize)) -> (Option<f64>, Option<f64>) {
    let Some(phase) = recording.plan.phases.iter().find(|other| other.name == phase) else { return (None, None) };
    let cell = recording.client_over(client, phase.from, phase.to);
    let seconds = phase.to.since(phase.from).as_secs_f64();
    (cell.latency.quantile(0.99), (seconds > 0.0).then(|| cell.goodput as f64 / seconds))
}
