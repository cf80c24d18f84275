//! Carries out what a rollout decides: replicas are drained, stopped and started by the same effects as faults use, and run another
//! version afterwards, with whatever is wrong with it. When, and which of them, is `rollout`.

use super::rollout::Deed;
use super::{Engine, Event, Machine};
use crate::base::{ControlId, FaultId};
use crate::engine::troubles::{AtDoor, Trouble, one};
use crate::engine::wire::Wire;
use crate::plan::{Effect, Flaw, Only, Rollout, Step, Target};

impl<W: Wire> Engine<W> {
    /// A tick of a rollout; nothing for any other control.
    pub(super) fn roll(&mut self, index: usize, look: Option<Option<f64>>) {
        let (now, control) = (self.now, &mut self.controls[index]);
        let Machine::Roll(spec, rollout) = &mut control.machine else { return };
        let node = &mut self.nodes[spec.service.index()];
        let Some(versions) = &mut node.versions else { return };
        let (had_begun, due) = (rollout.has_begun(), rollout.delivery());
        if had_begun && versions.rollout != Some(ControlId::from(index)) {
            rollout.supersede();
        }
        let behind = |goal: u16| (0..node.active).filter(|replica| versions.at(*replica) != goal).collect();
        let deeds = rollout.tick(spec, now, look, versions.current, behind);
        if rollout.has_begun() && !had_begun {
            versions.rollout = Some(ControlId::from(index));
        }
        if versions.rollout == Some(ControlId::from(index)) {
            // Whoever is added from now on runs what the others shall run.
            versions.current = rollout.goal(spec);
        }
        if let Some(at) = rollout.delivery().filter(|at| Some(*at) != due) {
            self.queue.push(at, Event::Tick(index as u32));
        }
        let spec = spec.clone();
        for deed in deeds {
            self.do_deed(index, &spec, deed);
        }
    }

    fn do_deed(&mut self, control: usize, spec: &Rollout, deed: Deed) {
        match deed {
            Deed::Drain(replicas) => {
                replicas.iter().for_each(|it| self.order(control, spec, *it, Effect::Drain, true));
            }
            Deed::Stop(replicas) => {
                replicas.iter().for_each(|it| self.order(control, spec, *it, Effect::Down, true));
            }
            Deed::Start { replicas, version } => {
                for replica in &replicas {
                    self.order(control, spec, *replica, Effect::Down, false);
                    self.start_version(control, spec, *replica, version);
                }
                self.order(control, spec, 0, Effect::Drain, false);
                self.retune_all(spec.service.index());
                self.read_setting(control);
                self.meters.count(self.controls[control].changes, 1);
            }
        }
    }

    /// An effect on one replica begins or ends.
    fn order(&mut self, control: usize, spec: &Rollout, replica: u32, effect: Effect, on: bool) {
        let target = Target::Service { id: spec.service, replicas: one(replica) };
        let fault = self.number_of(control);
        self.carry_out(&Step { at: self.now, on, fault, target, effect });
    }

    /// A replica runs this version from now on, and begins cold.
    fn start_version(&mut self, control: usize, spec: &Rollout, replica: u32, version: u16) {
        let (index, number, faults) = (spec.service.index(), self.number_of(control), self.plan.faults.len());
        let node = &mut self.nodes[index];
        if let Some(versions) = &mut node.versions {
            versions.set(replica, version);
        }
        node.replicas[replica as usize].started = Some(self.now);
        // What was wrong with the version before is gone with it.
        node.fail.retain(|it| it.fault.index() < faults || it.replicas != one(replica));
        node.slow.retain(|it| it.fault.index() < faults || it.replicas != one(replica));
        let flaw = if version == spec.to { spec.flaw } else { Flaw::NONE };
        if flaw.errors > 0.0 {
            node.fail.push(trouble(number, replica, AtDoor::Fail(flaw.errors)));
        }
        if flaw.slower != 1.0 {
            node.slow.push(trouble(number, replica, flaw.slower));
        }
        self.forget(index, one(replica), number, 1.0);
        self.end_until_start(spec.service, replica);
    }

    /// What controls do is told apart from what faults do by numbers beyond theirs.
    fn number_of(&self, control: usize) -> FaultId {
        FaultId::from(self.plan.faults.len() + control)
    }
}

/// What is wrong with a version, at a replica that runs it.
fn trouble<T>(fault: FaultId, replica: u32, how: T) -> Trouble<T> {
    Trouble { fault, replicas: one(replica), only: Only::ALL, how }
}
