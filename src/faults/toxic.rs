//! A toxic of Toxiproxy on an edge, by the names and with the attributes that its users know.
//!
//! | type | attributes | what it does |
//! |---|---|---|
//! | `latency` | `latency`, `jitter` (ms) | bytes are late; each chunk draws |
//! | `bandwidth` | `rate` (1000 bytes/s) | each connection carries no more; 0: nothing passes |
//! | `slow_close` | `delay` (ms) | the end of a stream is late |
//! | `timeout` | `timeout` (ms) | nothing passes; closes so long after the last bytes, 0: when it heals |
//! | `reset_peer` | `timeout` (ms) | connections are reset so long after it began or they were opened, idle ones too |
//! | `slicer` | `average_size`, `size_variation` (bytes), `delay` (us) | bytes go in small slices, with a pause after each |
//! | `limit_data` | `bytes` | closes after so many bytes |
//! | `packet_loss` | `loss_rate`, `correlation` (0 to 1) | chunks of the stream vanish |
//! | `noop` | | nothing |
//! | `connect` | `latency`, `jitter` (ms), `never` (1: never) | the server is dialled late; not in Toxiproxy |
//! | `cut_after` | `after`, `jitter` (ms) | closes so long after opening; not in Toxiproxy |
//!
//! `toxicity` is the chance with which a connection gets it; `first` and `every` count the connections that are opened while it lasts.
//! Other kinds say most of this in a way that suits both worlds (`latency`, `bandwidth`, `cut`, `reset`); this one is for drills that are to
//! do what a Toxiproxy would.
//!
//! - **Simulated world**: it has requests and no bytes. `latency` delays messages (with `toxicity` below 100% that share of them), `bandwidth`
//!   narrows the edge as the kind of that name does, `timeout` holds messages and loses them when it heals, `reset_peer` without a
//!   `timeout` resets requests. All else, and `first` and `every`, is refused there.
//! - **Live world**: the fault proxy on the edge does it to the bytes of each connection; no privilege is needed.
//! - **Undo**: the toxic is taken off; `timeout` closes the connections from which it took bytes.
//! - **Evidence**: chunks and connections that went differently because of it.
//!
//! ```yaml
//! name: toxic-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web: {work: exp(2ms), calls: [{to: db, timeout: 1s}]}
//!   db: {work: exp(5ms)}
//! faults:
//!   sick: {kind: toxic, on: web->db, type: latency, attributes: {latency: 200, jitter: 50}, at: 10s, for: 10s}
//! expect:
//!   - p50(users) >= 150ms during sick
//!   - success(users) >= 99% whole
//! ```

use super::which::{EVERY, FIRST};
use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::base::Which;
use crate::plan::toxic::ToxicKind;
use crate::plan::{Effect, Toxic};
use crate::scenario::{FieldDoc, Fields, Shape, help_for, quote, values};

pub const KIND: FaultKind = FaultKind {
    name: "toxic",
    page: include_str!("toxic.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static TYPES: [&str; ToxicKind::ALL.len()] = {
    let mut names = [""; ToxicKind::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = ToxicKind::ALL[at].word();
        at += 1;
    }
    names
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("type", Shape::Choice(&TYPES), "which toxic"),
    FieldDoc::optional("attributes", Shape::MapOf(&Shape::Number), "all 0", "its attributes, as in the table above"),
    FieldDoc::optional(
        "stream",
        Shape::Choice(&["downstream", "upstream"]),
        "downstream",
        "`downstream`: what the server sends; `upstream`: what the client sends",
    ),
    FieldDoc::optional("toxicity", Shape::Ratio, "100%", "chance with which a connection gets it"),
    FIRST,
    EVERY,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let kind = ToxicKind::named(fields.choice("type")?)?;
    let values = attributes(fields, kind)?;
    let upstream = fields.choice("stream") == Some("upstream");
    let which = which(fields)?;
    let label = format!("toxic {}{}", kind.word(), said(fields));
    Lowered::on_each(label, &site.edges(), &Effect::Toxic(Toxic { kind, values, upstream, which }))
}

fn attributes(fields: &Fields, kind: ToxicKind) -> Option<Vec<f64>> {
    let known = kind.attributes();
    let mut values = vec![0.0; known.len()];
    let mut fine = true;
    for entry in fields.entries("attributes") {
        let Some(at) = known.iter().position(|attribute| attribute.name == entry.key) else {
            let message = format!("toxic `{}` has no attribute {}", kind.word(), quote(&entry.key));
            let note = fields.diags().error(entry.key_place, message).code("unknown-name");
            note.maybe_help(help_for(&entry.key, known.iter().map(|attribute| attribute.name)));
            fine = false;
            continue;
        };
        values[at] = values::read_number(&entry.value, fields.diags())?;
    }
    for complaint in known.iter().zip(&values).filter_map(|(attribute, value)| attribute.complaint(*value)) {
        fields.error(if fields.has("attributes") { "attributes" } else { "type" }, complaint).code("wrong-value");
        fine = false;
    }
    fine.then_some(values)
}

fn which(fields: &Fields) -> Option<Which> {
    let share = if fields.has("toxicity") { fields.ratio("toxicity")? } else { 1.0 };
    let first = if fields.has("first") { Some(fields.count("first")?) } else { None };
    let every = if fields.has("every") { fields.count("every")? } else { 1 };
    let nothing = [("toxicity", share == 0.0), ("first", first == Some(0)), ("every", every == 0)];
    for (name, _) in nothing.iter().filter(|(_, is_so)| *is_so) {
        fields.error(name, "this takes no connection at all").help("leave it out for all of them").code("wrong-value");
    }
    nothing.iter().all(|(_, is_so)| !is_so).then_some(Which { share, first, every })
}

/// In the author's words.
fn said(fields: &Fields) -> String {
    let attributes: Vec<String> = fields
        .entries("attributes")
        .iter()
        .map(|entry| match &entry.value.value {
            crate::scenario::Value::Scalar(text, _) => format!("{} {text}", entry.key),
            _ => entry.key.clone(),
        })
        .collect();
    let attributes = if attributes.is_empty() { String::new() } else { format!(" ({})", attributes.join(", ")) };
    let share = if fields.has("toxicity") { format!(" on {}", words(fields, "toxicity", "")) } else { String::new() };
    attributes + &share
}
