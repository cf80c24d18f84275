//! A population of users behind one call: an open loop (`rate`), a closed loop (`users`), a `trace`, a `herd` or a `fleet`.
//!
//! In an open loop requests come whether or not earlier ones were answered, as they do on the internet; in a closed loop each user waits
//! for the answer and thinks before asking again, so a slow system is asked less. A herd holds sessions and calls only to get back
//! those that were lost; the agents of a fleet each do a run in every interval. A `trace` is a text file with one moment a line, in
//! seconds or with a unit, ascending. Latency always counts from the moment at which a request was due. `send` is what the live load
//! generator puts on the wire.
//!
//! ```yaml
//! name: client-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   browsers: {calls: {to: web, timeout: 2s}, rate: 50/s, send: {method: GET, path: /}}
//!   batch: {calls: web, users: 4, think: exp(500ms)}
//! services:
//!   web: {workers: 8, work: exp(20ms)}
//! expect:
//!   - success(browsers) >= 99%
//!   - goodput(batch) >= 5/s
//! ```

use super::{KINDS, PopulationKind, fleet, herd, keys, pages, rate};
use crate::base::{EdgeId, Time};
use crate::model::Page;
use crate::model::policies::call::{self, CallDraft};
use crate::model::policies::class;
use crate::model::policies::reload;
use crate::plan::load::Send;
use crate::plan::{Arrivals, Client};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, values};

pub const PAGE: Page = Page { name: "client", page: include_str!("client.rs"), fields: &[&TABLE, &SEND] };

pub static TABLE: [FieldDoc; 17] = [
    FieldDoc::required(
        "calls",
        Shape::OneOf(&[Shape::Name, Shape::Shared("call", &call::TABLE)]),
        "the service it asks",
    ),
    FieldDoc::optional("rate", rate::SHAPE, "none", "open loop: requests per second, and how they change"),
    FieldDoc::optional("arrivals", Shape::Choice(&["poisson", "constant"]), "poisson", "how they are spaced"),
    FieldDoc::optional("users", Shape::Count, "none", "closed loop: how many users"),
    FieldDoc::optional("think", Shape::Dist, "1s", "closed loop: the pause between an answer and the next request"),
    FieldDoc::optional(
        "start",
        Shape::Span,
        "after a first thought",
        "closed loop: users begin within this, evenly spread",
    ),
    FieldDoc::optional("trace", Shape::Text, "none", "open loop at the moments listed in a file"),
    FieldDoc::optional(
        "herd",
        Shape::Shared("herd", &herd::TABLE),
        "none",
        "clients that call when they lose their session",
    ),
    FieldDoc::optional(
        "fleet",
        Shape::Shared("fleet", &fleet::TABLE),
        "none",
        "agents that each do a run in every interval",
    ),
    FieldDoc::optional(
        "pages",
        Shape::Shared("pages", &pages::TABLE),
        "none",
        "open loop: what is loaded stays open and asks again",
    ),
    FieldDoc::optional("reload", Shape::Shared("reload", &reload::TABLE), "none", "what users do after a failure"),
    FieldDoc::optional("keys", Shape::Shared("keys", &keys::TABLE), "none", "which keys they ask for"),
    class::FIELD,
    FieldDoc::optional("writes", Shape::Ratio, "0%", "share of requests that change what they ask for"),
    FieldDoc::optional("zone", Shape::Name, "none", "the zone that they are in"),
    FieldDoc::optional("send", Shape::Shared("send", &SEND), "GET /", "the request on the wire in the live world"),
    FieldDoc::optional("note", Shape::Text, "", "a remark for readers"),
];

static SEND: [FieldDoc; 2] = [
    FieldDoc::optional("method", Shape::Choice(&["GET", "POST", "PUT", "DELETE", "HEAD"]), "GET", "HTTP method"),
    FieldDoc::optional("path", Shape::Text, "/", "path and query"),
];

