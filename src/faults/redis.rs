//! Redis commands that match are late, or answered with an error that the server did not give.
//!
//! `commands` (none: all) and `key` (`*` for any text, `?` for one byte; the first key of a command) say which, and of these `share`, `first`
//! and `every`, counted over the edge. `error` is `LOADING`, `READONLY` or `OOM`, with the words that a server uses, or a text of your own;
//! a command that is answered so never reaches the server. `delay` makes it late; on one connection those behind it wait too, as Redis
//! answers in order: that is what a slow key does. Between MULTI and EXEC nothing is answered, because the server would go on without it.
//!
//! - **Simulated world**: a call to a `cache` is a GET of `firedrill:key:N` (a SET where it writes), other calls match every command. LOADING
//!   is `unavailable`, READONLY `read-only`, OOM `no-space`, anything else `error`.
//! - **Live world**: the fault proxy on the edge reads the commands and does it; others pass unchanged. A connection that subscribes,
//!   monitors or replicates is left alone from then on. No privilege is needed. Needs a real service of `protocol: redis`.
//! - **Undo**: commands pass; what is held goes on at once.
//! - **Evidence**: requests delayed, requests answered by the fault.
//!
//! ```yaml
//! name: redis-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: cache, timeout: 1s}, rate: 100/s, keys: {count: 200}}
//! services:
//!   cache: {kind: cache, entries: 200, work: 200us}
//! faults:
//!   restarted: {kind: redis, on: users->cache, error: LOADING, at: 10s, for: 5s}
//!   slow-keys: {kind: redis, on: users->cache, key: "firedrill:key:1*", delay: 30ms, at: 20s, for: 5s}
//! expect:
//!   - errors(users, kind=unavailable) >= 99% during restarted
//!   - p90(users) >= 30ms during slow-keys
//!   - success(users) >= 100% during slow-keys
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which, words};
use crate::plan::spoil::{Answer, Does, Wanted};
use crate::scenario::{FieldDoc, Fields, Shape, values};

pub const KIND: FaultKind = FaultKind {
    name: "redis",
    page: include_str!("redis.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("commands", Shape::List(&Shape::Text), "all", "such as `[GET, MGET]`"),
    FieldDoc::optional("key", Shape::Text, "any", "the first key of the command, such as `user:*`"),
    which::SHARE,
    which::FIRST,
    which::EVERY,
    FieldDoc::optional(
        "error",
        Shape::Text,
        "none",
        "`LOADING`, `READONLY`, `OOM`, or the text of another error reply",
    ),
    FieldDoc::optional("delay", Shape::Dist, "none", "how late the command is"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let command = |node| values::read_text(node, fields.diags()).map(str::to_ascii_uppercase);
    let commands = fields.list("commands").iter().map(command).collect::<Option<Vec<_>>>()?;
    let late = which::dist(fields, "delay");
    let does = match (fields.text("error"), fields.has("delay")) {
        (Some(text), _) => Does::Answer(Answer::Redis { error: error(fields, text)? }),
        (None, true) => Does::Hold,
        (None, false) => {
            let note = fields.diags().error(fields.place(), "it matches commands and does nothing to them");
            note.help("add `error` or `delay`").code("missing-key");
            return None;
        }
    };
    if fields.has("delay") && late.is_none() {
        return None;
    }
    which::lower(fields, site, label(fields), Wanted::Redis { commands, key: which::glob(fields, "key") }, does, late)
}

/// The words of src/server.c and src/evict.c of Redis 7 for the errors that have a short name here.
fn error(fields: &Fields, text: &str) -> Option<String> {
    let words = match text {
        "LOADING" => "LOADING Redis is loading the dataset in memory",
        "READONLY" => "READONLY You can't write against a read only replica.",
        "OOM" => "OOM command not allowed when used memory > 'maxmemory'.",
        _ if text.trim().is_empty() || text.contains(['\r', '\n']) => {
            fields.error("error", "an error reply is one line of text").code("wrong-value");
            return None;
        }
        other => other,
    };
    Some(words.to_owned())
}

fn label(fields: &Fields) -> String {
    let commands: Vec<&str> =
        fields.list("commands").iter().filter_map(|node| values::read_text(node, fields.diags())).collect();
    let said = |name: &str, what: &str| fields.has(name).then(|| format!("{what}{}", words(fields, name, "")));
    let parts = [
        (!commands.is_empty()).then(|| commands.join(" ")),
        said("key", "key "),
        said("delay", "delay "),
        said("error", "error "),
    ];
    format!("redis {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
