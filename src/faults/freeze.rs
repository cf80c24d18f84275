//! A control stops deciding: the autoscaler, the controller or the roll-out does nothing while it lasts.
//!
//! A lever that operators pull before they do something by hand, and a fault when a control dies unnoticed. What it had moved stays as it
//! is; while it is frozen, `scale` and `config` move its setting. When it thaws it goes on from there and has seen nothing of the
//! time between.
//!
//! - **Simulated world**: its ticks do nothing.
//! - **Live world**: the same; controls run inside firedrill.
//! - **Undo**: it looks again at its next tick.
//! - **Evidence**: decisions left out.
//!
//! ```yaml
//! name: freeze-example
//! length: 120s
//! clients:
//!   users: {calls: {to: api, timeout: 1s}, rate: {base: 100/s, spike: 300/s, at: 40s, for: 60s}}
//! services:
//!   api: {replicas: 4, workers: 1, work: exp(20ms)}
//! controls:
//!   scaler: {kind: autoscaler, on: api, target: 60%, every: 5s, lag: 5s, max: 20}
//! faults:
//!   hands-off: {kind: freeze, on: scaler, at: 30s, for: 40s}
//! expect:
//!   - max(replicas(api)) <= 4 during hands-off
//!   - max(replicas(api)) >= 8 after hands-off
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::Fields;

pub const KIND: FaultKind = FaultKind {
    name: "freeze",
    page: include_str!("freeze.rs"),
    acts_on: ActsOn::Control,
    lasts: Lasts::UntilHealed,
    worlds: Worlds::Both,
    fields: &[],
    lower,
};

fn lower(_: &Fields, site: &Site) -> Option<Lowered> {
    let (target, control) = site.control();
    Lowered::one(format!("{} frozen", control.kind), target, Effect::Freeze)
}