/// A client as it was written: the service it calls is still a name.
pub struct ClientDraft {
    pub client: Client,
    pub call: CallDraft,
    /// As it was written.
    pub class: Option<(String, Place)>,
    pub name_place: Place,
}

pub fn read(name: &str, name_place: Place, node: &Node, length: Time, diags: &Diagnostics) -> Option<ClientDraft> {
    let fields = Fields::open(node, &format!("client `{name}`"), &TABLE, diags);
    fields.text("note");
    let arrivals = read_arrivals(&fields, length);
    let zone = fields.node("zone").and_then(|node| values::read_name(node, diags)).map(str::to_owned);
    let reload = fields.node("reload").and_then(|node| reload::read(node, diags));
    let pages = fields.node("pages").and_then(|node| pages::read(node, diags));
    let keys = fields.node("keys").and_then(|node| keys::read(node, diags));
    let send = read_send(&fields);
    let writes = fields.ratio("writes").unwrap_or(0.0);
    let class = fields.text("class").map(|class| (class.to_owned(), fields.place_of("class")));
    let call = fields.node("calls").and_then(|node| call::read(node, "the call", diags))?;
    if call.edge.count != 1 || call.edge.chance < 1.0 || call.edge.optional {
        let note = diags.error(call.to_place, "a client's call is made once for each request");
        note.help("`count`, `chance` and `optional` belong to calls of services; change the `rate`")
            .code("wrong-value");
    }
    // A client whose rate is wrong is still a client: what else refers to it is not wrong as well.
    let arrivals = arrivals.unwrap_or(Arrivals::Trace(Vec::new()));
    let client =
        Client { name: name.to_owned(), edge: EdgeId(0), arrivals, reload, pages, keys, class: 0, writes, zone, send };
    Some(ClientDraft { client, call, class, name_place })
}

fn read_arrivals(fields: &Fields, length: Time) -> Option<Arrivals> {
    let given: Vec<&PopulationKind> = KINDS.iter().filter(|kind| fields.has(kind.key)).collect();
    let [kind] = given.as_slice() else {
        report_kinds(fields, &given);
        return None;
    };
    for other in KINDS {
        for key in other.with.iter().filter(|key| fields.has(key) && !kind.with.contains(key)) {
            let with = KINDS.iter().filter(|kind| kind.with.contains(key)).map(|kind| format!("`{}`", kind.key));
            let with = with.collect::<Vec<_>>().join(" or ");
            let note = fields.error(key, format!("`{key}` goes with {with}, not with `{}`", kind.key));
            note.help(format!("leave `{key}` out")).code("wrong-value");
        }
    }
    (kind.read)(fields, length)
}

/// Says that a client is of no kind, or of several.
fn report_kinds(fields: &Fields, given: &[&PopulationKind]) {
    let keys = |kinds: &[&PopulationKind]| kinds.iter().map(|kind| format!("`{}`", kind.key)).collect::<Vec<_>>();
    let message = match given {
        [] => {
            let all = keys(&KINDS.iter().collect::<Vec<_>>());
            let (last, others) = all.split_last().expect("there are kinds");
            format!("{} never asks: it has no {} or {last}", fields.what(), others.join(", "))
        }
        _ => format!("{} has {}: only one of them can say when it asks", fields.what(), keys(given).join(" and ")),
    };
    fields.diags().error(fields.place(), message).help("such as `rate: 100/s`").code("missing-key");
}

fn read_send(client: &Fields) -> Send {
    let mut send = Send { method: "GET".to_owned(), path: "/".to_owned() };
    let Some(node) = client.node("send") else { return send };
    let fields = Fields::open(node, "`send`", &SEND, client.diags());
    if let Some(method) = fields.choice("method") {
        send.method = method.to_owned();
    }
    if let Some(path) = fields.text("path") {
        let fits = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            fields.error("path", "a path begins with `/` and has no blanks").code("wrong-value");
        }
        send.path = path.to_owned();
    }
    send
}
