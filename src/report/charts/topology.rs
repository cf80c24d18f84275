//! The topology as a picture: who calls whom, how often, with how many errors, how amplified, and how busy each service was at its worst.
//! Faulted boxes and edges wear the colour and the dash of a fault.

use super::bins::{Bins, played_seconds};
use super::layers::{self, Layout};
use super::saturation::utilisation;
use super::{Chart, Form, escape, lanes, scale, shorten, theme};
use crate::plan::{Plan, Target};
use crate::record::{EdgeCell, Recording};
use std::fmt::Write as _;

const BOX: (f64, f64) = (150.0, 48.0);
const STEP: (f64, f64) = (385.0, 96.0);
/// Within this distance from the caller an edge turns to the height of the called.
const BEND: f64 = 70.0;
/// Height of one label.
const LABEL: f64 = 17.0;
const MARGIN: f64 = 16.0;

/// What is said of one edge over the whole run after the warm-up.
pub struct EdgeFigures {
    pub calls_per_s: f64,
    pub errors: f64,
    /// Attempts that reach the called service per fresh request of any user.
    pub amplification: Option<f64>,
}

pub fn figures(recording: &Recording, edge: usize, from: crate::base::Time, to: crate::base::Time) -> EdgeFigures {
    let cell: EdgeCell = recording.edge_over(edge, from, to);
    let fresh: u64 = (0..recording.clients.len()).map(|client| recording.client_over(client, from, to).fresh).sum();
    let seconds = played_seconds(recording, from, to);
    let failed: u64 = cell.errors.iter().sum();
    EdgeFigures {
        calls_per_s: if seconds > 0.0 { cell.attempts as f64 / seconds } else { 0.0 },
        errors: if cell.ok + failed > 0 { failed as f64 / (cell.ok + failed) as f64 } else { 0.0 },
        amplification: (fresh > 0).then(|| cell.attempts as f64 / fresh as f64),
    }
}

pub fn chart(recording: &Recording) -> Chart {
    let bins = &Bins::new(recording, Form::Wide);
    let layout = layers::layout(&recording.plan);
    let width = (layout.layers - 1) as f64 * STEP.0 + BOX.0 + 2.0 * MARGIN;
    let height = layout.rows as f64 * STEP.1 + MARGIN;
    let (edges, labels) = edges(recording, &layout);
    let boxes = boxes(recording, bins, &layout);
    let svg = format!(
        "<svg class=\"chart topology\" viewBox=\"0 0 {width} {height}\" style=\"width:{width}px;min-width:{:.0}px\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title>Topology of {}</title><desc>Clients left, services by the depth at which they are called; the table below lists every edge</desc>\
         {edges}{boxes}{labels}</svg>\n",
        width * 0.85,
        escape(&recording.plan.scenario),
    );
    let note = "On each edge, over the whole run after the warm-up: attempts per second, share of failed attempts, and attempts per user request (×). \
                The bar in a box is the highest utilisation in any window.";
    Chart { wide: svg, narrow: String::new(), note: note.to_owned(), ..Chart::default() }
}

/// Upper left corner of a box.
fn corner(place: (usize, f64)) -> (f64, f64) {
    (MARGIN + place.0 as f64 * STEP.0, MARGIN / 2.0 + place.1 * STEP.1 + (STEP.1 - BOX.1) / 2.0)
}

fn edges(recording: &Recording, layout: &Layout) -> (String, String) {
    let plan = &recording.plan;
    let all: Vec<EdgeFigures> =
        (0..plan.edges.len()).map(|edge| figures(recording, edge, plan.warmup, plan.length)).collect();
    let busiest = all.iter().map(|figures| figures.calls_per_s).fold(0.0, f64::max);
    let (mut lines, mut labels) = (String::new(), String::new());
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for (edge, figures) in all.iter().enumerate() {
        let points = route(plan, layout, edge);
        let share = if busiest > 0.0 { (figures.calls_per_s / busiest).sqrt() } else { 0.0 };
        let fault = fault_on(plan, |target| matches!(target, Target::Edge(id) if id.index() == edge));
        let _ = write!(lines, "{}", line(plan, edge, &points, 1.0 + 3.0 * share, fault));
        let at = free_place(label_place(&points), &mut taken);
        labels += &label(figures, at, fault.is_some());
    }
    (lines, labels)
}

