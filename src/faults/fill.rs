//! Storage is filled up to a share of its capacity with ballast that belongs to nobody.
//!
//! Appends then search longer for room and at last fail with `no-space`. Where a `volume` says `read_only`, writes fail with `read-only`
//! from its mark on. It acts on a store, or any service with a `volume` of limited size; in the live world also on a started service that
//! has one under `live`.
//!
//! - **Simulated world**: bytes are added until the volume holds the share `to` (one that holds more is left alone), or the share `by`.
//! - **Live world**: a ballast file is written into the service's size-limited volume. Nothing outside that volume is ever filled.
//! - **Privilege**: root, to mount that volume.
//! - **Undo**: the ballast is taken away; what the service itself wrote stays.
//! - **Evidence**: bytes of ballast.
//!
//! ```yaml
//! name: fill-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   mail: {calls: {to: disks, timeout: 500ms}, rate: 100/s}
//! services:
//!   disks: {kind: store, servers: 200, server_size: 1GiB, used: 50%, append: 64KiB, probe: 1ms, probes: 25}
//! faults:
//!   leak: {kind: fill, on: disks, to: 100%, at: 10s, for: 10s}
//! expect:
//!   - errors(mail, kind=no-space) >= 90% during leak
//!   - success(mail) >= 99% after leak
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::Effect;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "fill",
    page: include_str!("fill.rs"),
    acts_on: ActsOn::Storage,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("to", Shape::Ratio, "", "share of the capacity that is used afterwards"),
    FieldDoc::optional("by", Shape::Ratio, "", "share of the capacity that is added (instead of `to`)"),
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let target = site.service().0;
    match (fields.has("to"), fields.has("by")) {
        (true, false) => {
            let to = fields.ratio("to")?;
            Lowered::one(
                format!("fill to {}", words(fields, "to", "")),
                target,
                Effect::Fill { share: to, added: false },
            )
        }
        (false, true) => {
            let by = fields.ratio("by")?;
            Lowered::one(
                format!("fill by {}", words(fields, "by", "")),
                target,
                Effect::Fill { share: by, added: true },
            )
        }
        (both, _) => {
            let message = if both { "give `to` or `by`, not both" } else { "`fill` needs `to: 95%` or `by: 10%`" };
            fields.error("kind", message).code("missing-key");
            None
        }
    }
}
