//! More replicas when a signal is above its target, fewer when it is below.
//!
//! At each look it wants ceil(replicas x signal / target) of them, as Kubernetes does; within `tolerance` of the target nothing
//! changes. New replicas serve only after `lag` (the time to find a machine, start and warm up), and begin cold. After any change none
//! is taken away for `cooldown`, and then all that are too many (`scale_in: all`), one (`one`), or none (`never`).
//!
//! What it cannot see it does not act on: `sees: cpu` counts only the time that workers work, so a service that waits for a slow dependency looks
//! idle and is scaled *in*; `utilisation` counts workers that wait as busy; `inflight` and `rate` are per replica.
//! In the live world it scales stand-ins; a real process cannot be scaled, so that is refused before the run.
//!
//! ```yaml
//! name: autoscaler-example
//! length: 220s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: {base: 60/s, spike: 150/s, at: 40s, for: 100s}}
//! services:
//!   api: {replicas: 3, workers: 2, work: exp(50ms)}
//! controls:
//!   scaler: {kind: autoscaler, on: api, target: 60%, every: 5s, lag: 15s, cooldown: 20s, max: 20}
//! expect:
//!   - max(replicas(api)) <= 3 between 0s and 54s
//!   - min(replicas(api)) >= 6 between 100s and 140s
//!   - last(replicas(api)) <= 5
//!   - success(users) >= 99% between 100s and 140s
//! ```

use super::{ControlKind, FIGURE, SIGNALS, figure, is_scalable, is_seen, service, signal};
use crate::base::Span;
use crate::plan::{Does, Plan, Scaling};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: ControlKind =
    ControlKind { name: "autoscaler", page: include_str!("autoscaler.rs"), fields: FIELDS, read };

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("on", Shape::Name, "the service that it scales"),
    FieldDoc::optional("sees", Shape::Choice(SIGNALS), "utilisation", "the signal that is reported to it"),
    FieldDoc::required("target", FIGURE, "where the signal should be; of numbers and rates, per replica"),
    FieldDoc::optional("tolerance", Shape::Ratio, "10%", "how far from the target nothing is done"),
    FieldDoc::optional("lag", Shape::Span, "0s", "from the decision until a new replica serves"),
    FieldDoc::optional("cooldown", Shape::Span, "5m", "after a change no replica is taken away for so long"),
    FieldDoc::optional("scale_in", Shape::Choice(&["all", "one", "never"]), "all", "how many go at one look"),
    FieldDoc::optional("min", Shape::Count, "1", "fewest replicas"),
    FieldDoc::optional("max", Shape::Count, "100", "most replicas"),
];

const MOST: u64 = 100_000;

fn read(fields: &Fields, plan: &Plan) -> Option<Does> {
    fields.text("note");
    let id = fields.node("on").and_then(|node| service(node, fields, plan));
    let sees = signal(fields, "sees");
    let target = figure(fields, "target", sees);
    let (min, max) = (fields.count("min").unwrap_or(1), fields.count("max").unwrap_or(100));
    let (lag, cooldown) = (fields.span("lag"), fields.span("cooldown"));
    let fewer = match fields.choice("scale_in") {
        Some("one") => 1,
        Some("never") => 0,
        _ => u32::MAX,
    };
    let tolerance = fields.ratio("tolerance").unwrap_or(0.1);
    let (service, target) = (id?, target?);
    if target <= 0.0 {
        fields.error("target", "with a target of 0 no number of replicas is enough").code("wrong-value");
        return None;
    }
    if min == 0 || max > MOST || min > max {
        let name = if fields.has("max") { "max" } else { "min" };
        fields.error(name, format!("`min` and `max` must be 1 to {MOST}, and `min` at most `max`")).code("wrong-value");
        return None;
    }
    let (min, max) = (min as u32, max as u32);
    let (lag, cooldown) = (lag.unwrap_or(Span::ZERO), cooldown.unwrap_or(Span::from_secs(300)));
    let is_fit = is_seen(fields, "on", sees, service, plan) & is_scalable(fields, service, plan);
    is_fit.then_some(Does::Scale(Scaling { service, sees, target, tolerance, lag, cooldown, min, max, fewer }))
}
