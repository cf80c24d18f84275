//! Questions to a DNS server are late, dropped, or answered with NXDOMAIN or SERVFAIL.
//!
//! `name` (`*` for any text, `?` for one byte; capitals do not matter, no dot at the end) says which questions, and of these `share`, `first` and
//! `every`, counted over the edge. `answer` is `nxdomain` (there is no such name), `servfail` (the server could not find out) or `drop`
//! (nothing comes back, and the caller's timeout decides). `delay` makes the question late.
//!
//! - **Simulated world**: every request of the call is a question that matches. NXDOMAIN is `unresolved`, SERVFAIL `error`; a call whose question
//!   is dropped ends by its `timeout`.
//! - **Live world**: a proxy for datagrams on the edge reads the questions (RFC 1035) and does it; others pass unchanged. No privilege is
//!   needed. Needs a real service of `protocol: dns`.
//! - **Undo**: questions pass; what is held goes on when its time has come.
//! - **Evidence**: requests delayed, requests dropped, requests answered by the fault.
//!
//! ```yaml
//! name: dns-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   app: {calls: {to: resolver, timeout: 300ms}, rate: 40/s}
//! services:
//!   resolver: {work: 1ms}
//! faults:
//!   gone: {kind: dns, on: app->resolver, answer: nxdomain, at: 8s, for: 5s}
//!   silent: {kind: dns, on: app->resolver, answer: drop, every: 4, at: 18s, for: 8s}
//! expect:
//!   - errors(app, kind=unresolved) >= 99% during gone
//!   - errors(app, kind=timeout) >= 20% during silent
//!   - errors(app, kind=timeout) <= 30% during silent
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, which, words};
use crate::plan::spoil::{Answer, Does, Rcode, Wanted};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "dns",
    page: include_str!("dns.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("name", Shape::Text, "any", "the name that is asked for, such as `*.internal`"),
    which::SHARE,
    which::FIRST,
    which::EVERY,
    FieldDoc::optional("answer", Shape::Choice(&["nxdomain", "servfail", "drop"]), "none", "what comes back"),
    FieldDoc::optional("delay", Shape::Dist, "none", "how late the question is"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let late = which::dist(fields, "delay");
    let does = match (fields.choice("answer"), fields.has("delay")) {
        (Some("nxdomain"), _) => Does::Answer(Answer::Dns(Rcode::NxDomain)),
        (Some("servfail"), _) => Does::Answer(Answer::Dns(Rcode::ServFail)),
        (Some(_), _) => Does::Drop,
        (None, true) => Does::Hold,
        (None, false) => {
            let note = fields.diags().error(fields.place(), "it matches questions and does nothing to them");
            note.help("add `answer` or `delay`").code("missing-key");
            return None;
        }
    };
    if fields.has("delay") && late.is_none() {
        return None;
    }
    which::lower(fields, site, label(fields), Wanted::Dns { name: which::glob(fields, "name") }, does, late)
}

fn label(fields: &Fields) -> String {
    let said = |name: &str, what: &str| fields.has(name).then(|| format!("{what}{}", words(fields, name, "")));
    let parts = [said("name", ""), said("delay", "delay "), said("answer", "")];
    format!("dns {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
