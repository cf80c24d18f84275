//! HTTP requests that match are late, answered with a status, reset; or their answers are late, cut short, replaced, changed.
//!
//! Which requests: `method`, `path` (`*` stands for any text, `?` for one byte; without the query if the pattern has no `?`), `header` (`Name`, or
//! `Name: value` with the same wildcards); and of these `share`, `first`, `every`, counted over the edge. What becomes of them is one of
//! two sorts. At the request: `delay` and then, if asked for, `status` (with `body`; the server never sees the request), `reset`, or
//! `set` and `remove` with `side: request`. At the answer: `first_byte` (it begins late), `truncate` (the connection closes after so many
//! bytes of the body, whatever length was promised), `body` without `status` (replaced), `set` and `remove` (headers). One fault does
//! one sort; two faults do both. Requests in HTTP/1.1 and 1.0; one of HTTP/2, TLS or an upgraded connection passes and is not touched.
//!
//! - **Simulated world**: a client's `send` says method and path (calls between services are `GET /`); a header is taken to be there. A status
//!   is the outcome that callers make of it (503 `rejected`, 429 `throttled`, 507 `no-space`, 504 `timeout`, other 5xx `error`, below 500 fine);
//!   an answer that is cut short is a `reset`. Replaced bodies and headers change nothing but the evidence.
//! - **Live world**: the fault proxy on the edge reads the messages and does it; bytes of others pass unchanged. No privilege is needed.
//! - **Undo**: messages pass as they are; what is held is delivered at once.
//! - **Evidence**: requests delayed, answered by the fault, reset, changed; answers delayed, cut short, replaced, changed.
//!
//! ```yaml
//! name: http-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 40/s, send: {path: "/item/{key}"}, keys: {count: 100}}
//! services:
//!   web: {work: exp(5ms)}
//! faults:
//!   brownout: {kind: http, on: users->web, path: "/item/*", every: 2, delay: 50ms, status: 503, at: 10s, for: 10s}
//! expect:
//!   - errors(users, kind=rejected) >= 45% during brownout
//!   - errors(users, kind=rejected) <= 55% during brownout
//!   - success(users) >= 100% after brownout
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which, words};
use crate::plan::spoil::{Answer, Does, Glob, Header, Wanted};
use crate::scenario::{FieldDoc, Fields, Shape, values};

