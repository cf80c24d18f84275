//! Disks that answer with an error instead of doing what they are asked.

use super::Disk;
use crate::base::{Dice, ErrorKind, FaultId};
use crate::engine::wire::Wire;
use crate::engine::{Engine, ServiceId};
use crate::plan::{DiskAnswer, DiskError, Replicas};

/// What one fault does to the disks of some replicas.
#[derive(Clone, Copy, Debug)]
pub struct Broken {
    fault: FaultId,
    replicas: Replicas,
    wrong: DiskError,
}

impl Disk {
    /// Whether an access fails now, as what, and by which fault. Whoever writes waits for the sync, so that an error of either is his.
    pub fn refusal(&self, is_write: bool, replica: u32, dice: &mut [Dice]) -> Option<(FaultId, ErrorKind)> {
        let broken = self.broken.iter().find(|broken| {
            let wrong = broken.wrong;
            let asked = if is_write { wrong.writes || wrong.syncs } else { wrong.reads };
            asked && broken.replicas.contains(replica) && dice[broken.fault.index()].chance(wrong.share)
        })?;
        let kind = match broken.wrong.answer {
            DiskAnswer::NoSpace => ErrorKind::NoSpace,
            DiskAnswer::ReadOnly => ErrorKind::ReadOnly,
            DiskAnswer::InputOutput => ErrorKind::Error,
        };
        Some((broken.fault, kind))
    }

    pub fn mend(&mut self, fault: FaultId) {
        self.broken.retain(|broken| broken.fault != fault);
    }
}

impl<W: Wire> Engine<W> {
    /// The disks of these replicas fail from now on. A service of which nothing else is known has a disk, too.
    pub(in crate::engine) fn break_disk(
        &mut self,
        id: ServiceId,
        replicas: Replicas,
        fault: FaultId,
        wrong: DiskError,
    ) {
        let plan = self.plan.clone();
        let disk = self.nodes[id.index()].disk.get_or_insert_with(|| Disk::endless(id, &plan));
        disk.broken.push(Broken { fault, replicas, wrong });
    }
}
