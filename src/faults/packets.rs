//! Packets to and from a service are late, lost, doubled or out of order, or do not come at all.
//!
//! The kinds `latency`, `loss` and `cut` act on what two programs say to each other, and TCP below them stays whole. Here it does not: a lost
//! packet is sent again by the kernel when its timer says so, and a partition looks to both sides like silence, not like an end.
//! Each packet draws on its own, both ways. `delay` and `jitter` make a round trip longer by twice as much.
//!
//! - **Simulated world**: each message is one packet: `delay` is added to it, a loss is sent again after 200 ms, 400 ms and so on as with
//!   `loss`, `partition` is a `cut`. TCP hides duplicates and reordering from programs, so they do nothing.
//! - **Live world**: a service that firedrill starts runs in a network namespace of its own, joined to this machine by a pair of virtual
//!   interfaces. There the packets are handled by netem if the kernel has it, else by firedrill itself through NFQUEUE; the report says which.
//!   Its port is reached at an address of its own, so it must listen there: write `{host}` where the program takes the address. What it
//!   calls it reaches through firedrill's proxies, and the packets of these calls take the same way, so they are hit as well.
//!   Between stand-ins it acts on messages, as in the simulator.
//! - **Privilege**: root (CAP_NET_ADMIN and CAP_SYS_ADMIN).
//! - **Undo**: packets pass untouched again; the namespace and all in it goes with the process.
//! - **Evidence**: packets that were handled.
//!
//! ```yaml
//! name: packets-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web: {calls: [{to: db, timeout: 2s}]}
//!   db: {work: 2ms}
//! faults:
//!   bad-cable: {kind: packets, on: db, delay: 20ms, loss: 3%, at: 20s, for: 30s}
//! expect:
//!   - p50(users) >= 40ms during bad-cable
//!   - p95(users) >= 200ms during bad-cable
//!   - success(users) >= 99% whole
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::base::Dist;
use crate::plan::{Effect, Packets};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "packets",
    page: include_str!("packets.rs"),
    acts_on: ActsOn::Edge,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("delay", Shape::Span, "0s", "how late each packet is, each way"),
    FieldDoc::optional("jitter", Shape::Span, "0s", "uniformly up to this much more or less than `delay`"),
    FieldDoc::optional("loss", Shape::Ratio, "0%", "share of the packets that are lost"),
    FieldDoc::optional("duplicate", Shape::Ratio, "0%", "share of the packets that come twice"),
    FieldDoc::optional("reorder", Shape::Ratio, "0%", "share of the packets that overtake those that are delayed"),
    FieldDoc::optional("partition", Shape::Flag, "false", "nothing comes through at all"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let share = |name: &str| fields.ratio(name).unwrap_or(0.0);
    let partition = fields.flag("partition").unwrap_or(false);
    let loss = if partition { 1.0 } else { share("loss") };
    let packets = Packets { delay: delay(fields)?, loss, duplicate: share("duplicate"), reorder: share("reorder") };
    if packets == Packets::default() {
        let note = fields.error("kind", "`packets` needs something that is done to them");
        note.help("such as `delay: 50ms`, `loss: 1%` or `partition: true`").code("missing-key");
        return None;
    }
    if packets.reorder > 0.0 && packets.delay.is_none() {
        let note = fields.error("reorder", "packets overtake only those that are delayed");
        note.help("give it a `delay`").code("wrong-value");
        return None;
    }
    Lowered::on_each(label(fields, &packets), &site.edges(), &Effect::Packets(packets))
}

/// In seconds; `Some(None)`: they are not late.
fn delay(fields: &Fields) -> Option<Option<Dist>> {
    let span = |name: &str| fields.span(name).map_or(0.0, |span| span.as_secs_f64());
    let (delay, jitter) = (span("delay"), span("jitter"));
    if jitter > delay {
        fields
            .error("jitter", "no packet comes before it was sent")
            .help("at most as long as `delay`")
            .code("wrong-value");
        return None;
    }
    Some(match (delay, jitter) {
        (0.0, _) => None,
        (delay, 0.0) => Some(Dist::Constant(delay)),
        (delay, jitter) => Some(Dist::Uniform { low: delay - jitter, high: delay + jitter }),
    })
}

fn label(fields: &Fields, packets: &Packets) -> String {
    if packets.loss >= 1.0 {
        return "partition of packets".to_owned();
    }
    let parts = ["delay", "loss", "duplicate", "reorder"].iter().filter(|name| fields.has(name));
    let parts: Vec<String> = parts.map(|name| format!("{name} {}", words(fields, name, ""))).collect();
    format!("packets: {}", parts.join(", "))
}
