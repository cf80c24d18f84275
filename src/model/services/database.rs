//! A replicated database: its replicas are copies of the same data, one of which leads.
//!
//! Writes (calls with `write: true`) go to the leader, are sent to the other copies, and are acknowledged
//! by `replication`: `async` at once (what a crash then loses is counted by `lost`), `semi-sync` when one other copy has received them,
//! `sync` when all have, or a number of copies. `ack_wait` bounds that wait: `acknowledge` all the same, as MySQL does, or `fail`.
//! A copy is behind by `lag` and applies at most `apply` writes per second, so a read from it may be old (`stale`, `lag`). `reads` go to
//! the `leader`, `any` copy, `followers`, or a number of copies of which the newest counts; `own_reads` sends reads of keys that were
//! written so recently to the leader. With `writes_to: any` every copy takes writes (Dynamo's way): R + W > N reads nothing old.
//!
//! `failover` chooses another leader when the old one was silent for `lease`, which takes `election` more. Without `majority` one copy
//! of two can choose itself, and two halves of a partition can each have a leader. With `fencing` (the default) a
//! leader that is cut off stops when its lease is over, and one that was deposed is refused; without it both lead, `stray` of the writers
//! still find the old one, and what it acknowledged is lost when they meet. `fencing: lease` trusts the old leader's own clock to
//! stop in time, which is as safe as clocks agree (`clock-skew`). `restore` says how a copy that crashed comes back: it loads a backup and plays back the log.
//!
//! ```yaml
//! name: database-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   readers: {calls: {to: db, timeout: 1s}, rate: 160/s, keys: {count: 1000, skew: 1}}
//!   writers: {calls: {to: db, timeout: 1s, write: true}, rate: 40/s, keys: {count: 1000, skew: 1}}
//! services:
//!   db:
//!     kind: database
//!     replicas: 3
//!     workers: 10
//!     work: exp(5ms)
//!     replication: semi-sync
//!     lag: exp(10ms)
//!     reads: followers
//!     failover: {lease: 5s, election: 2s}
//! faults:
//!   crash: {kind: down, on: db, replicas: 1, at: 20s, for: 20s}
//! expect:
//!   - lost(db) == 0
//!   - elections(db) == 1
//!   - stale(db) <= 5%
//!   - success(writers) >= 99% between 28s and 60s
//! ```

use super::{ServiceKind, Surroundings};
use crate::base::{Dist, Span};
use crate::plan::Role;
use crate::plan::database::{AckWait, DatabaseSpec, Failover, Fencing, Reads, Restore, Writes};
use crate::scenario::{FieldDoc, Fields, Node, Shape, Value, values};

pub const KIND: ServiceKind = ServiceKind { name: "database", page: include_str!("database.rs"), fields: FIELDS, role };

const REPLICATION: &[&str] = &["async", "semi-sync", "sync"];
const READS: &[&str] = &["leader", "any", "followers"];

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional(
        "keys",
        Shape::Count,
        "the largest `keys.count` of the clients, or 1",
        "how many keys there are",
    ),
    FieldDoc::optional("writes_to", Shape::Choice(&["leader", "any"]), "leader", "which copies take writes"),
    FieldDoc::optional(
        "replication",
        Shape::OneOf(&[Shape::Choice(REPLICATION), Shape::Count]),
        "async",
        "how many other copies must have received a write before it is acknowledged",
    ),
    FieldDoc::optional("ack_wait", Shape::Shared("ack_wait", &ACK_WAIT), "for ever", "how long a write waits for them"),
    FieldDoc::optional("lag", Shape::Dist, "1ms", "one-way time from one copy to another"),
    FieldDoc::optional("apply", Shape::Rate, "unlimited", "writes that a copy applies per second"),
    FieldDoc::optional("reads", Shape::OneOf(&[Shape::Choice(READS), Shape::Count]), "leader", "where reads go"),
    FieldDoc::optional("own_reads", Shape::Span, "none", "keys written so recently are read from the leader"),
    FieldDoc::optional("failover", Shape::Shared("failover", &FAILOVER), "none", "how another leader is chosen"),
    FieldDoc::optional("restore", Shape::Shared("restore", &RESTORE), "at once", "how a copy that crashed comes back"),
];

static ACK_WAIT: [FieldDoc; 2] = [
    FieldDoc::required("longest", Shape::Span, "the longest wait"),
    FieldDoc::optional("then", Shape::Choice(&["fail", "acknowledge"]), "fail", "what happens after it"),
];

static FAILOVER: [FieldDoc; 5] = [
    FieldDoc::optional("lease", Shape::Span, "10s", "silence after which the leader is taken for dead"),
    FieldDoc::optional("election", Shape::Span, "1s", "how long the choice of another one takes after that"),
    FieldDoc::optional("majority", Shape::Flag, "true", "whether only more than half of the copies can choose one"),
    FieldDoc::optional(
        "fencing",
        Shape::OneOf(&[Shape::Flag, Shape::Choice(&["lease"])]),
        "true",
        "whether a leader that was deposed is refused; `lease`: only its own clock stops it",
    ),
    FieldDoc::optional(
        "stray",
        Shape::Ratio,
        "0%",
        "writers that still find a leader that was deposed and not refused",
    ),
];

