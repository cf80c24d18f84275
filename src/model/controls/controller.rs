//! Feedback: at each tick it reads a signal and moves a setting against the error.
//!
//! `moves: weights` shifts a `split` of service `on` between its destinations, away from those that are above the mean of all of them.
//! `moves: chance` changes how often the call `on` is made (shedding, a feature's share); `rate` changes at which share of its own rate
//! the client `on` sends (a sender that backs off, a limit at the edge); `replicas` and `workers` change service `on`.
//! All but weights follow `target`. A value moves by `gain` times the error, by no more than `clamp` a tick, within `min` and `max`, and
//! not at all while the error is within `hysteresis`. The setting is a number (workers), or a share (weights, chance, rate); the signal
//! is a share (`utilisation`, `cpu`, `errors`), a number (`queue`, `inflight`) or a rate. `cpu` counts only `work`, `utilisation` also
//! workers that wait for calls.
//!
//! With `aimd` instead of `gain` the setting goes up by `increase` a tick, and while the signal is above the target down to the part
//! `decrease` of itself (of what is counted, the other way round): senders that share a line become equal (Chiu & Jain, 1989).
//!
//! The readings are those of `delay` ticks ago. That bounds the gain: with a delay of d ticks the loop swings up without end
//! from a loop gain of 2 sin(pi/(2(2d+1))) on, which is 2, 1, 0.618, 0.445 and 0.347 for d = 0 to 4 (Levin & May, 1976). The loop gain is
//! `gain` times how much the error moves for a change of 1 of the setting: for a split of two, `gain` times the mean utilisation that each
//! side would have with all of the traffic.
//!
//! ```yaml
//! name: controller-example
//! length: 120s
//! window: 2s
//! clients:
//!   users: {calls: {to: steer, timeout: 2s}, rate: 200/s}
//! services:
//!   steer: {calls: [{split: [{to: east, weight: 1}, {to: west, weight: 1}]}]}
//!   east: {workers: 20, work: 50ms}
//!   west: {workers: 20, work: 50ms}
//! controls:
//!   balance: {kind: controller, moves: weights, on: steer, every: 2s, delay: 1, gain: 0.3, min: 5%}
//! faults:
//!   slow-west: {kind: slow, on: west, factor: 2, at: 40s}
//! expect:
//!   - setting(balance) >= 0.6 between 80s and 120s
//!   - setting(balance) <= 0.73 between 80s and 120s
//!   - changes(balance) >= 10
//! ```

use super::{ControlKind, FIGURE, SIGNALS, figure, is_scalable, is_seen, service, signal};
use crate::base::{ClientId, EdgeId, ServiceId};
use crate::plan::{Aimd, Arrivals, Does, Lever, Op, Plan, Steering};
use crate::scenario::{FieldDoc, Fields, Shape, Value, help_for, quote};

pub const KIND: ControlKind =
    ControlKind { name: "controller", page: include_str!("controller.rs"), fields: FIELDS, read };

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("moves", Shape::Choice(&["weights", "chance", "rate", "replicas", "workers"]), "the setting"),
    FieldDoc::required("on", Shape::Text, "the service whose setting it is; for `chance` a call, for `rate` a client"),
    FieldDoc::optional("reads", Shape::Choice(SIGNALS), "utilisation", "the signal"),
    FieldDoc::optional("of", Shape::Name, "what it moves", "the service whose signal it is; not for `weights`"),
    FieldDoc::optional("target", FIGURE, "for `weights` the mean", "where the signal should be"),
    FieldDoc::optional("gain", Shape::Number, "", "how far the setting moves for an error of 1"),
    FieldDoc::optional("aimd", Shape::Object(&AIMD), "none", "steps up and parts down, instead of `gain`"),
    FieldDoc::optional("delay", Shape::Count, "0", "how many ticks old the readings are"),
    FieldDoc::optional("clamp", FIGURE, "none", "the most that the setting moves in one tick"),
    FieldDoc::optional("hysteresis", FIGURE, "0", "errors up to this size move nothing"),
    FieldDoc::optional("min", FIGURE, "0, or 1 of what is counted", "the least that the setting can be"),
    FieldDoc::optional("max", FIGURE, "100%, or 100000 of what is counted", "the most that the setting can be"),
];

static AIMD: [FieldDoc; 2] = [
    FieldDoc::required("increase", FIGURE, "what is added in a tick"),
    FieldDoc::optional("decrease", Shape::Ratio, "50%", "what is left of it while the signal is above the target"),
];

const DELAY_MAX: u64 = 1000;
/// As many as a service can have.
const MOST: f64 = 100_000.0;

fn read(fields: &Fields, plan: &Plan) -> Option<Does> {
    fields.text("note");
    let moves = lever(fields, plan);
    let reads = signal(fields, "reads");
    let delay = delay(fields);
    let is_share = matches!(fields.choice("moves"), Some("weights" | "chance" | "rate"));
    let law = law(fields, is_share);
    let setting = |name: &str| if is_share { fields.ratio(name) } else { fields.number(name) };
    let (clamp, min, max) = (setting("clamp"), setting("min"), setting("max"));
    let hysteresis = figure(fields, "hysteresis", reads).unwrap_or(0.0);
    let target = figure(fields, "target", reads);
    let (moves, delay, (gain, aimd)) = (moves?, delay?, law?);
    let of = read_from(fields, &moves, plan)?;
    if !of.iter().all(|id| is_seen(fields, "on", reads, *id, plan)) {
        return None;
    }
    let is_of_weights = matches!(moves, Lever::Weights(_));
    if is_of_weights == fields.has("target") {
        let (name, message) = match is_of_weights {
            true => ("target", "weights follow the mean of their destinations and have no `target`"),
            false => ("on", "it needs a `target`: where the signal should be"),
        };
        fields.error(name, message).code("wrong-value");
        return None;
    }
    if is_of_weights && aimd.is_some() {
        fields.error("aimd", "weights are moved against each other, by a `gain`").code("wrong-value");
        return None;
    }
    let min = min.unwrap_or(if is_share { 0.0 } else { 1.0 });
    let max = max.unwrap_or(if is_share { 1.0 } else { MOST }).min(MOST);
    if min > max {
        fields.error("min", "`min` is above `max`").code("wrong-value");
        return None;
    }
    let clamp = clamp.unwrap_or(f64::MAX);
    Some(Does::Steer(Steering { moves, reads, of, target, gain, aimd, delay, clamp, hysteresis, min, max }))
}

