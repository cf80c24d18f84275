//! Where values lie in a finished picture, so that something can be drawn over it afterwards. It draws nothing itself.

use super::scale::Axis;
use super::sketch::Frame;
use super::{Chart, Form};
use serde::Serialize;

/// What the height of a plot stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Seconds of users, over time.
    Latency,
    /// Seconds of users, over 1 / (1 - q).
    Quantiles,
    /// Requests of users per second.
    Rate,
    /// Errors of users per second.
    Errors,
    /// Repeated attempts of users per second.
    Repeats,
    /// Shares of a service's workers.
    Utilisation,
    /// Requests that wait at a service.
    Queue,
    /// Requests inside a service.
    Inflight,
}

/// A rectangle of a picture and the axes along its sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub x: Side,
    pub y: Side,
}

/// One axis: its lowest and highest value, and whether it is logarithmic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Side {
    pub low: f64,
    pub high: f64,
    pub log: bool,
}

/// The same figure in both forms of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    pub figure: Figure,
    pub wide: Place,
    pub narrow: Place,
}

/// A picture in one form, and what can be found in it.
pub struct Drawn {
    pub svg: String,
    pub places: Vec<(Figure, Place)>,
}

impl Place {
    pub fn new(frame: Frame, x: &Axis, y: &Axis) -> Place {
        let side = |axis: &Axis| Side { low: axis.low, high: axis.high, log: axis.log };
        let Frame { left, right, top, bottom } = frame;
        Place { left, right, top, bottom, x: side(x), y: side(y) }
    }
}

impl Chart {
    /// Both forms of one picture, without legend and note.
    pub fn drawn(draw: impl Fn(Form) -> Drawn) -> Chart {
        let (wide, narrow) = (draw(Form::Wide), draw(Form::Narrow));
        let both = wide.places.into_iter().zip(narrow.places);
        let plots = both.map(|((figure, wide), (_, narrow))| Plot { figure, wide, narrow }).collect();
        Chart { wide: wide.svg, narrow: narrow.svg, plots, ..Chart::default() }
    }
}
