//! Read-outs without script: invisible columns over a plot, each with a title that browsers show where the pointer rests.

use super::bins::{Bin, Bins};
use super::escape;
use super::scale::Axis;
use super::sketch::Frame;
use std::fmt::Write as _;

/// One column for each window; `say` gives the text, or nothing.
pub fn columns(bins: &Bins, frame: Frame, x: &Axis, say: impl Fn(usize, &Bin) -> Option<String>) -> String {
    let mut svg = String::from("<g class=\"hover\">");
    for (index, bin) in bins.all.iter().enumerate() {
        let Some(text) = say(index, bin) else { continue };
        let (from, to) = (frame.x_at(x, bin.from), frame.x_at(x, bin.to));
        let _ = write!(
            svg,
            "<rect x=\"{from:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"><title>{}</title></rect>",
            frame.top,
            to - from,
            frame.bottom - frame.top,
            escape(&text),
        );
    }
    svg + "</g>"
}
