//! When each rule of the monitoring fired: a row for each, a bar from the moment it fired until it was quiet again, and how long after the
//! last fault had begun that was.

use super::lanes::Lanes;
use super::scale::{self, Axis};
use super::sketch::{self, Frame};
use super::theme::{AXIS, FAINT, GRID, INK, VERMILION};
use super::{Chart, Form, escape, picture, shorten};
use crate::base::{Span, Time};
use crate::judge::firing;
use crate::plan::{Alert, FaultInfo};
use crate::record::Recording;
use std::fmt::Write as _;

/// More rules are in the table only.
const ROWS_MAX: usize = 20;
const BAR: f64 = 12.0;
/// Width of one character of text, on the safe side.
const CHARACTER: f64 = 6.4;

/// `None` where nothing watches.
pub fn chart(recording: &Recording) -> Option<Chart> {
    let draw = |form| draw(recording, form);
    let is_watched = !recording.plan.alerts.is_empty();
    is_watched.then(|| Chart { wide: draw(Form::Wide), narrow: draw(Form::Narrow), ..Chart::default() })
}

/// What is said of a moment at which an alert began to fire: how long after the last fault before it had begun.
pub fn told(recording: &Recording, fired: Time) -> String {
    let begun = |fault: &&FaultInfo| fault.from < fired;
    match recording.plan.faults.iter().filter(begun).max_by_key(|fault| fault.from) {
        Some(fault) => format!("{} after {} began", scale::lasting(fired.since(fault.from).as_secs_f64()), fault.name),
        None => format!("at {}, before any fault", scale::lasting(fired.as_secs_f64())),
    }
}

/// In one line: when it fired, or that it never did.
fn summary(recording: &Recording, fired: &[(Time, Time)]) -> String {
    match fired {
        [] => "never fired".to_owned(),
        [(once, _)] => format!("fired {}", told(recording, *once)),
        [(first, _), ..] => format!("fired {} times, first {}", fired.len(), told(recording, *first)),
    }
}

fn draw(recording: &Recording, form: Form) -> String {
    let end = recording.plan.length.as_secs_f64();
    let x = Axis::time(0.0, end, if form == Form::Wide { 11 } else { 4 });
    let lanes = Lanes::new(recording, form, &x);
    let (left, right) = form.plot_x();
    let top = lanes.height() + 8.0;
    let lines = if form == Form::Wide { 1.0 } else { 2.0 };
    let row = BAR + 12.0 + 16.0 * lines;
    let alerts = &recording.plan.alerts[..recording.plan.alerts.len().min(ROWS_MAX)];
    let frame = Frame { left, right, top, bottom: top + row * alerts.len() as f64 };
    let height = frame.bottom + 26.0;
    let axis = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(frame, &x, &Axis::from_zero(1.0, 1, |_| String::new()));
        panel.draw_x_axis(true);
    });
    let mut inside = lanes.bands(frame, &x) + &axis + &lanes.bars(frame, &x, 2.0);
    for (index, alert) in alerts.iter().enumerate() {
        let at = Frame { top: top + row * index as f64, bottom: top + row * (index + 1) as f64, ..frame };
        inside += &of_alert(recording, alert, at, &x, form);
    }
    let described: Vec<String> = alerts
        .iter()
        .map(|alert| format!("{}: {}", alert.name, summary(recording, &firing(alert, recording))))
        .collect();
    picture(form, height, "Alerts over time", &described.join("; "), &inside)
}

fn of_alert(recording: &Recording, alert: &Alert, row: Frame, x: &Axis, form: Form) -> String {
    let fired = firing(alert, recording);
    let said = summary(recording, &fired);
    let room = ((row.right - row.left) / CHARACTER) as usize;
    let (ink, faint) = (INK.hex(), FAINT.hex());
    let rule = if form == Form::Wide { room.saturating_sub(said.chars().count() + 4) } else { room };
    let hold = if alert.hold > Span::ZERO { format!(" for {}", alert.hold) } else { String::new() };
    let rule = shorten(&format!("{}: {}{hold}", alert.name, alert.text), rule);
    let mut svg = format!(
        "<path d=\"M{} {:.1}H{}\" stroke=\"{}\"/><text x=\"{}\" y=\"{:.1}\" class=\"lane over\" fill=\"{ink}\">{}</text>",
        row.left,
        row.bottom,
        row.right,
        GRID.hex(),
        row.left,
        row.top + 14.0,
        escape(&rule)
    );
    let (at, y, anchor) = match form {
        Form::Wide => (row.right, row.top + 14.0, "end"),
        Form::Narrow => (row.left, row.top + 30.0, "start"),
    };
    let _ = write!(
        svg,
        "<text x=\"{at}\" y=\"{y:.1}\" class=\"small over\" text-anchor=\"{anchor}\" fill=\"{faint}\">{}</text>",
        escape(&shorten(&said, room))
    );
    let y = row.bottom - BAR - 6.0;
    let _ = write!(
        svg,
        "<path d=\"M{} {:.1}H{}\" stroke=\"{}\" stroke-dasharray=\"2 4\"/>",
        row.left,
        y + BAR / 2.0,
        row.right,
        AXIS.hex()
    );
    for (from, to) in &fired {
        let (left, right) = (row.x_at(x, from.as_secs_f64()), row.x_at(x, to.as_secs_f64()));
        let _ = write!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{}\"><title>{}</title></rect>",
            (right - left).max(2.0),
            VERMILION.hex(),
            escape(&format!("{} from {from} to {to}, {}", alert.name, told(recording, *from)))
        );
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::super::monitored::monitored;
    use super::*;

    #[test]
    fn a_bar_begins_when_the_rule_fired_and_says_how_long_after_the_fault() {
        let recording = monitored();
        let fired = firing(&recording.plan.alerts[0], &recording);
        assert_eq!(fired.len(), 1, "once, as long as the fault: {fired:?}");
        let (from, to) = (fired[0].0.as_secs_f64(), fired[0].1.as_secs_f64());
        assert!((44.0..60.0).contains(&from) && (99.0..130.0).contains(&to), "{fired:?}");
        let chart = chart(&recording).expect("an alert is drawn");
        let after = format!("{} after slow-cache began", scale::lasting(from - 40.0));
        assert!(chart.wide.contains(&after) && chart.narrow.contains(&after), "{after}: {}", chart.wide);
        assert_eq!(summary(&recording, &[]), "never fired");
    }
}
