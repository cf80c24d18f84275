//! An interval fleet: agents that each do a run, wait for their next turn, and do a run again, for ever.
//!
//! Agents that start together stay together: a fleet whose agents were all restarted within a minute asks for everything in one minute
//! of every interval, and its mean rate says nothing about that. `splay` puts off each agent's start by a draw from 0 to `splay`; with
//! `splay` equal to `interval` the load is even. All agents start within `start`, by default within one interval, as a fleet that grew
//! over time; `wake` faults start them again. The interval counts from the end of a run (as timers of agents do) or from its start (as
//! a clock does: turns that a long run misses are left out). A run that failed waits for the next turn, unless `rerun` says otherwise:
//! `{after: "uniform(0s, 30m)"}` is a server's Retry-After after a rejection.
//!
//! ```yaml
//! name: fleet-example
//! length: 300s
//! window: 1s
//! clients:
//!   agents:
//!     calls: {to: server, timeout: 20s}
//!     fleet: {agents: 600, interval: 60s, start: 1s, splay: 60s, rerun: {after: "uniform(0s, 30s)"}}
//! services:
//!   server: {workers: 20, work: 1s, queue: 100}
//! expect:
//!   - success(agents) >= 99%
//!   - offered(agents) <= 15/s between 0s and 60s
//!   - errors(agents, kind=rejected) <= 0%
//! ```

use super::{PopulationKind, members};
use crate::base::{Dist, ErrorKind, Span, Time};
use crate::model::Page;
use crate::model::policies::retries;
use crate::plan::{Arrivals, Fleet, Rerun};
use crate::scenario::{FieldDoc, Fields, Shape, values};

pub const KIND: PopulationKind = PopulationKind { key: "fleet", with: &[], read };

pub const PAGE: Page = Page { name: "fleet", page: include_str!("fleet.rs"), fields: &[&TABLE, &RERUN] };

pub static TABLE: [FieldDoc; 6] = [
    FieldDoc::required("agents", Shape::Count, "how many there are"),
    FieldDoc::required("interval", Shape::Dist, "from one run to the next"),
    FieldDoc::optional(
        "from",
        Shape::Choice(&["end", "start"]),
        "end",
        "the end of a run from which the interval counts",
    ),
    FieldDoc::optional("start", Shape::Span, "the mean interval", "all agents start within this, evenly spread"),
    FieldDoc::optional("splay", Shape::Span, "0s", "each start is put off by a draw from 0 to this"),
    FieldDoc::optional("rerun", Shape::Shared("rerun", &RERUN), "none", "another run before the next turn"),
];

static RERUN: [FieldDoc; 2] = [
    FieldDoc::required("after", Shape::Dist, "the pause before it"),
    FieldDoc::optional("on", Shape::List(&Shape::Choice(retries::KINDS)), "[rejected]", "the failures that it follows"),
];

fn read(client: &Fields, _: Time) -> Option<Arrivals> {
    let fields = Fields::open(client.node("fleet")?, "`fleet`", &TABLE, client.diags());
    let (agents, interval) = (members(&fields, "agents"), pause(&fields, "interval"));
    let rerun = fields.node("rerun").map(|_| read_rerun(&fields));
    let (agents, interval) = (agents?, interval?);
    let fleet = Fleet {
        agents,
        clockwork: fields.choice("from") == Some("start"),
        start: fields.span("start").unwrap_or(Span::from_secs_f64(interval.mean())),
        splay: fields.span("splay").unwrap_or(Span::ZERO),
        interval,
        rerun: match rerun {
            Some(rerun) => Some(rerun?),
            None => None,
        },
    };
    Some(Arrivals::Fleet(fleet))
}

fn read_rerun(fleet: &Fields) -> Option<Rerun> {
    let fields = Fields::open(fleet.node("rerun")?, "`rerun`", &RERUN, fleet.diags());
    let listed = fields.list("on").iter().filter_map(|node| values::read_choice(node, retries::KINDS, fields.diags()));
    let mut on: Vec<ErrorKind> = listed.filter_map(ErrorKind::from_word).collect();
    if !fields.has("on") {
        on.push(ErrorKind::Rejected);
    }
    Some(Rerun { on, after: pause(&fields, "after")? })
}

fn pause(fields: &Fields, name: &str) -> Option<Dist> {
    let dist = fields.dist(name)?;
    if dist.mean() <= 0.0 {
        let note = fields.error(name, "agents that do not pause would run without end at one moment");
        note.help("give a small pause, such as `1s`").code("no-think");
        return None;
    }
    Some(dist)
}
