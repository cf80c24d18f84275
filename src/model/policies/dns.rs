//! The name by which a call finds its service, and the caches that keep it.
//!
//! The callers of an edge have `resolvers` caches among them, each asked for an equal share of the requests and each at a phase of its
//! own, so at a random moment what is left of an answer is uniform between nothing and `ttl`. A request that finds no answer in its
//! cache resolves the name; while the name is broken (fault `unresolved`) that fails with `unresolved`, and the share of callers who
//! fail grows in a straight line to all of them at `ttl`. `negative` keeps the failure too, so that it outlives its cause;
//! `stale: true` uses an old answer when there is no new one (RFC 8767). With `tls` only a new session needs the name.
//!
//! Resolving takes no time of its own. The name is that of the balancer, which never moves (`leads_to: balancer`), or it lists the replicas
//! that are in rotation (`leads_to: replicas`): then a request goes to one of those that its cache has listed, and after a change
//! (`drain`, `scale`, failed checks) callers go on asking those of before until their answer is too old: the share of them falls in a
//! straight line to nothing at `ttl`. A replica that was scaled away meanwhile refuses them. `linger` of the caches keep an answer for
//! `linger_for` instead, as some runtimes do. A list of nobody is kept as well, and its requests fail with `unavailable`.
//!
//! ```yaml
//! name: dns-example
//! length: 120s
//! warmup: 10s
//! clients:
//!   users: {calls: {to: api, timeout: 1s, dns: {ttl: 60s, resolvers: 200}}, rate: 100/s}
//! services:
//!   api: {work: exp(5ms)}
//! faults:
//!   gone: {kind: unresolved, on: users->api, at: 20s, for: 70s}
//! expect:
//!   - errors(users, kind=unresolved) <= 30% between 20s and 30s
//!   - errors(users, kind=unresolved) >= 98% between 85s and 90s
//!   - success(users) >= 100% between 90s and 120s
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::Dns;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "dns", page: include_str!("dns.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::Shared("dns", &TABLE);

static TABLE: [FieldDoc; 7] = [
    FieldDoc::required("ttl", Shape::Span, "how long an answer is kept"),
    FieldDoc::optional("resolvers", Shape::Count, "100", "caches among the callers"),
    FieldDoc::optional("stale", Shape::Flag, "false", "an old answer is used when there is no new one"),
    FieldDoc::optional("negative", Shape::Span, "0s", "how long a failure to resolve is kept"),
    FieldDoc::optional(
        "leads_to",
        Shape::Choice(&["balancer", "replicas"]),
        "balancer",
        "whether an answer lists the replicas in rotation",
    ),
    FieldDoc::optional("linger", Shape::Ratio, "0%", "share of the caches that keep an answer for `linger_for`"),
    FieldDoc::optional("linger_for", Shape::Span, "none", "how long these keep it"),
];

const RESOLVERS_MAX: u64 = 1_000_000;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Dns> {
    let fields = Fields::open(node, "`dns`", &TABLE, diags);
    let ttl = fields.span("ttl")?;
    if ttl == Span::ZERO {
        let note = fields.error("ttl", "an answer that may not be kept is no cache");
        note.help("leave `dns` out: then every request resolves the name").code("wrong-value");
        return None;
    }
    let resolvers = fields.count("resolvers").unwrap_or(100);
    if resolvers == 0 || resolvers > RESOLVERS_MAX {
        fields.error("resolvers", format!("must be 1 to {RESOLVERS_MAX}")).code("wrong-value");
        return None;
    }
    let stale = fields.flag("stale").unwrap_or(false);
    let negative = fields.span("negative").unwrap_or(Span::ZERO);
    let lists = fields.choice("leads_to") == Some("replicas");
    let linger = match (fields.ratio("linger"), fields.span("linger_for")) {
        (Some(share), Some(lasts)) => Some((share, lasts)),
        (None, None) => None,
        (share, _) => {
            let name = if share.is_some() { "linger" } else { "linger_for" };
            fields.error(name, "`linger` and `linger_for` go together").code("missing-key");
            None
        }
    };
    Some(Dns { ttl, resolvers: resolvers as u32, stale, negative, broken: false, lists, linger, emptied: 0 })
}
