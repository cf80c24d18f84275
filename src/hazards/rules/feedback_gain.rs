//! A control that answers old readings with too much force, and swings.
//!
//! What it sees: a `controller` whose loop gain is above the limit for the age of its readings, and whose steps are not kept small.
//!
//! The arithmetic: acting on readings d ticks old, a proportional control is stable as long as its loop gain is below 2 sin(pi / (2 (2 d + 1))): 2 with
//! fresh readings, 1, 0.618, 0.445 for d = 1, 2, 3. The loop gain is `gain` x how much the signal changes for a change of 1 in what is moved: for
//! weights and rates the signal / the value, in the mean of those that are moved. With a `clamp` it may swing, by no more than clamp x (2 d + 1).
//!
//! The fix: half of the limit; fresher readings; or a clamp so small that the swing does not matter. It would have caught `steering-oscillation` (0.73
//! with readings three ticks old: limit 0.445). Source: the characteristic equation z^(d+1) - z^d + K = 0; Levin and May, Theoretical Population
//! Biology 9 (1976).
//!
//! ```yaml
//! name: feedback-gain-hazard
//! length: 60s
//! clients:
//!   viewers: {calls: {to: router, timeout: 2s}, rate: 200/s, arrivals: constant}
//! services:
//!   router: {calls: [{split: [{to: a, weight: 0.5}, {to: b, weight: 0.5}]}]}
//!   a: {workers: 14, work: 40ms, queue: 100}
//!   b: {workers: 14, work: 40ms, queue: 100}
//! controls:
//!   steering: {kind: controller, moves: weights, on: router, every: 1s, delay: 3, gain: 1.0}
//! expect:
//!   - success(viewers) >= 90%
//! variants:
//!   fixed: {title: Half of the limit, set: {controls.steering.gain: 0.375}}
//! ```

use crate::base::{ControlId, ServiceId};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::{Control, Does, Lever, Part, Signal, Steering};

pub static RULE: Rule = Rule { code: "hazard/feedback-gain", page: include_str!("feedback_gain.rs"), find };

/// A swing of this share of the range is worth a word.
const SWING: f64 = 0.2;

fn find(review: &Review) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, control) in review.plan.controls.iter().enumerate() {
        let Does::Steer(steering) = &control.does else { continue };
        let ticks = f64::from(steering.delay);
        let limit = 2.0 * libm::sin(std::f64::consts::PI / (2.0 * (2.0 * ticks + 1.0)));
        let Some(slope) = slope(review, steering).filter(|_| steering.aimd.is_none()) else { continue };
        let (gain, swing) = (steering.gain * slope, steering.clamp * (2.0 * ticks + 1.0));
        if gain <= limit || swing <= SWING * (steering.max - steering.min).abs() {
            continue;
        }
        found.push(told(ControlId::from(index), control, steering, gain, limit));
    }
    found
}

fn told(id: ControlId, control: &Control, steering: &Steering, gain: f64, limit: f64) -> Finding {
    let message = format!(
        "{} acts on readings {} ticks old with a loop gain of {}: above {} it swings for ever",
        control.name,
        steering.delay,
        words::number(gain),
        words::number(limit)
    );
    let half = steering.gain * limit / gain / 2.0;
    Finding::at(
        Part::Control(id),
        message,
        format!("`gain: {}` (half of the limit), fresher readings, or a small `clamp`", words::number(half)),
    )
}

/// By how much the signal changes for a change of 1 in what is moved, near where it stands when all is well.
fn slope(review: &Review, steering: &Steering) -> Option<f64> {
    let plan = review.plan;
    let busy = |id: ServiceId| review.flow.service(id) / review.capacity.rate(id);
    let signal = |id: ServiceId| match steering.reads {
        Signal::Utilisation | Signal::Cpu => Some(busy(id)),
        Signal::Rate => Some(review.flow.service(id) / f64::from(plan.service(id).replicas)),
        Signal::Inflight => {
            Some(review.flow.service(id) * review.capacity.hold(id) / f64::from(plan.service(id).replicas))
        }
        // These are nothing while all is well.
        Signal::Queue | Signal::Errors => None,
    };
    let values: Vec<(f64, f64)> = match &steering.moves {
        Lever::Weights(edges) => {
            let shares = structure::split(plan, edges);
            let of = |(id, share): (crate::base::EdgeId, f64)| Some((signal(plan.edge(id).to)?, share));
            shares.into_iter().map(of).collect::<Option<_>>()?
        }
        Lever::Chance(id) => vec![(signal(*steering.of.first()?)?, plan.edge(*id).chance)],
        Lever::Rate(_) => vec![(signal(*steering.of.first()?)?, 1.0)],
        Lever::Replicas(id) => vec![(signal(*steering.of.first()?)?, f64::from(plan.service(*id).replicas))],
        Lever::Workers(id) => vec![(signal(*steering.of.first()?)?, f64::from(plan.service(*id).workers?))],
        Lever::Version(..) => return None,
    };
    let slopes: Vec<f64> =
        values.into_iter().filter(|(_, value)| *value > 0.0).map(|(signal, value)| signal / value).collect();
    (!slopes.is_empty())
        .then(|| slopes.iter().sum::<f64>() / slopes.len() as f64)
        .filter(|slope| slope.is_finite() && *slope > 0.0)
}
