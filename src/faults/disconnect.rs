//! Clients of a herd lose their sessions: all of them, or a share, at one moment.
//!
//! What a load balancer's restart, a lost uplink or an expired token does to clients that stay connected: nothing is wrong any more a
//! moment later, and everyone comes back. It acts on a client with a `herd`.
//!
//! - **Simulated world**: each session is lost with this chance; its client calls as its `spread` and `retry` say.
//! - **Live world**: the same: sessions are the herd's own, and the calls that follow go over the wire.
//! - **Undo**: nothing; clients connect again by themselves.
//! - **Evidence**: sessions lost.
//!
//! ```yaml
//! name: disconnect-example
//! length: 40s
//! window: 1s
//! clients:
//!   phones: {calls: {to: gateway, timeout: 5s}, herd: {clients: 1000, retry: 1s}}
//! services:
//!   gateway: {workers: 2, work: 10ms, queue: 400}
//! faults:
//!   uplink: {kind: disconnect, on: phones, share: 50%, at: 10s}
//! expect:
//!   - offered(phones) <= 0/s before uplink
//!   - min(connected(phones)) <= 60% whole
//!   - last(connected(phones)) >= 100%
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::{Arrivals, Effect};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "disconnect",
    page: include_str!("disconnect.rs"),
    acts_on: ActsOn::Client,
    lasts: Lasts::Instantly,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] =
    &[FieldDoc::optional("share", Shape::Ratio, "100%", "share of the sessions that are lost")];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let share = if fields.has("share") { fields.ratio("share")? } else { 1.0 };
    let (target, client) = site.client();
    if !matches!(client.arrivals, Arrivals::Herd(_)) {
        let note = fields.error("on", format!("client `{}` holds no sessions that could be lost", client.name));
        note.help("give it a `herd`").code("wrong-kind");
        return None;
    }
    Lowered::one(format!("disconnect {}", words(fields, "share", "100%")), target, Effect::Disconnect { share })
}