static RESTORE: [FieldDoc; 3] = [
    FieldDoc::optional("load", Shape::Span, "0s", "time to load the backup"),
    FieldDoc::optional("behind", Shape::Count, "0", "writes in the log since the backup, at the start of the run"),
    FieldDoc::required("replay", Shape::Rate, "writes played back per second"),
];

fn role(fields: &Fields, around: &Surroundings) -> Option<Role> {
    let copies = fields.count("replicas").unwrap_or(1).clamp(1, 100_000) as u32;
    let ack_wait = fields.node("ack_wait").and_then(|node| read_ack_wait(fields, node));
    let failover = fields.node("failover").map(|node| read_failover(fields, node));
    if failover.is_some() && copies == 1 {
        let note = fields.error("failover", "a database of one copy has nobody else to lead it");
        note.help("give it `replicas: 3`").code("wrong-value");
    }
    Some(Role::Database(DatabaseSpec {
        keys: fields.count("keys").unwrap_or(u64::from(around.keys.unwrap_or(1))).clamp(1, u64::from(u32::MAX)) as u32,
        writes: if fields.choice("writes_to") == Some("any") { Writes::Anywhere } else { Writes::Leader },
        acks: read_acks(fields, copies),
        ack_wait,
        lag: fields.dist("lag").unwrap_or(Dist::Constant(0.001)),
        apply_per_sec: fields.rate("apply").filter(|rate| *rate > 0.0),
        reads: read_reads(fields, copies),
        own_reads: fields.span("own_reads"),
        failover,
        restore: fields.node("restore").and_then(|node| read_restore(fields, node)),
    }))
}

fn read_acks(fields: &Fields, copies: u32) -> u32 {
    match word_or_count(fields, "replication", REPLICATION) {
        Some(Ok("semi-sync")) => 1.min(copies - 1),
        Some(Ok("sync")) => copies - 1,
        Some(Err(count)) if count >= u64::from(copies) => {
            let note = fields.error("replication", format!("{count} other copies of {copies} in all"));
            note.help(format!("at most {}", copies - 1)).code("wrong-value");
            0
        }
        Some(Err(count)) => count as u32,
        _ => 0,
    }
}

fn read_reads(fields: &Fields, copies: u32) -> Reads {
    match word_or_count(fields, "reads", READS) {
        Some(Ok("any")) => Reads::Any,
        Some(Ok("followers")) => Reads::Followers,
        Some(Err(count)) if count == 0 || count > u64::from(copies) => {
            fields.error("reads", format!("a read of {count} copies of {copies}")).code("wrong-value");
            Reads::Any
        }
        Some(Err(count)) => Reads::Quorum(count as u32),
        _ if fields.choice("writes_to") == Some("any") => Reads::Any,
        _ => Reads::Leader,
    }
}

/// One of the words, or a number.
fn word_or_count<'a>(fields: &Fields<'a>, name: &str, words: &'static [&'static str]) -> Option<Result<&'a str, u64>> {
    let node = fields.node(name)?;
    let is_number = matches!(&node.value, Value::Scalar(text, _) if text.starts_with(|c: char| c.is_ascii_digit()));
    match is_number {
        true => values::read_count(node, fields.diags()).map(Err),
        false => values::read_choice(node, words, fields.diags()).map(Ok),
    }
}

fn read_ack_wait(fields: &Fields, node: &Node) -> Option<AckWait> {
    let own = Fields::open(node, "`ack_wait`", &ACK_WAIT, fields.diags());
    Some(AckWait { longest: own.span("longest")?, degrade: own.choice("then") == Some("acknowledge") })
}

fn read_failover(fields: &Fields, node: &Node) -> Failover {
    let own = Fields::open(node, "`failover`", &FAILOVER, fields.diags());
    let word = own.node("fencing").and_then(Node::scalar);
    let fencing = match word {
        Some("lease") => Fencing::Lease,
        _ if own.flag("fencing") == Some(false) => Fencing::None,
        _ => Fencing::Token,
    };
    let stray = own.ratio("stray").unwrap_or(0.0);
    if fencing == Fencing::Token && stray > 0.0 {
        let note = own.error("stray", "with fencing nobody is served by the old leader");
        note.help("`stray` goes with `fencing: false` or `lease`").code("wrong-value");
    }
    Failover {
        lease: own.span("lease").unwrap_or(Span::from_secs(10)),
        election: own.span("election").unwrap_or(Span::from_secs(1)),
        majority: own.flag("majority").unwrap_or(true),
        fencing,
        stray,
    }
}

fn read_restore(fields: &Fields, node: &Node) -> Option<Restore> {
    let own = Fields::open(node, "`restore`", &RESTORE, fields.diags());
    let replay_per_sec = own.rate("replay")?;
    if replay_per_sec <= 0.0 {
        own.error("replay", "a log that is not played back never ends").code("wrong-value");
        return None;
    }
    let load = own.span("load").unwrap_or(Span::ZERO);
    Some(Restore { load, behind: own.count("behind").unwrap_or(0), replay_per_sec })
}
