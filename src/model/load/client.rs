//! A population of users behind one call: an open loop (`rate`), a closed loop (`users` and `think`), or a `trace`.
//!
//! In an open loop requests come whether or not earlier ones were answered, as they do on the internet; in a closed loop each user waits
//! for the answer and thinks before asking again, so a slow system is asked less. Latency always counts from the moment at which a
//! request was due. A `trace` is a text file with one moment a line, in seconds or with a unit, ascending. `send` is what the live
//! load generator puts on the wire.
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

use super::{keys, rate};
use crate::base::{Dist, EdgeId, Time};
use crate::model::Page;
use crate::model::policies::call::{self, CallDraft};
use crate::model::policies::reload;
use crate::plan::load::Send;
use crate::plan::{Arrivals, Client};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, values};

pub const PAGE: Page = Page { name: "client", page: include_str!("client.rs"), fields: &[&TABLE, &SEND] };

pub static TABLE: [FieldDoc; 10] = [
    FieldDoc::required(
        "calls",
        Shape::OneOf(&[Shape::Name, Shape::Shared("call", &call::TABLE)]),
        "the service it asks",
    ),
    FieldDoc::optional("rate", rate::SHAPE, "none", "open loop: requests per second, and how they change"),
    FieldDoc::optional("arrivals", Shape::Choice(&["poisson", "constant"]), "poisson", "how they are spaced"),
    FieldDoc::optional("users", Shape::Count, "none", "closed loop: how many users"),
    FieldDoc::optional("think", Shape::Dist, "1s", "closed loop: the pause between an answer and the next request"),
    FieldDoc::optional("trace", Shape::Text, "none", "open loop at the moments listed in a file"),
    FieldDoc::optional("reload", Shape::Shared("reload", &reload::TABLE), "none", "what users do after a failure"),
    FieldDoc::optional("keys", Shape::Shared("keys", &keys::TABLE), "none", "which keys they ask for"),
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
    pub name_place: Place,
}

const USERS_MAX: u64 = 1_000_000;

pub fn read(name: &str, name_place: Place, node: &Node, length: Time, diags: &Diagnostics) -> Option<ClientDraft> {
    let fields = Fields::open(node, &format!("client `{name}`"), &TABLE, diags);
    fields.text("note");
    let arrivals = read_arrivals(&fields, length);
    let reload = fields.node("reload").and_then(|node| reload::read(node, diags));
    if let (Some(_), Some(Arrivals::Closed { .. })) = (&reload, &arrivals) {
        let note = fields.error("reload", "users of a closed loop ask again anyway");
        note.help("leave `reload` out, or use `rate`").code("wrong-value");
    }
    let keys = fields.node("keys").and_then(|node| keys::read(node, diags));
    let send = read_send(&fields);
    let call = fields.node("calls").and_then(|node| call::read(node, "the call", diags))?;
    if call.edge.count != 1 || call.edge.chance < 1.0 || call.edge.optional {
        let note = diags.error(call.to_place, "a client's call is made once for each request");
        note.help("`count`, `chance` and `optional` belong to calls of services; change the `rate`")
            .code("wrong-value");
    }
    // A client whose rate is wrong is still a client: what else refers to it is not wrong as well.
    let arrivals = arrivals.unwrap_or(Arrivals::Trace(Vec::new()));
    let client = Client { name: name.to_owned(), edge: EdgeId(0), arrivals, reload, keys, send };
    Some(ClientDraft { client, call, name_place })
}

fn read_arrivals(fields: &Fields, length: Time) -> Option<Arrivals> {
    let given: Vec<&str> = ["rate", "users", "trace"].into_iter().filter(|name| fields.has(name)).collect();
    if given.len() != 1 {
        let message = match given.len() {
            0 => format!("{} never asks: it has no `rate`, `users` or `trace`", fields.what()),
            _ => format!("{} has {}: only one of them can say when it asks", fields.what(), given.join(" and ")),
        };
        fields.diags().error(fields.place(), message).help("such as `rate: 100/s`").code("missing-key");
        return None;
    }
    for (key, with) in [("arrivals", "rate"), ("think", "users")] {
        if fields.has(key) && given[0] != with {
            fields.error(key, format!("`{key}` goes with `{with}`, not with `{}`", given[0])).code("wrong-value");
        }
    }
    match given[0] {
        "users" => read_closed(fields),
        "trace" => read_trace(fields, length),
        _ => {
            let poisson = fields.choice("arrivals") != Some("constant");
            rate::read(fields.node("rate")?, fields.diags()).map(|points| Arrivals::Open { points, poisson })
        }
    }
}

fn read_closed(fields: &Fields) -> Option<Arrivals> {
    let users = fields.count("users")?;
    if users == 0 || users > USERS_MAX {
        fields.error("users", format!("`users` must be 1 to {USERS_MAX}")).code("wrong-value");
        return None;
    }
    let think = fields.dist("think").unwrap_or(Dist::Constant(1.0));
    // An answer or a refusal that takes no time would be asked for again at the same moment, without end.
    if think.mean() <= 0.0 {
        let note = fields.error("think", "users who do not think at all would ask without end at one moment");
        note.help("give a small pause, such as `1ms`").code("no-think");
        return None;
    }
    Some(Arrivals::Closed { users: users as u32, think })
}

fn read_trace(fields: &Fields, length: Time) -> Option<Arrivals> {
    let node = fields.node("trace")?;
    let seconds = values::read_values_file(node, fields.diags())?;
    if seconds.is_sorted() {
        let times: Vec<Time> = seconds.into_iter().map(Time::from_secs_f64).filter(|at| *at < length).collect();
        if times.is_empty() {
            fields.warning("trace", "every moment of the trace lies after the end of the run").code("empty-trace");
        }
        return Some(Arrivals::Trace(times));
    }
    fields.error("trace", "the moments of a trace must ascend").help("sort the file").code("wrong-value");
    None
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
