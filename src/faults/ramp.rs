//! A client's traffic comes back bit by bit: from a share of its own rate to all of it, in a straight line.
//!
//! The lever with which operators end an incident: caches warm up and connections are made while there is little to do. It begins at
//! `from` and reaches the client's own rate at the end of `for`. What else changes the rate (a `surge`) multiplies.
//!
//! - **Simulated world**: arrivals are drawn at the rising rate.
//! - **Live world**: the load generator paces its sending by the rising rate; nothing is done to any process.
//! - **Undo**: there is nothing left to undo: it ends at the client's own rate.
//! - **Evidence**: entries changed.
//!
//! ```yaml
//! name: ramp-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 100/s}
//! services:
//!   web: {workers: 8, work: exp(20ms)}
//! faults:
//!   back: {kind: ramp, on: users, from: 20%, at: 20s, for: 30s}
//! expect:
//!   - offered(users) <= 35/s between 20s and 23s
//!   - offered(users) >= 50/s during back
//!   - offered(users) <= 70/s during back
//!   - offered(users) >= 85/s after back
//! ```

use super::{ActsOn, Change, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::base::{Span, Time};
use crate::plan::{Arrivals, RatePoint, Target};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "ramp",
    page: include_str!("ramp.rs"),
    acts_on: ActsOn::Client,
    lasts: Lasts::Shortly(Span::from_secs(60)),
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] =
    &[FieldDoc::optional("from", Shape::Ratio, "0%", "the share of its own rate with which it begins")];

/// Straight pieces in which a rate that changes by itself meets the ramp.
const PIECES: u64 = 64;

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, client) = site.client();
    if !matches!(client.arrivals, Arrivals::Open { .. }) {
        let name = &client.name;
        fields.error("on", format!("client `{name}` has no rate to change: it is a closed loop or a trace"));
        return None;
    }
    let Target::Client(id) = target else { return None };
    let share = fields.ratio("from").unwrap_or(0.0);
    let begin = Time(fields.span("at")?.0);
    let length = fields.span("for").unwrap_or(Span::from_secs(60));
    let label = format!("ramp from {}", words(fields, "from", "0%"));
    let change = Change::edit(move |plan| {
        let arrivals = &mut plan.clients[id.index()].arrivals;
        let pieces = ramped(arrivals, begin, length, share);
        if let (Arrivals::Open { points, .. }, Some(pieces)) = (arrivals, pieces) {
            *points = pieces;
        }
    });
    Some(Lowered::changes(label, vec![change]))
}

/// The points of the rate with the ramp laid over them; before and after it they stay as they are.
fn ramped(arrivals: &Arrivals, begin: Time, length: Span, from: f64) -> Option<Vec<RatePoint>> {
    let Arrivals::Open { points, .. } = arrivals else { return None };
    let end = begin + length;
    let share = |at: Time| from + (1.0 - from) * at.since(begin).as_secs_f64() / length.as_secs_f64();
    let is_inside = |at: Time| at > begin && at < end;
    let mut all: Vec<RatePoint> = points.iter().copied().filter(|point| point.at <= begin).collect();
    all.push(RatePoint { at: begin, rate: arrivals.rate_at(begin)? });
    all.push(RatePoint { at: begin, rate: arrivals.rate_at(begin)? * from });
    let own = points.iter().filter(|point| is_inside(point.at));
    let mut inside: Vec<RatePoint> =
        own.map(|point| RatePoint { at: point.at, rate: point.rate * share(point.at) }).collect();
    for piece in 1..PIECES {
        let at = begin + length.mul_f64(piece as f64 / PIECES as f64);
        if is_inside(at) && inside.iter().all(|point| point.at != at) {
            inside.push(RatePoint { at, rate: arrivals.rate_at(at)? * share(at) });
        }
    }
    inside.sort_by_key(|point| point.at);
    all.extend(inside);
    let first_after = points.iter().find(|point| point.at >= end);
    if first_after.is_none_or(|point| point.at > end) {
        all.push(RatePoint { at: end, rate: arrivals.rate_at(end)? });
    }
    all.extend(points.iter().filter(|point| point.at >= end));
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::from_secs_f64(seconds)
    }

    #[test]
    fn the_ramp_multiplies_the_rate_and_leaves_the_rest_as_it_is() {
        let point = |seconds, rate| RatePoint { at: at(seconds), rate };
        let own = vec![point(0.0, 10.0), point(15.0, 10.0), point(15.0, 20.0), point(40.0, 20.0), point(60.0, 40.0)];
        let arrivals = Arrivals::Open { points: own, poisson: true };
        let points = ramped(&arrivals, at(10.0), Span::from_secs(20), 0.5).expect("an open loop has points");
        assert!(points.is_sorted_by_key(|point| point.at));
        let ramped = Arrivals::Open { points, poisson: true };
        for (seconds, rate) in [(9.0, 10.0), (12.0, 5.5), (25.0, 17.5), (30.0, 20.0), (50.0, 30.0), (99.0, 40.0)] {
            let found = ramped.rate_at(at(seconds)).expect("an open loop has a rate");
            assert!((found - rate).abs() < 1e-6, "at {seconds}s: {found} and not {rate}");
        }
    }
}
