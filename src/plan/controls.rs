//! Things with a clock of their own, as plain data: what reads signals and moves settings, tick by tick. It never says how they behave:
//! that is `engine::controls`.

use super::versions::Rollout;
use crate::base::{ClientId, EdgeId, ServiceId, Span, Time};
use serde::{Deserialize, Serialize};

/// One entry of `controls:`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    pub name: String,
    /// The kind in the scenario: `controller`, `autoscaler`, …
    pub kind: String,
    /// Between one look and the next.
    pub every: Span,
    pub does: Does,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    Steer(Steering),
    Scale(Scaling),
    Roll(Rollout),
}

/// A proportional feedback on one or several values, by readings that are `delay` ticks old.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steering {
    pub moves: Lever,
    pub reads: Signal,
    /// Whose signal: one for each value that is moved, or one for all of them.
    pub of: Vec<ServiceId>,
    /// Where the signal should be; `None`: where the mean of all of them is.
    pub target: Option<f64>,
    /// How far a value moves for an error of 1.
    pub gain: f64,
    /// Instead of by a gain it moves up by steps and down by halves, or other parts.
    pub aimd: Option<Aimd>,
    /// How many ticks old the readings are that it acts on.
    pub delay: u32,
    /// The most that a value moves in one tick.
    pub clamp: f64,
    /// Errors up to this size move nothing.
    pub hysteresis: f64,
    pub min: f64,
    pub max: f64,
}

/// Additive increase, multiplicative decrease (Chiu & Jain, 1989).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aimd {
    pub increase: f64,
    /// What is left of the value after a decrease, 0 to 1.
    pub decrease: f64,
}

/// What a control moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lever {
    /// The weights of a split, which stay at a sum of 1.
    Weights(Vec<EdgeId>),
    /// How often a call is made at all.
    Chance(EdgeId),
    /// The share of its own rate at which a client sends.
    Rate(ClientId),
    Replicas(ServiceId),
    /// Of each replica.
    Workers(ServiceId),
    /// How many of the replicas are of this version.
    Version(ServiceId, u16),
}

/// What a control sees of a service: its mean since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// Busy workers / workers; a worker that waits for a call is busy.
    Utilisation,
    /// Working time / workers' time: what a worker does while it waits for a call is not seen.
    Cpu,
    /// Requests waiting for a worker, of all replicas.
    Queue,
    /// Requests inside, per replica.
    Inflight,
    /// Requests per second, per replica.
    Rate,
    /// Failed or rejected / ended.
    Errors,
}

/// A horizontal autoscaler: replicas = ceil(replicas x signal / target), as Kubernetes computes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    pub service: ServiceId,
    pub sees: Signal,
    pub target: f64,
    /// Within this share of the target nothing is done.
    pub tolerance: f64,
    /// From the decision until a new replica serves.
    pub lag: Span,
    /// After any change no replica is taken away for so long.
    pub cooldown: Span,
    pub min: u32,
    pub max: u32,
    /// Most replicas that one decision takes away; 0: it never does.
    pub fewer: u32,
}

impl Lever {
    /// Does a value above the target call for less of what is moved?
    pub fn goes_down(&self) -> bool {
        matches!(self, Lever::Weights(_) | Lever::Chance(_) | Lever::Rate(_))
    }
}

impl Does {
    pub fn lever(&self) -> Lever {
        match self {
            Does::Steer(steering) => steering.moves.clone(),
            Does::Scale(scaling) => Lever::Replicas(scaling.service),
            Does::Roll(rollout) => Lever::Version(rollout.service, rollout.to),
        }
    }

    /// Whose signals it reads.
    pub fn reads(&self) -> &[ServiceId] {
        match self {
            Does::Steer(steering) => &steering.of,
            Does::Scale(scaling) => std::slice::from_ref(&scaling.service),
            Does::Roll(rollout) => rollout.watch.as_ref().map_or(&[], |watch| std::slice::from_ref(&watch.of)),
        }
    }

    /// The first look, for a control that looks this often.
    pub fn begins(&self, every: Span) -> Time {
        match self {
            Does::Steer(_) | Does::Scale(_) => Time::ZERO + every,
            // To have something to go by, it also looks one turn before.
            Does::Roll(rollout) if rollout.watch.as_ref().is_some_and(|watch| watch.first) => {
                Time(rollout.at.0.saturating_sub(every.0))
            }
            Does::Roll(rollout) => rollout.at,
        }
    }
}
