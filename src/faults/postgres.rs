//! PostgreSQL answers with an error that it did not have: disk full, too many connections, starting up; or its statements are late.
//!
//! `sqlstate` is any five characters of the documentation's appendix A, such as 53100 (disk full), 53300 (too many connections) or 57P03 (the
//! server is starting up). 53300, 57P03 and others of start-up come when a session opens (`at_connect: true`), others at a statement;
//! `at_connect` says otherwise. `statement` picks statements by their text (`*` for any text, `?` for one byte; capitals do not matter),
//! prepared ones by the text they were prepared with. `share`, `first` and `every` count over the edge. Sessions that are open are not
//! touched by what happens at the start of one.
//!
//! - **Simulated world**: a statement is a request; 53100 is `no-space`, 53300 `rejected`, 57P03 `unavailable`, 25006 `read-only`, others
//!   `error`. What comes when a session opens hits new connections if the call has a `connect`, else each request.
//! - **Live world**: the fault proxy on the edge reads the messages. In the place of a statement that is hit the server gets one that
//!   cannot be parsed, so that a transaction fails on both sides, and the error that it answers becomes the one asked for; its log shows
//!   the syntax error. A session over TLS passes and is not touched. No privilege is needed.
//! - **Undo**: statements pass; what is held goes on at once.
//! - **Evidence**: requests answered by the fault, requests delayed.
//!
//! ```yaml
//! name: postgres-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: db, timeout: 1s}, rate: 40/s}
//! services:
//!   db: {workers: 8, work: exp(5ms)}
//! faults:
//!   full: {kind: postgres, on: users->db, sqlstate: "53100", share: 50%, at: 10s, for: 10s}
//! expect:
//!   - errors(users, kind=no-space) >= 40% during full
//!   - errors(users, kind=no-space) <= 60% during full
//!   - success(users) >= 100% after full
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which, words};
use crate::plan::spoil::{Answer, Does, Wanted};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "postgres",
    page: include_str!("postgres.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("sqlstate", Shape::Text, "none", "the error, such as `\"53100\"`"),
    FieldDoc::optional("message", Shape::Text, "by sqlstate", "the text of the error"),
    FieldDoc::optional(
        "at_connect",
        Shape::Flag,
        "by sqlstate",
        "it comes when a session opens, and not at a statement",
    ),
    FieldDoc::optional("statement", Shape::Text, "any", "which statements, such as `insert into orders*`"),
    which::SHARE,
    which::FIRST,
    which::EVERY,
    FieldDoc::optional("delay", Shape::Dist, "none", "how late the statement, or the opening of the session, is"),
];

/// The server's own words (src/backend of PostgreSQL 15), and whether it says them when a session opens.
const KNOWN: [(&str, &str, bool); 7] = [
    ("53100", "could not extend file: No space left on device", false),
    ("53200", "out of memory", false),
    ("53300", "sorry, too many clients already", true),
    ("57P03", "the database system is starting up", true),
    ("57P01", "terminating connection due to administrator command", false),
    ("25006", "cannot execute statement in a read-only transaction", false),
    ("40001", "could not serialize access due to concurrent update", false),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let state = fields.text("sqlstate");
    if state
        .is_some_and(|state| state.len() != 5 || !state.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()))
    {
        let note = fields.error("sqlstate", "an SQLSTATE is five digits or capitals");
        note.help("such as `\"53100\"`, in quotes").code("wrong-value");
        return None;
    }
    let known = KNOWN.iter().find(|(known, ..)| Some(*known) == state);
    let at_connect = fields.flag("at_connect").unwrap_or(known.is_some_and(|(_, _, start)| *start));
    if at_connect && fields.has("statement") {
        fields
            .error("statement", "a session opens without a statement")
            .help("`at_connect: false`")
            .code("wrong-value");
        return None;
    }
    let does = match (state, fields.has("delay")) {
        (Some(state), _) => {
            let message = fields.text("message").or(known.map(|(_, words, _)| *words));
            let message = message.unwrap_or("this error was made by a fault").to_owned();
            Does::Answer(Answer::Postgres { state: state.to_owned(), message })
        }
        (None, true) => Does::Hold,
        (None, false) => {
            let note = fields.diags().error(fields.place(), "it does nothing");
            note.help("add `sqlstate` or `delay`").code("missing-key");
            return None;
        }
    };
    let late = which::dist(fields, "delay");
    if fields.has("delay") && late.is_none() {
        return None;
    }
    let of = match at_connect {
        true => Wanted::PostgresStart,
        false => Wanted::Postgres { statement: which::glob(fields, "statement") },
    };
    which::lower(fields, site, label(fields, at_connect), of, does, late)
}

fn label(fields: &Fields, at_connect: bool) -> String {
    let said = |name: &str, what: &str| fields.has(name).then(|| format!("{what}{}", words(fields, name, "")));
    let parts = [
        said("statement", ""),
        said("delay", "delay "),
        said("sqlstate", "error "),
        at_connect.then(|| "on new sessions".to_owned()),
    ];
    format!("postgres {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
