//! The disk under a service answers with an error.
//!
//! `error` is what it says: `no-space` (the volume is full, ENOSPC), `io` (a bad block, EIO) or `read-only` (EROFS, as after a file system
//! has seen an error and remounts itself). `access` says which fail: `write`, `sync` (fsync and fdatasync), `read`, or `writes` for the first two.
//! What a program does after a failed fsync is a well-known trap: the pages count as clean, so trying again succeeds and the data are gone.
//!
//! - **Simulated world**: a share of the requests that write fails with `no-space`, `error` or `read-only` before they are worked on; with
//!   `read`, those that are not answered from memory.
//! - **Live world**: the data folder of the process is a FUSE pass-through from its start, which answers a share of these system calls with
//!   the error. Reads that the page cache answers never come to a disk, so they are not touched. A stand-in fails as in the simulator.
//! - **Privilege**: root and /dev/fuse.
//! - **Undo**: accesses afterwards are passed through; the mount goes with the process.
//! - **Evidence**: disk accesses that failed.
//!
//! ```yaml
//! name: disk-error-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   writers: {calls: {to: db, write: true, timeout: 2s}, rate: 50/s}
//!   readers: {calls: {to: db, timeout: 2s}, rate: 100/s}
//! services:
//!   db: {kind: database, workers: 40, work: exp(2ms), volume: {commit: exp(4ms)}}
//! faults:
//!   bad-block: {kind: disk-error, on: db, error: io, share: 30%, at: 15s, for: 10s}
//! expect:
//!   - errors(writers, kind=error) >= 20% during bad-block
//!   - success(readers) >= 99%
//!   - success(writers) >= 99% after bad-block
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::{DiskAnswer, DiskError, Effect};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "disk-error",
    page: include_str!("disk_error.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required("error", Shape::Choice(&["no-space", "io", "read-only"]), "what the disk says"),
    FieldDoc::optional(
        "access",
        Shape::Choice(&["writes", "write", "sync", "read", "all"]),
        "writes",
        "what fails; `writes` stands for `write` and `sync`",
    ),
    FieldDoc::optional("share", Shape::Ratio, "100%", "share of these accesses that fail"),
    super::replicas("how many replicas have such a disk"),
    super::ZONE,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let word = fields.choice("error")?;
    let answer = match word {
        "no-space" => DiskAnswer::NoSpace,
        "read-only" => DiskAnswer::ReadOnly,
        _ => DiskAnswer::InputOutput,
    };
    let (reads, writes, syncs) = match fields.choice("access") {
        Some("write") => (false, true, false),
        Some("sync") => (false, false, true),
        Some("read") => (true, false, false),
        Some("all") => (true, true, true),
        _ => (false, true, true),
    };
    let share = fields.ratio("share").unwrap_or(1.0);
    let (target, which) = site.replicas(fields)?;
    let label = format!("disk error {word} on {}{which}", words(fields, "share", "100%"));
    Lowered::one(label, target, Effect::DiskError(DiskError { answer, reads, writes, syncs, share }))
}
