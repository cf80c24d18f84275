//! The processes of a service get only a share of the processor time that they could use.
//!
//! `share` is of the time of its cores (`cores` of the service, else one core). A service that needs less than that feels nothing; one that
//! needs more stands still for a part of every tenth of a second, so its tail grows first and its median later. A neighbour that takes
//! the machine, a container with too small a limit and a throttled instance all look like this.
//!
//! - **Simulated world**: work that begins meanwhile takes 1/`share` times longer, as with `slow`.
//! - **Live world**: the processes stand in a cgroup of their own (v2 `cpu.max`, v1 `cpu.cfs_quota_us`) from their start, and its quota is
//!   lowered. A process that runs already and is allowed (`pid:`) is moved into one and back. A stand-in works slower, as in the simulator.
//! - **Privilege**: root, or a cgroup with the `cpu` controller that was delegated to the user.
//! - **Undo**: the quota is taken away; the cgroup goes with the process.
//! - **Evidence**: periods of 100 ms in which the kernel held the processes back (live); pieces of work that were slowed.
//!
//! ```yaml
//! name: cpu-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 2s}, rate: 20/s}
//! services:
//!   web: {workers: 8, work: exp(20ms)}
//! faults:
//!   noisy-neighbour: {kind: cpu, on: web, share: 20%, at: 10s, for: 10s}
//! expect:
//!   - p50(users) >= 50ms during noisy-neighbour
//!   - p50(users) <= 40ms after noisy-neighbour
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds, words};
use crate::plan::{Effect, Limit};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const KIND: FaultKind = FaultKind {
    name: "cpu",
    page: include_str!("cpu.rs"),
    acts_on: ActsOn::Service,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: FIELDS,
    lower,
};

static FIELDS: &[FieldDoc] = &[
    FieldDoc::required(
        "share",
        Shape::Ratio,
        "how much of the time of its cores is left to it; above 0% and below 100%",
    ),
    super::replicas("how many replicas are held back"),
    super::ZONE,
];

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let share = fields.ratio("share")?;
    if share <= 0.0 || share >= 1.0 {
        fields
            .error("share", "must be above 0% and below 100%")
            .help("`kind: pause` stops it altogether")
            .code("wrong-value");
        return None;
    }
    let (target, which) = site.replicas(fields)?;
    let label = format!("cpu limited to {}{which}", words(fields, "share", ""));
    Lowered::one(label, target, Effect::Limit(Limit::Cpu { share }))
}
