//! One call from a client or a service to a service, with the caller's patience.
//!
//! Two timeouts bound it, and they are not the same thing. `timeout` is the total time of one attempt: when it runs out the caller
//! goes on, and what it asked for goes on too, for nobody (`on_timeout: abandon`), or is stopped (`cancel`). `wait` bounds only the
//! wait for a worker of the called service: when it runs out the request is taken out of the queue and has cost nothing.
//! Ordering timeouts (child below parent) does not cure an overload; a wait bound below the caller's patience does.
//!
//! `calls: db` is short for `calls: [{to: db}]`. Inside `calls`, `{parallel: [ … ]}` makes several calls at once,
//! `{split: [{to: a, weight: 3}, {to: b}]}` makes one of them (in turn by their weights, without chance), and `{work: exp(1ms)}` works
//! between calls. A call to a service that runs for real ignores `wait` (its queue cannot be seen).
//!
//! ```yaml
//! name: call-example
//! length: 30s
//! warmup: 2s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 50/s}
//! services:
//!   web:
//!     workers: 100
//!     calls:
//!       - {to: db, timeout: 500ms, wait: 100ms}
//!       - parallel: [{to: ads, timeout: 50ms, optional: true}, {to: prices, count: 2}]
//!   db: {workers: 4, work: exp(20ms)}
//!   ads: {work: exp(10ms)}
//!   prices: {work: 5ms}
//! expect:
//!   - success(users) >= 99%
//! ```

use super::fallback::FallbackDraft;
use super::lock::LockDraft;
use super::work::WorkDraft;
use super::{breaker, class, dns, limit, rate_limit, throttle, tls};
use super::{bulkhead, connect, deadline, eject, fallback, hedge, mirror, miss, pool, retries};
use crate::base::{Dist, ServiceId, Span};
use crate::model::Page;
use crate::plan::{After, Edge, Fill, Need, Party, Stale};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, Value, values};

pub const PAGE: Page = Page { name: "call", page: include_str!("call.rs"), fields: &[&TABLE] };

/// What every call has, the one after a cache miss too.
pub const COMMON: [FieldDoc; 28] = [
    FieldDoc::required("to", Shape::Name, "the called service"),
    FieldDoc::optional("timeout", Shape::Span, "none", "total time of one attempt"),
    FieldDoc::optional("wait", Shape::Span, "none", "longest wait for a worker of the called service"),
    FieldDoc::optional(
        "on_timeout",
        Shape::Choice(&["abandon", "cancel"]),
        "abandon",
        "whether what was asked for goes on for nobody or is stopped",
    ),
    FieldDoc::optional("retries", retries::SHAPE, "none", "attempts after a failed one"),
    FieldDoc::optional("chance", Shape::Ratio, "100%", "how often the call is made at all"),
    FieldDoc::optional("count", Shape::Count, "1", "how many times, in a row (inside `parallel`: at once)"),
    FieldDoc::optional("optional", Shape::Flag, "false", "its failure does not fail the caller"),
    FieldDoc::optional(
        "class",
        class::SHAPE,
        "as its cause",
        "how important it is and what is done for it: 0 the most",
    ),
    FieldDoc::optional("latency", Shape::Dist, "0s", "network time of a message, one way"),
    FieldDoc::optional("request", Shape::Bytes, "1KiB", "size of a request"),
    FieldDoc::optional("response", Shape::Bytes, "1KiB", "size of an answer"),
    FieldDoc::optional("dns", dns::SHAPE, "none", "caches of its name"),
    FieldDoc::optional("tls", tls::SHAPE, "none", "sessions, and the certificate that a new one needs"),
    FieldDoc::optional("breaker", breaker::SHAPE, "none", "fails at once for a while after too many failures"),
    FieldDoc::optional("throttle", throttle::SHAPE, "none", "turns away what would be turned away anyhow"),
    FieldDoc::optional("rate_limit", rate_limit::SHAPE, "none", "how many it may make a second"),
    FieldDoc::optional("limit", limit::SHAPE, "none", "how many may be under way"),
    FieldDoc::optional("pool", pool::SHAPE, "none", "connections that are kept and used again"),
    FieldDoc::optional("connect", Shape::Shared("connect", &connect::TABLE), "no time", "what opening one takes"),
    FieldDoc::optional("bulkhead", bulkhead::SHAPE, "none", "most attempts under way at a time"),
    FieldDoc::optional("hedge", hedge::SHAPE, "none", "a second request when the first takes long"),
    FieldDoc::optional("deadline", deadline::SHAPE, "none", "what the called service is told of the time left"),
    mirror::DOC,
    FieldDoc::optional("write", Shape::Flag, "false", "it changes its key; so does what is called for it"),
    FieldDoc::optional("via", VIA, "none", "shared links that its messages cross, one name or a list"),
    FieldDoc::optional("name", Shape::Name, "from->to", "a name of its own for this edge in `on:` and expectations"),
    FieldDoc::optional("note", Shape::Text, "", "a remark for readers"),
];