/// From the right side of the caller through the slots between to the left side of the called, where each caller has a port of its own.
fn route(plan: &Plan, layout: &Layout, edge: usize) -> Vec<(f64, f64)> {
    let (from, to) = layers::ends(plan, edge);
    let (start, end) = (corner(layout.boxes[from]), corner(layout.boxes[to]));
    let mut points = vec![(start.0 + BOX.0, start.1 + BOX.1 / 2.0)];
    for pass in &layout.passes[edge] {
        let (x, y) = corner(*pass);
        points.extend([(x, y + BOX.1 / 2.0), (x + BOX.0, y + BOX.1 / 2.0)]);
    }
    points.push((end.0 - 7.0, end.1 + BOX.1 / 2.0 + port(plan, layout, edge)));
    points
}

/// How far from the middle of the called box an edge arrives: in the order in which the edges come from above, a label's height apart where that fits.
fn port(plan: &Plan, layout: &Layout, edge: usize) -> f64 {
    let to = layers::ends(plan, edge).1;
    let height = |edge: usize| {
        let last = layout.passes[edge].last().copied();
        last.unwrap_or(layout.boxes[layers::ends(plan, edge).0]).1
    };
    let mut arriving: Vec<usize> = (0..plan.edges.len()).filter(|other| layers::ends(plan, *other).1 == to).collect();
    arriving.sort_by(|a, b| height(*a).total_cmp(&height(*b)));
    let place = arriving.iter().position(|other| *other == edge).unwrap_or(0) as f64;
    let spare = (arriving.len() - 1) as f64;
    let apart = if spare > 0.0 { (36.0 / spare).min(LABEL) } else { 0.0 };
    (place - spare / 2.0) * apart
}

fn line(plan: &Plan, edge: usize, points: &[(f64, f64)], width: f64, fault: Option<usize>) -> String {
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let turn = x0 + BEND;
        let _ =
            write!(path, "C{:.1} {y0:.1} {:.1} {y1:.1} {turn:.1} {y1:.1}H{x1:.1}", x0 + BEND * 0.6, x0 + BEND * 0.4);
    }
    let (x, y) = points[points.len() - 1];
    let head = format!("M{:.1} {:.1}l-6 -5v10z", x + 7.0, y);
    let (stroke, dash) = match fault {
        Some(index) => (theme::of_fault(index), " stroke-dasharray=\"7 4\""),
        None => (theme::AXIS, ""),
    };
    let hex = stroke.hex();
    let told = fault.map(|index| format!("\n{}", lanes::told(&plan.faults[index]))).unwrap_or_default();
    let name = escape(&format!("{}{told}", plan.edges[edge].name));
    format!(
        "<g><title>{name}</title><path d=\"{path}\" fill=\"none\" stroke=\"{hex}\" stroke-width=\"{width:.1}\"{dash}/>\
         <path d=\"{head}\" fill=\"{hex}\" stroke=\"{hex}\"/></g>"
    )
}

/// Above the straight part of the last stretch, before the arrow.
fn label_place(points: &[(f64, f64)]) -> (f64, f64) {
    let (x, y) = points[points.len() - 1];
    (x - (STEP.0 - BOX.0 - BEND) / 2.0, y - LABEL / 2.0 - 1.0)
}

/// Labels that would lie on each other are moved apart, downwards, a bounded number of times.
fn free_place(wanted: (f64, f64), taken: &mut Vec<(f64, f64)>) -> (f64, f64) {
    let mut at = wanted;
    for _ in 0..taken.len() {
        let Some(hit) =
            taken.iter().find(|other| (other.0 - at.0).abs() < 170.0 && (other.1 - at.1).abs() < LABEL - 0.5)
        else {
            break;
        };
        at.1 = hit.1 + LABEL;
    }
    taken.push(at);
    at
}

