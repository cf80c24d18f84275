//! A rolling deploy: a new version replaces the replicas of a service, batch by batch.
//!
//! From `at` on, at each look (`every`), the next `batch` of replicas is replaced, in the order of their numbers; a look at which the
//! batch before is not done yet is passed over. A replica gets nothing new for `drain`, then it stops, and what is inside fails with
//! `crashed`; after `down` the new one starts there, cold: a cache is empty, and `warm_up` begins. Without `down` the two change places
//! at once and nothing is lost. Replicas that are added meanwhile are new ones. `to` is the number of the version (at the start all
//! are 0); another deploy with `to: 0` is an operator's way back, and ends the one before it. What old pages make of new replicas is
//! the matter of `versions`.
//!
//! `errors` and `slower` are what is wrong with the new version. With `above` each look reads a signal (`sees`, of the service itself
//! unless `of` names another one) since the look before; when it is above that, the deploy waits (`then: pause`), ends as it is (`stop`),
//! or gives those that were replaced the old version again, in the same batches (`roll-back`). With `look_first` it looks before its first
//! batch as well, back over one `every`: it does not begin while things are bad (or, with `stop` and `roll-back`, at all). Windows of
//! expectations can be named after it as after a fault (`before NAME`, `within 30s of NAME`). `setting(NAME)` is the share of
//! replicas that run the new version, `changes(NAME)` how many batches were done. A fault `freeze` on it holds the next batch back.
//!
//! In the live world it replaces stand-ins; a real process is refused before the run.
//!
//! ```yaml
//! name: deploy-example
//! length: 120s
//! window: 2s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 100/s}
//! services:
//!   web: {replicas: 8, workers: 4, work: exp(20ms), balance: least-outstanding, warm_up: {for: 5s, slower: 2x}}
//! controls:
//!   good: {kind: deploy, on: web, at: 10s, every: 5s, batch: 2, drain: 1s, down: 2s}
//!   bad: {kind: deploy, on: web, to: 2, at: 60s, every: 10s, drain: 1s, errors: 50%, above: 2%, then: roll-back}
//! expect:
//!   - success(users) >= 100% between 0s and 60s
//!   - min(replicas(web)) >= 6 between 0s and 60s
//!   - last(setting(good)) >= 1 between 0s and 60s
//!   - errors(users) >= 1% between 60s and 80s
//!   - last(setting(bad)) <= 0
//!   - success(users) >= 100% between 90s and 120s
//! ```

use super::{ControlKind, FIGURE, SIGNALS, figure, is_seen, service, signal};
use crate::base::{ServiceId, Span, Time};
use crate::plan::{Does, Flaw, Plan, Rollout, Then, Watch};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: ControlKind = ControlKind { name: "deploy", page: include_str!("deploy.rs"), fields: FIELDS, read };

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("on", Shape::Name, "the service whose replicas it replaces"),
    FieldDoc::required("at", Shape::Span, "when the first batch is due"),
    FieldDoc::optional("to", Shape::Count, "1", "the number of the version"),
    FieldDoc::optional("batch", Shape::Count, "1", "replicas that are replaced at the same time"),
    FieldDoc::optional("drain", Shape::Span, "0s", "how long a replica gets nothing new before it stops"),
    FieldDoc::optional("down", Shape::Span, "0s", "from the stop of the old replica to the start of the new one"),
    FieldDoc::optional("errors", Shape::Ratio, "0%", "the share of requests that the new version fails"),
    FieldDoc::optional("slower", Shape::Factor, "1x", "how many times longer the new version works"),
    FieldDoc::optional("above", FIGURE, "nothing is looked at", "what is too much of the signal"),
    FieldDoc::optional("sees", Shape::Choice(SIGNALS), "errors", "the signal that is looked at"),
    FieldDoc::optional("of", Shape::Name, "the service itself", "the service whose signal it is"),
    FieldDoc::optional("then", Shape::Choice(&["pause", "stop", "roll-back"]), "pause", "what follows from too much"),
    FieldDoc::optional("look_first", Shape::Flag, "false", "it looks before the first batch, too"),
];

const VERSION_MAX: u64 = 60_000;

fn read(fields: &Fields, plan: &Plan) -> Option<Does> {
    fields.text("note");
    let id = fields.node("on").and_then(|node| service(node, fields, plan));
    let (at, to, batch) = (fields.span("at"), fields.count("to").unwrap_or(1), fields.count("batch").unwrap_or(1));
    let flaw = Flaw { errors: fields.ratio("errors").unwrap_or(0.0), slower: fields.factor("slower").unwrap_or(1.0) };
    let (drain, down) = (fields.span("drain").unwrap_or(Span::ZERO), fields.span("down").unwrap_or(Span::ZERO));
    let (service, at) = (id?, at?);
    if batch == 0 {
        fields.error("batch", "batches of nobody would never be done").help("at least 1").code("wrong-value");
    }
    if to > VERSION_MAX {
        fields.error("to", format!("versions are numbered 0 to {VERSION_MAX}")).code("wrong-value");
    }
    if at.0 >= plan.length.0 {
        fields.error("at", format!("the run is over at {}", plan.length)).code("wrong-value");
    }
    let watch = read_watch(fields, service, plan)?;
    let (to, batch) = (to.min(VERSION_MAX) as u16, u32::try_from(batch).unwrap_or(u32::MAX).max(1));
    Some(Does::Roll(Rollout { service, to, at: Time(at.0), batch, drain, down, flaw, watch }))
}

/// `Some(None)`: nothing is looked at.
fn read_watch(fields: &Fields, deployed: ServiceId, plan: &Plan) -> Option<Option<Watch>> {
    if !fields.has("above") {
        if let Some(name) = ["sees", "of", "then", "look_first"].into_iter().find(|name| fields.has(name)) {
            let note = fields.error(name, format!("`{name}` without `above`: nothing is ever too much"));
            note.help("say what is too much, such as `above: 5%`").code("missing-key");
            return None;
        }
        return Some(None);
    }
    let sees = match fields.has("sees") {
        true => signal(fields, "sees"),
        false => crate::plan::Signal::Errors,
    };
    let of = match fields.node("of") {
        Some(node) => service(node, fields, plan)?,
        None => deployed,
    };
    let then = match fields.choice("then") {
        Some("stop") => Then::Stop,
        Some("roll-back") => Then::RollBack,
        _ => Then::Pause,
    };
    let first = fields.flag("look_first").unwrap_or(false);
    let above = figure(fields, "above", sees)?;
    is_seen(fields, "sees", sees, of, plan).then_some(Some(Watch { of, sees, above, then, first }))
}
