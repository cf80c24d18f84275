//! A reconnect herd: clients that each hold a session with the service they call, lose it, and call until they have one again.
//!
//! All are connected when the run begins, and a session costs nothing while it lasts. It is lost when the replica that holds it goes
//! down (`down`, `restart`), when a `reset` or a `cut` with `lose: true` breaks its edge, when a `disconnect` fault drops it, or at the
//! end of its `life`. Then its client calls, at a moment drawn evenly from `spread`; after a failure it waits as `retry` says (a length
//! of time, a distribution, or a growing pause as in `firedrill explain retries`) and calls again, for ever. A call that succeeds is a
//! session. `offered` counts every call, fresh are those that follow a loss: `amplification(phones)` is calls per session regained, `connected(phones)` the
//! share of clients that hold a session, `sessions(phones)` their number.
//!
//! N clients that come back at once to a service that admits mu sessions per second all wait in one line; those behind place mu x
//! timeout give up before their turn, and the work that is done for them is lost. Only mu x timeout / N ever get in. What helps is a
//! bounded line (`queue:`) that refuses at once, or a `spread` of at least N / mu. A longer `retry` alone does not.
//!
//! ```yaml
//! name: herd-example
//! length: 60s
//! window: 1s
//! clients:
//!   phones: {calls: {to: gateway, timeout: 5s}, herd: {clients: 2000, spread: 20s, retry: {base: 1s, max: 30s, jitter: full}}}
//! services:
//!   gateway: {workers: 2, work: 10ms, queue: 100}
//! faults:
//!   blip: {kind: disconnect, on: phones, at: 10s}
//! expect:
//!   - connected(phones) >= 100% before blip
//!   - min(connected(phones)) <= 10% whole
//!   - last(connected(phones)) >= 100%
//!   - amplification(phones) <= 1.1
//! ```

use super::{PopulationKind, members};
use crate::base::{Dist, Span, Time};
use crate::model::Page;
use crate::model::policies::retries;
use crate::plan::{Arrivals, Herd, Jitter, Pause};
use crate::scenario::{FieldDoc, Fields, Shape, Value};

pub const KIND: PopulationKind = PopulationKind { key: "herd", with: &[], read };

pub const PAGE: Page = Page { name: "herd", page: include_str!("herd.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 4] = [
    FieldDoc::required("clients", Shape::Count, "how many there are"),
    FieldDoc::optional("spread", Shape::Span, "0s", "the first call after a loss is made within this, evenly spread"),
    FieldDoc::optional(
        "retry",
        Shape::OneOf(&[Shape::Dist, Shape::Shared("backoff", &retries::BACKOFF)]),
        "1s",
        "the pause between a failed call and the next",
    ),
    FieldDoc::optional("life", Shape::Dist, "for ever", "a session ends by itself after this, and its client calls"),
];

fn read(client: &Fields, _: Time) -> Option<Arrivals> {
    let fields = Fields::open(client.node("herd")?, "`herd`", &TABLE, client.diags());
    let spread = fields.span("spread").unwrap_or(Span::ZERO);
    let retry = read_retry(&fields);
    let life = fields.dist("life");
    if life.as_ref().is_some_and(|life| life.mean() <= 0.0) {
        let note = fields.error("life", "a session of no length would be lost as soon as it is there");
        note.code("wrong-value");
    }
    let clients = members(&fields, "clients")?;
    Some(Arrivals::Herd(Herd { clients, spread, retry: retry?, life }))
}

fn read_retry(fields: &Fields) -> Option<Pause> {
    let Some(node) = fields.node("retry") else { return Some(Pause::Drawn(Dist::Constant(1.0))) };
    let is_map = matches!(node.value, Value::Map(_));
    let pause = match is_map {
        true => Pause::Growing(retries::read_backoff(node, fields.diags())?),
        false => Pause::Drawn(fields.dist("retry")?),
    };
    let (never, from_last) = match &pause {
        Pause::Drawn(dist) => (dist.mean() <= 0.0, false),
        Pause::Growing(backoff) => (backoff.base == Span::ZERO, backoff.jitter == Jitter::Decorrelated),
    };
    if never {
        let note = fields.error("retry", "clients that do not pause would call without end at one moment");
        note.help("give a small pause, such as `100ms`").code("no-think");
    }
    if from_last {
        let note =
            fields.error("retry", "a herd has no `decorrelated` jitter: it counts failures and keeps no last pause");
        note.help("use `full` or `equal`").code("wrong-value");
    }
    (!never && !from_last).then_some(pause)
}