pub const KIND: FaultKind = FaultKind {
    name: "http",
    page: include_str!("http.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("method", Shape::Text, "any", "such as `POST`"),
    FieldDoc::optional("path", Shape::Text, "any", "such as `/cart/*`"),
    FieldDoc::optional("header", Shape::Text, "any", "such as `X-Tenant: blue*`, or `X-Tenant` for any value"),
    which::SHARE,
    which::FIRST,
    which::EVERY,
    FieldDoc::optional(
        "delay",
        Shape::Dist,
        "none",
        "how late the request reaches the server, or is answered by the fault",
    ),
    FieldDoc::optional("status", Shape::Count, "none", "answered with this status, 200 to 599, instead of the server"),
    FieldDoc::optional(
        "body",
        Shape::Text,
        "none",
        "the body of that answer; without `status`, the server's answer gets this body",
    ),
    FieldDoc::optional("reset", Shape::Flag, "false", "the connection of the request is reset"),
    FieldDoc::optional("first_byte", Shape::Dist, "none", "how late the answer begins"),
    FieldDoc::optional(
        "truncate",
        Shape::Bytes,
        "none",
        "the connection closes after so many bytes of the answer's body",
    ),
    FieldDoc::optional("set", Shape::MapOf(&Shape::Text), "none", "headers that are set"),
    FieldDoc::optional("remove", Shape::List(&Shape::Text), "none", "headers that are taken away"),
    FieldDoc::optional(
        "side",
        Shape::Choice(&["answer", "request"]),
        "answer",
        "whose headers `set` and `remove` change",
    ),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let of = wanted(fields)?;
    let does = deed(fields)?;
    let name = if does.on_answers() { "first_byte" } else { "delay" };
    let other = if does.on_answers() { "delay" } else { "first_byte" };
    if fields.has(other) {
        let note = fields.error(other, "one fault acts on requests or on answers, and this one would do both");
        note.help("make it two faults").code("wrong-value");
        return None;
    }
    let late = which::dist(fields, name);
    if fields.has(name) && late.is_none() {
        return None;
    }
    which::lower(fields, site, label(fields), of, does, late)
}

fn wanted(fields: &Fields) -> Option<Wanted> {
    let header = match fields.text("header") {
        None => None,
        Some(text) => {
            let (name, value) = text.split_once(':').unwrap_or((text, "*"));
            check_header(fields, "header", name, value)?;
            Some((name.trim().to_owned(), Glob(value.trim().to_owned())))
        }
    };
    let path = which::glob(fields, "path");
    if path.as_ref().is_some_and(|path| !path.0.starts_with(['/', '*', '?'])) {
        fields.error("path", "a path begins with `/`").help("such as `/cart/*`").code("wrong-value");
        return None;
    }
    let method = fields.text("method").map(str::to_owned);
    Some(Wanted::Http { method, path, header })
}

fn deed(fields: &Fields) -> Option<Does> {
    let headers = headers(fields)?;
    let changes = !headers.is_empty();
    let asks = changes && fields.choice("side") == Some("request");
    let body = fields.text("body").map(str::to_owned);
    let mut found = Vec::new();
    if fields.has("status") {
        found.push(Does::Answer(Answer::Http { status: status(fields)?, body: body.unwrap_or_default() }));
    } else if let Some(body) = body {
        found.push(Does::Replace { body });
    }
    if fields.flag("reset") == Some(true) {
        found.push(Does::Reset);
    }
    if fields.has("truncate") {
        found.push(Does::CutShort { bytes: fields.bytes("truncate")? });
    }
    if changes {
        found.push(if asks { Does::AskWith(headers) } else { Does::AnswerWith(headers) });
    }
    let lates = [("delay", Does::Hold), ("first_byte", Does::HoldAnswer)];
    match (found.len(), lates.into_iter().find(|(name, _)| fields.has(name))) {
        (0, Some((_, does))) => Some(does),
        (1, _) => found.pop(),
        (0, None) => {
            let note = fields.diags().error(fields.place(), "it matches requests and does nothing to them");
            note.help("add `delay`, `status`, `reset`, `first_byte`, `truncate`, `body`, `set` or `remove`")
                .code("missing-key");
            None
        }
        _ => {
            let note =
                fields.diags().error(fields.place(), "one fault does one thing to a message, beside its being late");
            note.help("make it several faults").code("wrong-value");
            None
        }
    }
}

fn status(fields: &Fields) -> Option<u16> {
    let status = fields.count("status")?;
    if !(200..=599).contains(&status) || matches!(status, 204 | 304) && fields.has("body") {
        fields.error("status", "a status is 200 to 599, and 204 and 304 have no body").code("wrong-value");
        return None;
    }
    u16::try_from(status).ok()
}

fn headers(fields: &Fields) -> Option<Vec<Header>> {
    let mut headers = Vec::new();
    for entry in fields.entries("set") {
        let value = values::read_text(&entry.value, fields.diags())?;
        check_header(fields, "set", &entry.key, value)?;
        headers.push(Header { name: entry.key.clone(), value: Some(value.to_owned()) });
    }
    for node in fields.list("remove") {
        let name = values::read_text(node, fields.diags())?;
        check_header(fields, "remove", name, "")?;
        headers.push(Header { name: name.to_owned(), value: None });
    }
    let framing = |header: &&Header| {
        let name = header.name.to_ascii_lowercase();
        matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection" | "upgrade")
    };
    if headers.iter().find(framing).is_some() {
        let note = fields.diags().error(fields.place(), "headers that say where a message ends cannot be changed");
        note.help("`truncate` cuts a body short").code("wrong-value");
        return None;
    }
    Some(headers)
}

/// A name is a token and a value has no line end (RFC 9110, sections 5.1 and 5.5).
fn check_header(fields: &Fields, at: &str, name: &str, value: &str) -> Option<()> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let name = name.trim();
    if name.is_empty() || !name.bytes().all(is_token) || value.bytes().any(|byte| byte.is_ascii_control()) {
        fields
            .error(at, format!("`{name}` with this value is no header"))
            .help("such as `X-Tenant: blue`")
            .code("wrong-value");
        return None;
    }
    Some(())
}

fn label(fields: &Fields) -> String {
    let said = |name: &str, what: &str| fields.has(name).then(|| format!("{what}{}", words(fields, name, "")));
    let of = [said("method", ""), said("path", ""), said("header", "with ")];
    let does = [
        said("delay", "delay "),
        said("status", "status "),
        fields.has("reset").then(|| "reset".to_owned()),
        said("first_byte", "first byte after "),
        said("truncate", "cut after "),
        (fields.has("body") && !fields.has("status")).then(|| "another body".to_owned()),
        (fields.has("set") || fields.has("remove")).then(|| "other headers".to_owned()),
    ];
    let join = |parts: Vec<String>, between: &str| parts.join(between);
    let of = join(of.into_iter().flatten().collect(), " ");
    let does = join(does.into_iter().flatten().collect(), ", ");
    if of.is_empty() { format!("http {does}") } else { format!("http {of}: {does}") }
}