/// By a gain, or by steps and parts.
fn law(fields: &Fields, is_share: bool) -> Option<(f64, Option<Aimd>)> {
    match (fields.node("gain"), fields.node("aimd")) {
        (Some(_), None) => Some((fields.number("gain")?, None)),
        (None, Some(node)) => {
            let own = Fields::open(node, "`aimd`", &AIMD, fields.diags());
            let increase = if is_share { own.ratio("increase") } else { own.number("increase") };
            Some((0.0, Some(Aimd { increase: increase?, decrease: own.ratio("decrease").unwrap_or(0.5) })))
        }
        (both, _) => {
            let message =
                if both.is_some() { "give `gain` or `aimd`, not both" } else { "it has no `gain` and no `aimd`" };
            let note = fields.error("moves", message).code("missing-key");
            note.help("`gain`: how far the setting moves for an error of 1");
            None
        }
    }
}

fn delay(fields: &Fields) -> Option<u32> {
    match fields.count("delay") {
        Some(count) if count > DELAY_MAX => {
            fields.error("delay", format!("`delay` is at most {DELAY_MAX} ticks")).code("wrong-value");
            None
        }
        count => Some(count.unwrap_or(0) as u32),
    }
}

fn lever(fields: &Fields, plan: &Plan) -> Option<Lever> {
    let moves = fields.choice("moves")?;
    let on = fields.text("on")?;
    if moves == "chance" {
        return edge(fields, on, plan).map(Lever::Chance);
    }
    if moves == "rate" {
        return client(fields, on, plan).map(Lever::Rate);
    }
    let id = service(fields.node("on")?, fields, plan)?;
    let of = plan.service(id);
    match moves {
        "weights" => {
            let split = of.program.iter().find_map(|op| if let Op::Split(edges) = op { Some(edges) } else { None });
            if split.is_none() {
                let note = fields.error("on", format!("{} splits its calls nowhere", quote(on))).code("wrong-kind");
                note.help("give it `calls: [{split: [{to: a}, {to: b}]}]`");
            }
            split.cloned().map(Lever::Weights)
        }
        "workers" if of.workers.is_none() => {
            let note = fields.error("on", format!("{} has any number of workers", quote(on))).code("wrong-value");
            note.help("give it `workers` to begin with");
            None
        }
        "workers" => Some(Lever::Workers(id)),
        _ => is_scalable(fields, id, plan).then_some(Lever::Replicas(id)),
    }
}

fn edge(fields: &Fields, on: &str, plan: &Plan) -> Option<EdgeId> {
    let found = plan.edges.iter().position(|edge| edge.name == on);
    if found.is_none() {
        let note = fields.error("on", format!("there is no call {}", quote(on))).code("unknown-name");
        note.maybe_help(help_for(on, plan.edges.iter().map(|edge| edge.name.as_str())));
    }
    if let Some(crate::plan::Party::Client(_)) = found.map(|index| plan.edges[index].from) {
        let note = fields.error("on", "a client's call is made for every request").code("wrong-kind");
        note.help("name a call of a service");
        return None;
    }
    found.map(EdgeId::from)
}

fn client(fields: &Fields, on: &str, plan: &Plan) -> Option<ClientId> {
    let Some(id) = plan.client_named(on) else {
        let note = fields.error("on", format!("there is no client {}", quote(on))).code("unknown-name");
        note.maybe_help(help_for(on, plan.clients.iter().map(|client| client.name.as_str())));
        return None;
    };
    if !matches!(plan.client(id).arrivals, Arrivals::Open { .. }) {
        fields.error("on", format!("client {} has no rate to change", quote(on))).code("wrong-kind");
        return None;
    }
    Some(id)
}

/// Whose signal it reads.
fn read_from(fields: &Fields, moves: &Lever, plan: &Plan) -> Option<Vec<ServiceId>> {
    match (moves, fields.node("of")) {
        (Lever::Weights(edges), None) => Some(edges.iter().map(|id| plan.edge(*id).to).collect()),
        (Lever::Weights(_), Some(_)) => {
            fields.error("of", "weights follow the destinations of the split").code("wrong-value");
            None
        }
        (_, Some(node)) if matches!(node.value, Value::Scalar(..)) => Some(vec![service(node, fields, plan)?]),
        (_, Some(_)) => {
            fields.error("of", "this must be the name of one service").code("wrong-value");
            None
        }
        (Lever::Chance(id), None) => Some(vec![plan.edge(*id).to]),
        (Lever::Rate(id), None) => Some(vec![plan.edge(plan.client(*id).edge).to]),
        (Lever::Replicas(id) | Lever::Workers(id) | Lever::Version(id, _), None) => Some(vec![*id]),
    }
}
