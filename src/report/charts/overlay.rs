//! Two recordings of the same plan in one picture, one above the other: what was predicted and what was observed. 99th percentile and
//! goodput of one client. It compares nothing by itself.

use super::bins::{Bins, Reading};
use super::lanes::Lanes;
use super::latency::{readings, stairs as steps, unbroken};
use super::load::{Load, highest, stairs};
use super::scale::{self, Axis};
use super::sketch::{self, Frame, Pen};
use super::theme::{BLUE, VERMILION};
use super::{Chart, Form, LegendEntry, Mark, picture};
use crate::record::Recording;

const HEIGHT: f64 = 150.0;

/// Of each recording, the client of this number.
pub fn chart(predicted: (&Recording, usize), observed: (&Recording, usize)) -> Chart {
    let entry = |name: &str, colour, mark| LegendEntry { name: name.to_owned(), colour, mark };
    Chart {
        wide: draw(predicted, observed, Form::Wide),
        narrow: draw(predicted, observed, Form::Narrow),
        legend: vec![entry("predicted", BLUE, Mark::Dashed), entry("observed", VERMILION, Mark::Line)],
        note: "p99 of successful requests where there are enough of them, and successful answers per second."
            .to_owned(),
        ..Chart::default()
    }
}

/// One recording's part of the picture.
struct Half {
    bins: Bins,
    p99: Vec<Reading>,
    goodput: Vec<f64>,
    pen: Pen,
}

impl Half {
    fn of((recording, client): (&Recording, usize), form: Form, pen: Pen) -> Half {
        let bins = Bins::new(recording, form);
        let [_, _, p99] = readings(recording, &bins, client);
        let goodput = Load::new(recording, &bins, client).goodput;
        Half { bins, p99, goodput, pen }
    }
}

fn draw(predicted: (&Recording, usize), observed: (&Recording, usize), form: Form) -> String {
    let halves =
        [Half::of(predicted, form, Pen::dashed(BLUE, 1.8)), Half::of(observed, form, Pen::solid(VERMILION, 1.8))];
    let end = halves[0].bins.end.max(halves[1].bins.end);
    let x = Axis::time(0.0, end, if form == Form::Wide { 11 } else { 4 });
    let values = || halves.iter().flat_map(|half| &half.p99).map(|reading| reading.value);
    let y = Axis::log(values().fold(f64::MAX, f64::min), values().fold(0.0, f64::max), HEIGHT, scale::latency);
    let most = halves.iter().map(|half| highest(&half.goodput)).fold(0.0, f64::max);
    let goodput = Axis::from_zero(most, 4, scale::number);
    let lanes = Lanes::new(observed.0, form, &x);
    let (left, right) = form.plot_x();
    let top = lanes.height() + 24.0;
    let above = Frame { left, right, top, bottom: top + HEIGHT };
    let below = Frame { top: above.bottom + 34.0, bottom: above.bottom + 34.0 + HEIGHT, ..above };
    let height = below.bottom + 26.0;
    let drawn = sketch::draw(form.width(), height, |sketch| {
        let panel = sketch.panel(above, &x, &y);
        panel.caption("99th percentile of latency");
        panel.draw_y_axis();
        panel.draw_x_axis(false);
        for half in &halves {
            unbroken(&half.p99).for_each(|stretch| panel.line(&steps(stretch), half.pen));
        }
        let panel = sketch.panel(below, &x, &goodput);
        panel.caption("goodput per second");
        panel.draw_y_axis();
        panel.draw_x_axis(true);
        halves.iter().for_each(|half| panel.line(&stairs(&half.bins, &half.goodput), half.pen));
    });
    let inside = lanes.bands(above, &x) + &lanes.bands(below, &x) + &drawn + &lanes.bars(above, &x, 2.0);
    let name = &observed.0.clients[observed.1].name;
    let description =
        "Two panels over time, latency and goodput, with the predicted line dashed and the observed one solid";
    picture(form, height, &format!("Predicted and observed, client {name}"), description, &inside)
}
