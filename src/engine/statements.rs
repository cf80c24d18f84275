//! Databases as the engine runs them: which copy a request goes to, reads that may be old, writes that wait to be acknowledged, and
//! copies that are lost and found. The rules of replication are in `database`; nothing here decides any of them.

use super::database::{Change, Commit, Database};
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Event, Outcome, ServiceId, Soon};
use crate::base::{ErrorKind, FaultId, MeterId, Span};
use crate::plan::expectation::Subject;
use crate::plan::{Plan, Replicas, Whose};

/// A database, the statements that wait for its copies, and its meters.
pub struct Copies {
    pub database: Database,
    /// Writes that wait until copies can be reached again.
    stuck: Vec<(Handle, u64)>,
    /// Copies whose clocks a fault has turned, and by how much.
    skews: Vec<(FaultId, Vec<u32>, i64)>,
    stale: MeterId,
    lag: MeterId,
    lost: MeterId,
    diverged: MeterId,
    elections: MeterId,
    leaders: MeterId,
}

impl Copies {
    /// Statements that wait until copies can be reached again.
    #[cfg(test)]
    pub fn stuck(&self) -> impl Iterator<Item = Handle> + '_ {
        self.stuck.iter().map(|(frame, _)| *frame)
    }

    pub fn new(database: Database, id: ServiceId, plan: &Plan) -> Copies {
        let meter = |name: &str| plan.meter(Subject::Service(id.0), name);
        Copies {
            database,
            stuck: Vec::new(),
            skews: Vec::new(),
            stale: meter("stale"),
            lag: meter("lag"),
            lost: meter("lost"),
            diverged: meter("diverged"),
            elections: meter("elections"),
            leaders: meter("leaders"),
        }
    }
}

impl<W: Wire> Engine<W> {
    /// A copy has worked on a statement; what is left to do, or the answer.
    pub(super) fn end_of_statement(&mut self, frame: Handle) {
        let Some(this) = self.frames.get_mut(frame) else { return };
        match this.found_room {
            Some(true) => return self.answer(frame, Outcome::Ok),
            Some(false) => return self.answer(frame, Outcome::Failed(ErrorKind::Unavailable)),
            None => {}
        }
        let (index, replica, traits) = (this.service as usize, this.replica, this.traits);
        if traits.write {
            return self.write(frame, index, replica, traits.key);
        }
        this.found_room = Some(true);
        let now = self.now;
        let Some(copies) = &mut self.nodes[index].copies else { return };
        let (takes, stale) = copies.database.read_quorum(replica, traits.key, now);
        self.meters.share(copies.stale, stale);
        self.go_on_after(frame, takes);
    }

    fn write(&mut self, frame: Handle, index: usize, replica: u32, key: u32) {
        let now = self.now;
        let Some(copies) = &mut self.nodes[index].copies else { return };
        let diverged = copies.database.diverged();
        let commit = copies.database.commit(replica, key, now);
        self.meters.count(copies.diverged, copies.database.diverged() - diverged);
        self.meters.set(copies.lag, now, copies.database.lag(now).as_secs_f64());
        let (at, acked) = match commit {
            Commit::Acked(at) => (at, true),
            Commit::Failed(at) => (at, false),
            Commit::Stuck(position) => return copies.stuck.push((frame, position)),
        };
        if let Some(this) = self.frames.get_mut(frame) {
            this.found_room = Some(acked);
        }
        self.go_on_after(frame, at.since(now));
    }

    fn go_on_after(&mut self, frame: Handle, pause: Span) {
        match pause {
            Span::ZERO => self.soon.push_back(Soon::Advance(frame)),
            pause => self.queue.push(self.now + pause, Event::Statement(frame)),
        }
    }

    /// Something happened to copies of a database; nothing, for another service.
    pub(super) fn change_copies(&mut self, id: ServiceId, replicas: Replicas, change: Change) {
        let (index, now) = (id.index(), self.now);
        let count = self.nodes[index].replicas.len() as u32;
        for replica in replicas.of(count) {
            let Some(copies) = &mut self.nodes[index].copies else { return };
            if let Some((epoch, due)) = copies.database.change(replica, change, now) {
                self.queue.push(due, Event::Election(id.0, epoch));
            }
        }
        self.copies_met(index);
    }

    /// The clocks of some copies are wrong from now on.
    pub(super) fn turn_clocks(&mut self, index: usize, fault: FaultId, whose: Whose, ahead_ns: i64) {
        let Some(copies) = &mut self.nodes[index].copies else { return };
        let turned = copies.database.skew(whose, ahead_ns);
        self.recorder.touched(fault, "clocks turned", turned.len() as u64);
        copies.skews.push((fault, turned, ahead_ns));
    }

    /// What one fault did to clocks is put right.
    pub(super) fn set_clocks_right(&mut self, index: usize, fault: FaultId) {
        let Some(copies) = &mut self.nodes[index].copies else { return };
        for (_, turned, ahead_ns) in copies.skews.iter().filter(|(of, ..)| *of == fault) {
            copies.database.turn_clocks(turned, ahead_ns.saturating_neg());
        }
        copies.skews.retain(|(of, ..)| *of != fault);
    }

    pub(super) fn election(&mut self, index: usize, epoch: u32) {
        let now = self.now;
        let Some(copies) = &mut self.nodes[index].copies else { return };
        let Some(lost) = copies.database.elect(epoch, now) else { return };
        self.meters.count(copies.lost, lost);
        self.meters.count(copies.elections, 1);
        // What the old leader could not get acknowledged will not be.
        for (frame, _) in std::mem::take(&mut copies.stuck) {
            if let Some(this) = self.frames.get_mut(frame) {
                this.found_room = Some(false);
                self.soon.push_back(Soon::Advance(frame));
            }
        }
        let name = &self.plan.services[index].name;
        self.recorder.event(now, format!("{name}: another copy leads; {lost} acknowledged writes are lost"));
        self.copies_met(index);
    }

    /// Copies may hear of each other again: old leaders step down, and writes that were stuck go on.
    fn copies_met(&mut self, index: usize) {
        let now = self.now;
        let Some(copies) = &mut self.nodes[index].copies else { return };
        let lost = copies.database.step_down();
        self.meters.count(copies.lost, lost);
        self.meters.set(copies.leaders, now, f64::from(copies.database.leaders(now)));
        self.meters.set(copies.lag, now, copies.database.lag(now).as_secs_f64());
        let mut freed = Vec::new();
        copies.stuck.retain(|(frame, position)| match copies.database.acked(*position, now) {
            Some(at) => {
                freed.push((*frame, at));
                false
            }
            None => true,
        });
        for (frame, at) in freed {
            if let Some(this) = self.frames.get_mut(frame) {
                this.found_room = Some(true);
                self.go_on_after(frame, at.since(now));
            }
        }
    }

    /// Readings of a database at the end of a cell.
    pub(super) fn read_copies(&mut self, index: usize) {
        let now = self.now;
        if let Some(copies) = &mut self.nodes[index].copies {
            self.meters.set(copies.lag, now, copies.database.lag(now).as_secs_f64());
            self.meters.set(copies.leaders, now, f64::from(copies.database.leaders(now)));
        }
    }
}