pub static TABLE: [FieldDoc; COMMON.len() + 5] = crate::model::joined(
    &COMMON,
    &[
        FieldDoc::optional("miss", miss::SHAPE, "none", "where to go when a cache does not hold the key"),
        FieldDoc::optional("fallback", fallback::SHAPE, "none", "what is served when the call has failed"),
        FieldDoc::optional("eject", eject::SHAPE, "never", "when a replica of a cache is out of the caller's list"),
        FieldDoc::optional("loads", Shape::Flag, "false", "it asks for a page, whose version the caller goes on in"),
        FieldDoc::optional(
            "weight",
            Shape::Number,
            "1",
            "in a `split`: its part of the calls, against the others' weights",
        ),
    ],
);

/// A call inside a list of calls.
pub const CALL_SHAPE: Shape = Shape::OneOf(&[Shape::Name, Shape::Shared("call", &TABLE)]);

/// A call as it was written: the called service is still a name.
#[derive(Clone, Debug)]
pub struct CallDraft {
    pub to: String,
    pub to_place: Place,
    /// Without its ends.
    pub edge: Edge,
    pub own_name: Option<(String, Place)>,
    /// As it was written.
    pub class: Option<(String, Place)>,
    pub miss: Option<Box<MissDraft>>,
    pub miss_place: Place,
    pub eject_place: Place,
    pub fallback: Option<Box<FallbackDraft>>,
    /// Names of shared links.
    pub via: Vec<(String, Place)>,
}

#[derive(Clone, Debug)]
pub struct MissDraft {
    pub call: CallDraft,
    pub fill: Fill,
    pub on_error: bool,
    pub stale: Stale,
}

/// Reads a call: a service's name, or a map.
pub fn read(node: &Node, what: &str, diags: &Diagnostics) -> Option<CallDraft> {
    if let Value::Scalar(..) = node.value {
        let to = values::read_name(node, diags)?;
        return Some(draft(to.to_owned(), node.place));
    }
    let fields = Fields::open(node, what, &TABLE, diags);
    let mut call = read_common(&fields)?;
    if let Some(node) = fields.node("miss") {
        call.miss_place = fields.key_place("miss");
        call.miss = miss::read(node, diags).map(Box::new);
    }
    if let Some(node) = fields.node("eject") {
        call.eject_place = fields.key_place("eject");
        call.edge.eject = eject::read(node, diags);
    }
    call.edge.loads = fields.flag("loads").unwrap_or(false);
    call.fallback = fields.node("fallback").and_then(|node| fallback::read(node, diags)).map(Box::new);
    call.edge.weight = fields.number("weight").unwrap_or(1.0);
    Some(call)
}

const VIA: Shape = Shape::OneOf(&[Shape::Name, Shape::List(&Shape::Name)]);

fn read_via(fields: &Fields) -> Vec<(String, Place)> {
    let Some(node) = fields.node("via") else { return Vec::new() };
    let nodes = match &node.value {
        Value::List(_) => fields.list("via"),
        _ => std::slice::from_ref(node),
    };
    let named = |node: &Node| values::read_name(node, fields.diags()).map(|name| (name.to_owned(), node.place));
    nodes.iter().filter_map(named).collect()
}