fn label(figures: &EdgeFigures, at: (f64, f64), faulted: bool) -> String {
    let mut text = format!("{}/s", scale::number(figures.calls_per_s));
    if figures.errors > 0.0 {
        text += &format!(" · {} err", scale::percent(figures.errors));
    }
    if let Some(amplification) = figures.amplification {
        text += &format!(" · ×{}", scale::digits((amplification * 100.0).round() / 100.0));
    }
    let class = if faulted || figures.errors >= 0.01 { "edge bad" } else { "edge" };
    format!("<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>", at.0, at.1 + 4.0)
}

fn boxes(recording: &Recording, bins: &Bins, layout: &Layout) -> String {
    let plan = &recording.plan;
    let mut svg = String::new();
    for (index, client) in plan.clients.iter().enumerate() {
        let fault = fault_on(plan, |target| matches!(target, Target::Client(id) if id.index() == index));
        let sum = recording.client_over(index, plan.warmup, plan.length);
        let answered = sum.ok + sum.failed();
        let second = if answered > 0 {
            format!("{} ok", scale::percent(sum.ok as f64 / answered as f64))
        } else {
            "client".into()
        };
        svg += &node(plan, corner(layout.boxes[index]), &client.name, &second, None, fault, "client");
    }
    for (index, service) in plan.services.iter().enumerate() {
        let fault = fault_on(plan, |target| matches!(target, Target::Service { id, .. } if id.index() == index));
        let peak = bins.service(recording, index).iter().filter_map(utilisation).reduce(f64::max);
        let second = match peak {
            Some(peak) => format!("peak {} busy", scale::percent(peak)),
            None => format!("{}, no worker limit", service.kind),
        };
        let place = corner(layout.boxes[plan.clients.len() + index]);
        svg += &node(plan, place, &service.name, &second, peak, fault, theme::of_service(index).hex().as_str());
    }
    svg
}

/// `mark`: `client`, or the colour of a service.
fn node(
    plan: &Plan,
    at: (f64, f64),
    name: &str,
    second: &str,
    peak: Option<f64>,
    fault: Option<usize>,
    mark: &str,
) -> String {
    let (x, y) = at;
    let (width, height) = BOX;
    let told = fault.map(|index| format!("\n{}", lanes::told(&plan.faults[index]))).unwrap_or_default();
    let radius = if mark == "client" { 22 } else { 4 };
    let mut svg = format!(
        "<g><title>{}</title><rect class=\"node\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>",
        escape(&format!("{name}\n{second}{told}"))
    );
    if let Some(peak) = peak {
        let hot = if peak >= 0.9 { "hot" } else { "warm" };
        let _ = write!(
            svg,
            "<rect class=\"{hot}\" x=\"{x}\" y=\"{}\" width=\"{:.1}\" height=\"6\" rx=\"2\"/>",
            y + height - 6.0,
            width * peak.clamp(0.0, 1.0)
        );
    }
    if mark != "client" {
        let _ = write!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"5\" height=\"{height}\" rx=\"2\" fill=\"{mark}\"/>");
    }
    if let Some(index) = fault {
        let _ = write!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{radius}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.5\" stroke-dasharray=\"7 4\"/>",
            x - 3.0,
            y - 3.0,
            width + 6.0,
            height + 6.0,
            theme::of_fault(index).hex()
        );
    }
    let middle = x + width / 2.0;
    let _ = write!(
        svg,
        "<text class=\"name\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
         <text class=\"small\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
        y + 19.0,
        escape(&shorten(name, 18)),
        y + 35.0,
        escape(second),
    );
    svg
}

/// The first fault that acts on a target.
pub fn fault_on(plan: &Plan, is: impl Fn(&Target) -> bool) -> Option<usize> {
    plan.schedule.iter().find(|step| is(&step.target)).map(|step| step.fault.index())
}
