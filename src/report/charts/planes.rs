//! Two planes of telemetry: the failures that a service reports of itself, and the share of its requests that nobody got an answer to.
//! Drawn where the two differ, or where monitoring did not see the service.

use super::bins::Bins;
use super::lanes::Lanes;
use super::load::highest;
use super::scale::{self, Axis};
use super::sketch::{self, Frame, Pen};
use super::theme::{BLUE, VERMILION};
use super::{Chart, Form, LegendEntry, Mark, picture};
use crate::base::Time;
use crate::judge::reading;
use crate::plan::expectation::{Metric, Subject};
use crate::record::Recording;

const HEIGHT: f64 = 110.0;
/// A difference that is seen in the picture.
const DIFFERENCE: f64 = 0.01;

struct Planes {
    reported: Vec<Option<f64>>,
    truth: Vec<Option<f64>>,
}

/// `None` where what is reported is the truth.
pub fn chart(recording: &Recording, service: usize) -> Option<Chart> {
    let planes = Planes::new(recording, &windows(recording, Form::Wide), service);
    if !planes.differ() {
        return None;
    }
    let draw = |form| draw(recording, service, form);
    let entry = |name: &str, colour, mark| LegendEntry { name: name.to_owned(), colour, mark };
    let legend = vec![
        entry("failures that it reports", BLUE, Mark::Line),
        entry("requests that nobody got an answer to", VERMILION, Mark::Dashed),
    ];
    Some(Chart { wide: draw(Form::Wide), narrow: draw(Form::Narrow), legend, ..Chart::default() })
}

impl Planes {
    fn new(recording: &Recording, bins: &Bins, service: usize) -> Planes {
        let of = Subject::Service(service as u32);
        let blind = recording.plan.meters.iter().position(|meter| meter.name == "blind" && meter.of == of);
        let errors = Box::new(Metric::Errors { of, kind: None });
        let reported = Metric::Reported { metric: errors, blind: blind.map(|at| at as u32) };
        let each = |metric: &Metric| -> Vec<Option<f64>> {
            let at = |index: usize| recording.grid.cells[index];
            let over = |from: Time, to: Time| reading(metric, recording, from, to);
            bins.all.iter().map(|bin| over(at(bin.cells.start).from, at(bin.cells.end - 1).to)).collect()
        };
        let received = each(&Metric::Received { of });
        Planes {
            reported: each(&reported),
            truth: received.into_iter().map(|share| share.map(|share| 1.0 - share)).collect(),
        }
    }

    fn differ(&self) -> bool {
        self.reported.iter().zip(&self.truth).any(|(reported, truth)| match (reported, truth) {
            (Some(reported), Some(truth)) => (reported - truth).abs() > DIFFERENCE,
            (None, Some(_)) => true,
            (_, None) => false,
        })
    }
}

fn windows(recording: &Recording, form: Form) -> Bins {
    Bins::at_most(recording, if form == Form::Wide { 120.0 } else { 60.0 })
}

fn draw(recording: &Recording, service: usize, form: Form) -> String {
    let bins = &windows(recording, form);
    let planes = Planes::new(recording, bins, service);
    let known: Vec<f64> = planes.reported.iter().chain(&planes.truth).flatten().copied().collect();
    let x = Axis::time(0.0, bins.end, if form == Form::Wide { 11 } else { 4 });
    let y = Axis::from_zero(highest(&known).max(0.01), 2, scale::percent);
    let lanes = Lanes::new(recording, form, &x);
    let (left, right) = form.plot_x();
    let frame = Frame { left, right, top: 12.0, bottom: 12.0 + HEIGHT };
    let height = frame.bottom + 26.0;
    let drawn = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(frame, &x, &y);
        panel.draw_y_axis();
        panel.draw_x_axis(true);
        for stretch in bins.unbroken(&planes.truth) {
            panel.line(&stretch, Pen::dashed(VERMILION, 1.8));
        }
        for stretch in bins.unbroken(&planes.reported) {
            panel.line(&stretch, Pen::solid(BLUE, 1.8));
        }
    });
    let name = &recording.services[service].name;
    let blind = planes.reported.iter().filter(|reading| reading.is_none()).count();
    let description = format!("{blind} of {} windows were not reported", bins.all.len());
    let inside = lanes.bands(frame, &x) + &drawn;
    picture(form, height, &format!("Reported and true failures of {name}"), &description, &inside)
}
