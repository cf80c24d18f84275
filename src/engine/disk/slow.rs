//! Disks that are slow, or that stall: what faults add to the time that requests spend at them. A stall keeps writes until it is over.

use super::Disk;
use crate::base::{Dice, FaultId, Span};
use crate::engine::slab::Handle;
use crate::engine::wire::Wire;
use crate::engine::{Engine, Event, Outcome, ServiceId, Soon};
use crate::plan::{Replicas, SlowDisk};

/// What one fault does to the disks of some replicas.
#[derive(Clone, Debug)]
pub struct Trouble {
    fault: FaultId,
    replicas: Replicas,
    does: SlowDisk,
}

impl Disk {
    /// How long a request is at the disk when nothing is wrong with it; `None`: it is answered from memory.
    fn access(&mut self, is_write: bool) -> Option<Span> {
        match is_write {
            true => Some(self.spec.commit.as_ref().map_or(Span::ZERO, |length| length.draw_span(&mut self.dice))),
            false => {
                let length = self.spec.fetch.as_ref().filter(|_| self.dice.chance(self.spec.misses))?;
                Some(length.draw_span(&mut self.dice))
            }
        }
    }

    fn troubles_of(&self, replica: u32) -> impl Iterator<Item = &Trouble> {
        self.troubles.iter().filter(move |trouble| trouble.replicas.contains(replica))
    }

    fn stalls(&self, replica: u32) -> bool {
        self.troubles_of(replica).any(|trouble| trouble.does.stall)
    }

    /// With what faults make of it.
    fn troubled(&mut self, is_write: bool, replica: u32, own: Option<Span>, dice: &mut [Dice]) -> Option<Span> {
        let mut access = own;
        for trouble in self.troubles.iter().filter(|trouble| trouble.replicas.contains(replica)) {
            let dice = &mut dice[trouble.fault.index()];
            if access.is_none() && !is_write && dice.chance(trouble.does.reads) {
                access = Some(self.spec.fetch.as_ref().map_or(Span::ZERO, |length| length.draw_span(dice)));
            }
        }
        let mut length = access?;
        for trouble in self.troubles.iter().filter(|trouble| trouble.replicas.contains(replica)) {
            let add =
                trouble.does.add.as_ref().map_or(Span::ZERO, |add| add.draw_span(&mut dice[trouble.fault.index()]));
            length = length.mul_f64(trouble.does.factor) + add;
        }
        Some(length)
    }
}

impl<W: Wire> Engine<W> {
    /// A request is at the disk for a while, and then goes on.
    pub(super) fn stay_at_disk(&mut self, frame: Handle, index: usize, is_write: bool) {
        let Some(replica) = self.frames.get(frame).map(|frame| frame.replica) else { return };
        let Some(disk) = &mut self.nodes[index].disk else { return };
        let mut access = disk.access(is_write);
        if !disk.troubles.is_empty() {
            access = disk.troubled(is_write, replica, access, &mut self.fault_dice);
            if access.is_some() {
                let stalls = is_write && disk.stalls(replica);
                for trouble in disk.troubles_of(replica) {
                    let what = if stalls && trouble.does.stall { "writes stalled" } else { "disk accesses slowed" };
                    self.recorder.touched(trouble.fault, what, 1);
                }
                if stalls {
                    return disk.stalled.push(frame);
                }
            }
        }
        if !disk.broken.is_empty()
            && (is_write || access.is_some())
            && let Some((fault, kind)) = disk.refusal(is_write, replica, &mut self.fault_dice)
        {
            self.recorder.touched(fault, "disk accesses failed", 1);
            return self.answer(frame, Outcome::Failed(kind));
        }
        match access.unwrap_or(Span::ZERO) {
            Span::ZERO => self.advance(frame),
            stay => self.queue.push(self.now + stay, Event::Statement(frame)),
        }
    }

    /// How long the probes of a store take on a slow disk.
    pub(super) fn probing(&mut self, index: usize, replica: u32, own: Span) -> Span {
        let Some(disk) = self.nodes[index].disk.as_ref().filter(|disk| !disk.troubles.is_empty()) else { return own };
        own.mul_f64(disk.troubles_of(replica).map(|trouble| trouble.does.factor).product())
    }

    /// The disks of these replicas are slow from now on. A service of which nothing else is known has a disk, too.
    pub(in crate::engine) fn slow_disk(&mut self, id: ServiceId, replicas: Replicas, fault: FaultId, does: &SlowDisk) {
        let plan = self.plan.clone();
        let disk = self.nodes[id.index()].disk.get_or_insert_with(|| Disk::endless(id, &plan));
        disk.troubles.push(Trouble { fault, replicas, does: does.clone() });
        self.slow_copies(id);
    }

    /// One fault slows them no longer; what it had stalled goes on.
    pub(in crate::engine) fn heal_disk(&mut self, id: ServiceId, fault: FaultId) {
        let Some(disk) = &mut self.nodes[id.index()].disk else { return };
        disk.mend(fault);
        disk.troubles.retain(|trouble| trouble.fault != fault);
        let frames = &self.frames;
        for frame in std::mem::take(&mut disk.stalled) {
            match frames.get(frame).map(|frame| frame.replica) {
                Some(replica) if disk.stalls(replica) => disk.stalled.push(frame),
                Some(_) => self.soon.push_back(Soon::Advance(frame)),
                None => {}
            }
        }
        self.slow_copies(id);
    }

    /// A follower has received a write when it is on its disk: tells the copies of a database how much longer that takes now, in the mean.
    fn slow_copies(&mut self, id: ServiceId) {
        let node = &mut self.nodes[id.index()];
        let (Some(copies), Some(disk)) = (&mut node.copies, &node.disk) else { return };
        let own = disk.spec.commit.as_ref().map_or(0.0, |length| length.mean());
        for replica in 0..node.replicas.len() as u32 {
            let slower = disk.troubles_of(replica).fold(own, |length, trouble| {
                length * trouble.does.factor + trouble.does.add.as_ref().map_or(0.0, |add| add.mean())
            });
            copies.database.slow_disk(replica, Span::from_secs_f64((slower - own).max(0.0)));
        }
    }
}
