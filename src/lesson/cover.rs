//! Covers what is asked for on the charts that are looked at before: from the begin of the window that is asked about on, nobody can read the
//! answer off. It says where a cover lies and draws it; taking it away, when the predictions are locked, is the page's and the terminal's.

use super::case::Played;
use super::story::{Answer, Lesson};
use crate::plan::expectation::{Gauge, Metric, Subject};
use crate::report::charts::Chart;
use crate::report::charts::plot::{Figure, Place};
use std::fmt::Write as _;

/// From here on one figure of a client or a service is covered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cover {
    pub subject: Subject,
    pub figure: Figure,
    /// Seconds.
    pub from: f64,
}

const OF_USERS: [Figure; 3] = [Figure::Rate, Figure::Errors, Figure::Repeats];

/// Where the numbers beside the axis tell how high what is covered goes.
const SCALES_TELL: [Figure; 4] = [Figure::Latency, Figure::Quantiles, Figure::Queue, Figure::Inflight];

/// Width of these numbers.
const LABELS: f64 = 42.0;

/// One for each figure that a prediction asks for, from the earliest window on.
pub fn covers(lesson: &Lesson, played: &Played) -> Vec<Cover> {
    let lines = lesson.predictions.iter().flat_map(|one| match &one.answer {
        Answer::Number { figure, .. } => vec![figure],
        Answer::Choice(choices) => choices.iter().flat_map(|choice| &choice.when).collect(),
    });
    let mut all: Vec<Cover> = Vec::new();
    for asked in lines.map(|line| played.asked(line)) {
        let from = asked.window.from.as_secs_f64();
        let Some((subject, figures)) = told_by(&asked.metric) else { continue };
        for figure in figures {
            match all.iter_mut().find(|one| one.subject == subject && one.figure == *figure) {
                Some(known) => known.from = known.from.min(from),
                None => all.push(Cover { subject, figure: *figure, from }),
            }
        }
    }
    all
}

/// The figures of charts from which a metric can be read or reckoned.
fn told_by(metric: &Metric) -> Option<(Subject, &'static [Figure])> {
    match metric {
        Metric::Quantile { of, .. } | Metric::LatencyMean { of } | Metric::LatencyMax { of } => {
            Some((*of, &[Figure::Latency, Figure::Quantiles]))
        }
        Metric::Gauge { gauge: Gauge::Utilisation, of, .. } => Some((*of, &[Figure::Utilisation])),
        Metric::Gauge { gauge: Gauge::Queue, of, .. } => Some((*of, &[Figure::Queue, Figure::Inflight])),
        Metric::Gauge { gauge: Gauge::Inflight, of, .. } => Some((*of, &[Figure::Inflight, Figure::Queue])),
        Metric::Success { of }
        | Metric::Errors { of, .. }
        | Metric::Goodput { of }
        | Metric::Offered { of }
        | Metric::Fresh { of }
        | Metric::Amplification { of }
        | Metric::Throughput { of } => match of {
            Subject::Client(_) => Some((*of, &OF_USERS)),
            _ => Some((*of, &[Figure::Utilisation])),
        },
        Metric::Reported { metric, .. } => told_by(metric),
        _ => None,
    }
}

/// The chart with what is asked for covered.
pub fn covered(covers: &[Cover], subject: Subject, mut chart: Chart) -> Chart {
    for plot in &chart.plots {
        let Some(cover) = covers.iter().find(|one| one.subject == subject && one.figure == plot.figure) else {
            continue;
        };
        over(&mut chart.wide, plot.figure, &plot.wide, cover.from);
        over(&mut chart.narrow, plot.figure, &plot.narrow, cover.from);
    }
    chart
}

/// Puts a card with a question mark over the right part of a plot.
fn over(svg: &mut String, figure: Figure, place: &Place, from: f64) {
    let Some(end) = svg.rfind("</svg>") else { return };
    // An axis of quantiles is no axis of time.
    let share = match figure {
        Figure::Quantiles => 0.0,
        _ => ((from - place.x.low) / (place.x.high - place.x.low)).clamp(0.0, 1.0),
    };
    let left = place.left + share * (place.right - place.left);
    // Peaks must not look out above, nor a line on the ground below.
    let (top, width, height) = (place.top - 4.0, place.right - left + 2.0, place.bottom - place.top + 7.0);
    let (x, y) = (left + width / 2.0, place.top + height / 2.0);
    let mut card = String::from("<g class=\"cover\">");
    if SCALES_TELL.contains(&figure) {
        let (labels, tall) = (place.left - LABELS - 3.0, height + 5.0);
        let _ = write!(
            card,
            "<rect class=\"scale\" x=\"{labels:.1}\" y=\"{:.1}\" width=\"{LABELS}\" height=\"{tall:.1}\"/>",
            top - 4.0
        );
    }
    let _ = write!(
        card,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>\
         <text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">?</text></g>"
    );
    svg.insert_str(end, &card);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::plot::{Plot, Side};

    fn chart(figure: Figure) -> Chart {
        let side = |high| Side { low: 0.0, high, log: false };
        let place = Place { left: 50.0, right: 150.0, top: 20.0, bottom: 80.0, x: side(200.0), y: side(1.0) };
        let svg = || "<svg><path/></svg>\n".to_owned();
        let plots = vec![Plot { figure, wide: place, narrow: place }];
        Chart { wide: svg(), narrow: svg(), plots, ..Chart::default() }
    }

    #[test]
    fn a_card_lies_over_the_right_part_in_both_forms_and_nowhere_else() {
        let (of, other) = (Subject::Client(0), Subject::Client(1));
        let covers = [Cover { subject: of, figure: Figure::Rate, from: 100.0 }];
        let seen = covered(&covers, of, chart(Figure::Rate));
        let card = "<rect x=\"100.0\" y=\"16.0\" width=\"52.0\" height=\"67.0\"/>";
        assert!(seen.wide.contains(card) && seen.narrow.contains(card), "{}", seen.wide);
        assert!(seen.wide.ends_with("</g></svg>\n") && !seen.wide.contains("scale"), "{}", seen.wide);
        assert_eq!(covered(&covers, other, chart(Figure::Rate)), chart(Figure::Rate));
        assert_eq!(covered(&covers, of, chart(Figure::Latency)), chart(Figure::Latency));
    }

    #[test]
    fn of_a_scale_that_tells_and_of_percentiles_nothing_is_left() {
        let of = Subject::Client(0);
        let covers = [Cover { subject: of, figure: Figure::Quantiles, from: 100.0 }];
        let seen = covered(&covers, of, chart(Figure::Quantiles));
        assert!(seen.wide.contains("class=\"scale\"") && seen.wide.contains("<rect x=\"50.0\""), "{}", seen.wide);
    }
}
