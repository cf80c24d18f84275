//! A store on many servers: every request is an append, which must find a server with room.
//!
//! Servers fill one after another. With `placement: probe` an append asks servers at random, `probe` each, at most `probes` times:
//! with a share p of servers that have room, (1 - p)^probes of the appends fail with `no-space`. With `placement: index` it knows where
//! room is. Deleting is an append too. `orphans` is the share of the capacity that belongs to nobody; `reclaim` gives it back before the
//! start, and a `volume` (its page says how) bit by bit; that also says what else fills the servers, and when they take nothing more.
//!
//! ```yaml
//! name: store-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   mail: {calls: {to: disks, timeout: 1s}, rate: 100/s}
//! services:
//!   disks: {kind: store, servers: 100, server_size: 1GiB, used: 80%, append: 64KiB, probe: 20ms, probes: 25}
//! expect:
//!   - success(mail) >= 99%
//! ```

use super::{ServiceKind, Surroundings};
use crate::base::Span;
use crate::plan::{Role, StoreSpec, VolumeSpec};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: ServiceKind = ServiceKind { name: "store", page: include_str!("store.rs"), fields: FIELDS, role };

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("servers", Shape::Count, "storage servers"),
    FieldDoc::required("server_size", Shape::Bytes, "what one of them holds"),
    FieldDoc::optional("used", Shape::Ratio, "0%", "share of the capacity used at the start, orphans included"),
    FieldDoc::optional("orphans", Shape::Ratio, "0%", "share of the capacity that belongs to nobody"),
    FieldDoc::optional("reclaim", Shape::Flag, "false", "orphans are freed before the start"),
    FieldDoc::optional("append", Shape::Bytes, "4KiB", "what one request adds"),
    FieldDoc::optional("probe", Shape::Span, "1ms", "how long it takes to ask one server"),
    FieldDoc::optional("probes", Shape::Count, "25", "servers asked before giving up"),
    FieldDoc::optional("placement", Shape::Choice(&["probe", "index"]), "probe", "ask around, or know where room is"),
];

fn role(fields: &Fields, _: &Surroundings) -> Option<Role> {
    let (servers, server_bytes) = (fields.count("servers")?, fields.bytes("server_size")?);
    let probes = fields.count("probes").unwrap_or(25);
    for (name, count) in [("servers", servers), ("probes", probes), ("server_size", server_bytes)] {
        if count == 0 || (name != "server_size" && count > 1_000_000) {
            fields.error(name, "must be at least 1, and at most 1,000,000 for counts").code("wrong-value");
            return None;
        }
    }
    if servers.checked_mul(server_bytes).is_none() {
        fields.error("server_size", "the capacity of all servers together is too large to count").code("wrong-value");
        return None;
    }
    Some(Role::Store(StoreSpec {
        servers: servers as u32,
        server_bytes,
        probe: fields.span("probe").unwrap_or(Span::from_millis(1)),
        probes_max: probes as u32,
        indexed: fields.choice("placement") == Some("index"),
    }))
}

/// What all servers together hold; what `volume` says of it is read elsewhere.
pub fn volume(fields: &Fields, store: &StoreSpec) -> VolumeSpec {
    let (used, orphans) = (fields.ratio("used").unwrap_or(0.0), fields.ratio("orphans").unwrap_or(0.0));
    if orphans > used {
        fields.error("orphans", "orphans are part of what is used: they cannot be more").code("wrong-value");
    }
    let bytes = |share: f64| (store.capacity() as f64 * share) as u64;
    let (used, orphans) = (bytes(used), bytes(orphans));
    let is_freed = fields.flag("reclaim").unwrap_or(false);
    VolumeSpec {
        garbage_bytes: if is_freed { 0 } else { orphans },
        write_bytes: Some(fields.bytes("append").unwrap_or(4096)),
        ..VolumeSpec::plain(store.capacity(), if is_freed { used.saturating_sub(orphans) } else { used })
    }
}
