//! The disk under a service is slow, or stalls: what must be written waits for it, and what is read from memory does not.
//!
//! It acts on writes (calls with `write: true`, messages of a broker, appends of a store) and on reads that go to the disk: a share `misses`
//! of those of a service whose `volume` has `fetch`, and a share `reads` of all others as long as the fault lasts. `factor` multiplies the
//! time at the disk (`commit` and `fetch` of the `volume`, the probes of a store), `add` is added to each access. With `stall: true` no
//! write gets through before it is over, as when an fsync hangs: workers and connections are held by writers, and readers run out
//! of them. Writes to a follower of a database arrive later by as much, which a leader that waits for it feels.
//!
//! - **Simulated world**: requests stay longer at the disk, with a worker held, before they are worked on.
//! - **Live world**: a stand-in does the same. The data folder of a real process is a FUSE pass-through from its start: every sync, and every
//!   read that the page cache does not answer, takes the longer; a stall holds syncs. Writes end in the page cache and are not touched.
//! - **Privilege**: none for stand-ins; for a real process root and /dev/fuse.
//! - **Undo**: accesses that begin afterwards take their own time; what was stalled goes on at once.
//! - **Evidence**: disk accesses slowed, writes (live: syncs) stalled.
//!
//! ```yaml
//! name: slow-disk-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   writers: {calls: {to: db, write: true, timeout: 2s}, rate: 50/s}
//!   readers: {calls: {to: db, timeout: 2s}, rate: 100/s}
//! services:
//!   db: {kind: database, workers: 40, work: exp(2ms), volume: {commit: exp(4ms)}}
//! faults:
//!   worn-out: {kind: slow-disk, on: db, factor: 10, at: 15s, for: 10s}
//!   hangs: {kind: slow-disk, on: db, stall: true, at: 40s, for: 5s}
//! expect:
//!   - mean(writers) >= 35ms during worn-out
//!   - mean(readers) <= 5ms during worn-out
//!   - success(writers) <= 70% during hangs
//!   - success(readers) <= 90% during hangs
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::{Effect, Role, Service, SlowDisk};
use crate::scenario::{FieldDoc, Fields, Shape, quote};

pub const KIND: FaultKind = FaultKind {
    name: "slow-disk",
    page: include_str!("slow_disk.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::optional("factor", Shape::Factor, "1x", "how many times longer an access takes"),
    FieldDoc::optional("add", Shape::Dist, "0s", "what is added to each access"),
    FieldDoc::optional("reads", Shape::Ratio, "0%", "share of the reads from memory that go to the disk meanwhile"),
    FieldDoc::optional("stall", Shape::Flag, "false", "no write gets through before it is over"),
    super::replicas("how many replicas have such a disk"),
    super::ZONE,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (_, service) = site.service();
    let (factor, add) = (fields.factor("factor"), fields.dist("add"));
    let stall = fields.flag("stall").unwrap_or(false);
    let (target, which) = site.replicas(fields)?;
    if matches!(service.role, Role::Cache(_)) && !site.is_started() {
        fields.error("on", format!("{} keeps what it has in memory", quote(&service.name))).code("wrong-kind");
        return None;
    }
    if factor.is_none() && add.is_none() && !stall {
        fields.error("kind", "`slow-disk` needs `factor: 10`, `add: 50ms` or `stall: true`").code("missing-key");
        return None;
    }
    if factor.is_some() && !has_disk_time(service) && !site.is_started() {
        let note = fields.error("factor", format!("{} spends no time at a disk to multiply", quote(&service.name)));
        note.help("give it `volume: {commit: 2ms}`, or use `add`").code("wrong-value");
        return None;
    }
    let words = match (stall, factor) {
        (true, _) => "disk stalls".to_owned(),
        (false, Some(factor)) => format!("disk x{factor}"),
        (false, None) => format!("disk {} slower", words(fields, "add", "")),
    };
    let does = SlowDisk { factor: factor.unwrap_or(1.0), add, reads: fields.ratio("reads").unwrap_or(0.0), stall };
    Lowered::one(format!("{words}{which}"), target, Effect::SlowDisk(does))
}

fn has_disk_time(service: &Service) -> bool {
    let has_length = service.volume.as_ref().is_some_and(|disk| disk.commit.is_some() || disk.fetch.is_some());
    has_length || matches!(service.role, Role::Store(_))
}
