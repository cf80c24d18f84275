//! What the replicas of a service make of requests from another version than their own.
//!
//! Replicas get versions by a `deploy`: what runs at the start is version 0. A request is of a version when a page made it: the first
//! request of a client with `pages`, or a call with `loads: true`, is answered in the version of the replica that serves it, and
//! whoever asked goes on in that version. A page of an older version than the replica asks for what is no longer there, one of a newer
//! version for what is not there yet; either fails with `mismatch`. `keep: N` keeps what N versions before it needed, `against` says
//! which of the two fail at all, and `fails` how many of those. Requests that no page made go with every version.
//!
//! While a share p of the replicas is new, a page and one more request that land on replicas at random do not go together with
//! probability 2p(1-p), half of that each way. Old pages that stay open go on asking after the deploy: `keep`, or the client's ages, end that.
//! Versions are counted by each service for itself.
//!
//! ```yaml
//! name: versions-example
//! length: 160s
//! window: 10s
//! clients:
//!   users: {calls: browser, rate: 200/s}
//! services:
//!   browser: {calls: [{to: web, loads: true}, {to: web, name: asset}]}
//!   web: {replicas: 10, balance: random, work: 1ms, versions: {keep: 1}}
//! controls:
//!   rollout: {kind: deploy, on: web, at: 30s, every: 10s}
//! expect:
//!   - errors(users, kind=mismatch) <= 0% between 0s and 30s
//!   - errors(users, kind=mismatch) >= 20% between 70s and 80s
//!   - errors(users, kind=mismatch) <= 30% between 70s and 80s
//!   - success(users) >= 100% between 120s and 160s
//! ```

use crate::model::Page;
use crate::plan::Skew;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "versions", page: include_str!("versions.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("versions", &TABLE);

static TABLE: [FieldDoc; 3] = [
    FieldDoc::optional("keep", Shape::Count, "0", "versions before its own that a replica still serves"),
    FieldDoc::optional(
        "against",
        Shape::Choice(&["both", "older", "newer"]),
        "both",
        "pages of which versions, seen from the replica, it fails",
    ),
    FieldDoc::optional("fails", Shape::Ratio, "100%", "the share of such requests that fail"),
];

const KEEP_MAX: u64 = 60_000;

pub fn read(node: &Node, diags: &Diagnostics) -> Skew {
    let fields = Fields::open(node, "`versions`", &TABLE, diags);
    let keep = fields.count("keep").unwrap_or(0);
    if keep > KEEP_MAX {
        fields.error("keep", format!("at most {KEEP_MAX} versions")).code("wrong-value");
    }
    let (older, newer) = match fields.choice("against") {
        Some("older") => (true, false),
        Some("newer") => (false, true),
        _ => (true, true),
    };
    Skew { keep: keep.min(KEEP_MAX) as u16, older, newer, fails: fields.ratio("fails").unwrap_or(1.0) }
}