/// Reads the fields of [`COMMON`].
pub(super) fn read_common(fields: &Fields) -> Option<CallDraft> {
    let to = fields.text("to")?;
    let mut call = draft(to.to_owned(), fields.place_of("to"));
    let edge = &mut call.edge;
    edge.timeout = positive_span(fields, "timeout");
    edge.wait = positive_span(fields, "wait");
    edge.cancel = fields.choice("on_timeout") == Some("cancel");
    edge.retry = fields.node("retries").and_then(|node| retries::read(node, fields.diags()));
    edge.optional = fields.flag("optional").unwrap_or(false);
    edge.latency = fields.dist("latency").unwrap_or(Dist::Constant(0.0));
    edge.chance = fields.ratio("chance").unwrap_or(1.0);
    edge.pool = fields.node("pool").and_then(|node| pool::read(node, fields.diags()));
    edge.dns = fields.node("dns").and_then(|node| dns::read(node, fields.diags()));
    edge.tls = fields.node("tls").and_then(|node| tls::read(node, fields.diags()));
    edge.guards = super::guards_of_call(fields);
    edge.connect = fields.node("connect").map(|node| connect::read(node, fields.diags()));
    edge.bulkhead = fields.node("bulkhead").and_then(|node| bulkhead::read(node, fields.diags()));
    edge.hedge = fields.node("hedge").and_then(|node| hedge::read(node, fields.diags()));
    edge.deadline = fields.node("deadline").and_then(|node| deadline::read(node, fields.diags()));
    edge.write = fields.flag("write").unwrap_or(false);
    edge.mirror = mirror::read(fields);
    edge.count = read_count(fields);
    edge.request_bytes = fields.bytes("request").unwrap_or(1024);
    edge.response_bytes = fields.bytes("response").unwrap_or(1024);
    call.via = read_via(fields);
    call.own_name = fields.text("name").map(|name| (name.to_owned(), fields.place_of("name")));
    call.class = fields.text("class").map(|class| (class.to_owned(), fields.place_of("class")));
    fields.text("note");
    warn_useless(fields, &call.edge);
    Some(call)
}

fn warn_useless(fields: &Fields, edge: &Edge) {
    let Some(timeout) = edge.timeout else { return };
    if let Some(wait) = edge.wait.filter(|wait| *wait >= timeout) {
        let note = fields.warning("wait", format!("a wait of {wait} is never reached: the timeout is {timeout}"));
        note.help("make `wait` shorter than `timeout`, so that the work itself has time left").code("useless-wait");
    }
    if let Some(After::Delay(delay)) = edge.hedge.as_ref().map(|hedge| hedge.after)
        && delay >= timeout
    {
        let note = fields.warning("hedge", format!("a hedge after {delay} is never sent: the timeout is {timeout}"));
        note.help("hedge well before the timeout").code("useless-hedge");
    }
}

/// Reports those of these keys that are given where they mean nothing.
pub(super) fn forbid(fields: &Fields, names: &[&str], why: &str) {
    for name in names.iter().filter(|name| fields.has(name)) {
        let note = fields.error(name, format!("`{name}` has no meaning here: {why}"));
        note.help("leave it out").code("wrong-value");
    }
}

const COUNT_MAX: u64 = 10_000;

fn read_count(fields: &Fields) -> u32 {
    match fields.count("count") {
        Some(0) => {
            fields.error("count", "a call that is made 0 times is no call").help("leave it out, or use `chance`");
            1
        }
        Some(count) if count > COUNT_MAX => {
            fields.error("count", format!("at most {COUNT_MAX} calls in a row"));
            1
        }
        Some(count) => count as u32,
        None => 1,
    }
}

pub(super) fn positive_span(fields: &Fields, name: &str) -> Option<Span> {
    let span = fields.span(name)?;
    if span == Span::ZERO {
        fields.error(name, format!("a {name} of 0 would fail every call")).help("leave it out for no limit");
        return None;
    }
    Some(span)
}

pub(super) fn draft(to: String, place: Place) -> CallDraft {
    let edge = Edge::plain("", Party::Service(ServiceId(0)), ServiceId(0));
    let (own_name, class, miss, fallback) = (None, None, None, None);
    let via = Vec::new();
    CallDraft { to, to_place: place, edge, own_name, class, miss, miss_place: place, eject_place: place, fallback, via }
}

impl CallDraft {
    /// This call and those it leads to after a miss or a failure.
    pub fn targets(&self) -> Vec<(&str, Place)> {
        let mut all = vec![(self.to.as_str(), self.to_place)];
        all.extend(self.miss.iter().flat_map(|miss| miss.call.targets()));
        if let Some(FallbackDraft::Call(call)) = self.fallback.as_deref() {
            all.extend(call.targets());
        }
        all
    }
}

/// A step of a service's program as it was written.
#[derive(Clone, Debug)]
pub enum StepDraft {
    Work(WorkDraft),
    Call(Box<CallDraft>),
    Parallel(Vec<CallDraft>, Need),
    Split(Vec<CallDraft>),
    Lock(LockDraft),
}
