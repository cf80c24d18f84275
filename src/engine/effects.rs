//! Carries out the schedule of faults on what the engine models.

use super::broker;
use super::database::Change;
use super::publishing::Poison;
use super::troubles::{AtDoor, Trouble};
use super::wire::Wire;
use super::{Engine, ServiceId, Target};
use crate::base::{Dice, FaultId};
use crate::plan::{Effect, Limit, Only, Plan, Replicas, Step};

/// Dice for each fault, and after them for each control: controls act by the same effects.
pub(super) fn dice(plan: &Plan) -> Vec<Dice> {
    let of_faults = plan.faults.iter().map(|fault| format!("fault/{}", fault.name));
    let of_controls = plan.controls.iter().map(|control| format!("control/{}", control.name));
    of_faults.chain(of_controls).map(|name| Dice::named(plan.seed, &name)).collect()
}

impl<W: Wire> Engine<W> {
    pub(super) fn step(&mut self, index: usize) {
        let plan = self.plan.clone();
        let step = &plan.schedule[index];
        self.note_step(index);
        if self.wire.step(index, step) {
            self.break_sessions(step);
            self.end_sessions(step);
            return;
        }
        self.carry_out(step);
    }

    /// An effect begins or ends now, by the schedule or because a control says so.
    pub(super) fn carry_out(&mut self, step: &Step) {
        self.break_sessions(step);
        self.end_sessions(step);
        if let Effect::Set(patch) = &step.effect {
            if step.on && self.share.is_first() {
                self.recorder.touched(step.fault, "entries changed", 1);
            }
            return self.set(step.at, step.target, patch);
        }
        match (step.target, step.on) {
            (Target::Edge(edge), true) => self.begin_on_edge(edge, step.fault, &step.effect),
            (Target::Edge(edge), false) => self.end_on_edge(edge, step.fault),
            (Target::Service { id, replicas }, true) => self.begin_on_service(id, replicas, step.fault, &step.effect),
            (Target::Service { id, replicas }, false) => self.end_on_service(id, replicas, step.fault, &step.effect),
            (Target::Control(id), on) => self.freeze_control(id, step.fault, on),
            (Target::Zones { from, to }, on) => self.step_on_zones(on, (from, to), step.fault, &step.effect),
            (Target::Segment(id), on) => self.narrow(id, on, step.fault, &step.effect),
            (Target::Client(client), on) => self.step_on_client(client, (step.at, on), step.fault, &step.effect),
        }
    }

    /// Writes a fault's begin and end into the timeline, once for all the steps it was lowered to.
    fn note_step(&mut self, index: usize) {
        let schedule = &self.plan.schedule;
        let step = &schedule[index];
        let first = !schedule[..index].iter().any(|other| other.fault == step.fault && other.on == step.on);
        if first {
            let fault = &self.plan.faults[step.fault.index()];
            let text = match step.on {
                true => format!("{} begins on {}: {}", fault.name, fault.on, fault.label),
                false => format!("{} ends", fault.name),
            };
            self.recorder.event(self.now, text);
        }
    }

    pub(super) fn begin_on_service(&mut self, id: ServiceId, replicas: Replicas, fault: FaultId, effect: &Effect) {
        let index = id.index();
        match effect {
            Effect::Down | Effect::PowerCut => self.go_down(id, replicas, fault),
            Effect::Drain => {
                let node = &mut self.nodes[index];
                let drained = replicas.of(node.active).count() as u64;
                if let Some(balancer) = &mut node.balancer {
                    balancer.drain(fault, replicas, node.active);
                    self.recorder.touched(fault, "replicas drained", drained);
                }
                self.tell_replicas(id);
            }
            Effect::Freeze => {
                let inside = self.frames_inside(id, replicas).len() as u64;
                self.recorder.touched(fault, "requests frozen", inside);
                for replica in self.nodes[index].aimed_at(replicas) {
                    replica.freeze(self.now, fault);
                }
                self.retune_all(index);
                self.change_copies(id, replicas, Change::Frozen);
                self.change_broker(id, replicas, broker::Change::Silent);
            }
            Effect::Blind => {
                self.recorder.touched(fault, "services hidden", 1);
                self.hide(index, 1);
            }
            Effect::Isolate => {
                let count = replicas.of(self.nodes[index].active).count() as u64;
                self.recorder.touched(fault, "copies cut off", count);
                self.change_copies(id, replicas, Change::Apart);
                self.change_broker(id, replicas, broker::Change::Silent);
            }
            Effect::Skew { whose, ahead_ns } => self.turn_clocks(index, fault, *whose, *ahead_ns),
            Effect::Poison { messages, restart } => {
                if let Some(exchange) = &mut self.nodes[index].exchange {
                    exchange.poisons.push(Poison { fault, left: *messages, restart: *restart });
                }
            }
            Effect::Slow { factor } => self.slow_down(index, fault, (replicas, Only::ALL), *factor),
            Effect::Limit(Limit::Cpu { share }) => self.slow_down(index, fault, (replicas, Only::ALL), 1.0 / share),
            Effect::DiskError(wrong) => self.break_disk(id, replicas, fault, *wrong),
            Effect::Leak(what) => self.leak(id, replicas, fault, *what),
            Effect::SlowDisk(does) => self.slow_disk(id, replicas, fault, does),
            Effect::Fail { chance } => self.trouble_at_door(id, fault, (replicas, Only::ALL), AtDoor::Fail(*chance)),
            Effect::Kill { restart } => self.trouble_at_door(id, fault, (replicas, Only::ALL), AtDoor::Kill(*restart)),
            Effect::Bound { only, until_start, does } => {
                self.begin_bound(id, replicas, fault, (*only, *until_start, does));
            }
            Effect::Forget { share } => {
                let forgotten = self.forget(index, replicas, fault, *share);
                self.recorder.touched(fault, "entries forgotten", forgotten);
            }
            Effect::Fill { share, added } => self.fill_up(index, fault, *share, *added),
            other => unreachable!("{other:?} does not act on a service; the compiler never makes such a step"),
        }
    }

    pub(super) fn end_on_service(&mut self, id: ServiceId, replicas: Replicas, fault: FaultId, effect: &Effect) {
        let index = id.index();
        match effect {
            Effect::Down | Effect::PowerCut => {
                for replica in self.nodes[index].aimed_at(replicas) {
                    replica.rise(self.now, fault);
                }
                if let Some(contents) = &mut self.nodes[index].contents {
                    replicas.of(contents.replicas()).for_each(|replica| contents.reborn(replica, self.now));
                }
                for replica in replicas.of(self.nodes[index].replicas.len() as u32) {
                    if self.nodes[index].replicas[replica as usize].down.is_empty() {
                        self.end_leaks_of(id, replica);
                        self.end_until_start(id, replica);
                        self.change_copies(id, Replicas { from: replica, to: replica + 1, step: 1 }, Change::Up);
                    }
                }
                self.change_broker(id, replicas, broker::Change::Back);
            }
            Effect::Freeze => {
                for replica in replicas.of(self.nodes[index].replicas.len() as u32) {
                    if self.nodes[index].replicas[replica as usize].thaw(self.now, fault) {
                        self.thawed(index, replica);
                    }
                }
                self.change_copies(id, replicas, Change::Thawed);
                self.change_broker(id, replicas, broker::Change::Back);
            }
            Effect::Drain => {
                let node = &mut self.nodes[index];
                if let Some(balancer) = &mut node.balancer {
                    balancer.undrain(fault, node.active);
                }
                self.tell_replicas(id);
            }
            Effect::Blind => self.hide(index, -1),
            Effect::Isolate => {
                self.change_copies(id, replicas, Change::Together);
                self.change_broker(id, replicas, broker::Change::Back);
            }
            Effect::Skew { .. } => self.set_clocks_right(index, fault),
            Effect::Poison { .. } => {
                if let Some(exchange) = &mut self.nodes[index].exchange {
                    exchange.poisons.retain(|poison| poison.fault != fault);
                }
            }
            Effect::Slow { .. } | Effect::Limit(_) => {
                self.nodes[index].slow.retain(|it| !it.is_of(fault, replicas));
                self.retune_all(index);
            }
            Effect::Leak(_) => self.end_leak(id, fault),
            Effect::SlowDisk(_) | Effect::DiskError(_) => self.heal_disk(id, fault),
            Effect::Fail { .. } | Effect::Kill { .. } => self.nodes[index].fail.retain(|it| !it.is_of(fault, replicas)),
            Effect::Bound { until_start, does, .. } => self.end_bound(id, replicas, fault, *until_start, does),
            Effect::Fill { .. } => self.take_away(index, fault),
            _ => {}
        }
        self.all_hand_out();
    }

    /// Work that begins takes this many times longer.
    pub(super) fn slow_down(&mut self, index: usize, fault: FaultId, of: (Replicas, Only), factor: f64) {
        let (replicas, only) = of;
        // Work on cores feels a change of speed; that of some requests has its length already.
        let under_way = if only == Only::ALL { self.nodes[index].running(replicas) } else { 0 };
        self.recorder.touched(fault, "work slowed", under_way);
        self.nodes[index].slow.push(Trouble { fault, replicas, only, how: factor });
        self.retune_all(index);
    }

    /// So many faults more hide a service from monitoring.
    fn hide(&mut self, index: usize, by: i32) {
        let node = &mut self.nodes[index];
        node.hidden += by;
        self.meters.set(node.blind_meter, self.now, f64::from(node.hidden.min(1)));
    }

    /// A crash: what the replicas held is lost, and so is everything that was in flight there.
    pub(super) fn go_down(&mut self, id: ServiceId, replicas: Replicas, fault: FaultId) {
        let index = id.index();
        let (mut crashes, mut taken) = (0, 0);
        for replica in self.nodes[index].aimed_at(replicas) {
            taken += u64::from(replica.down.is_empty());
            replica.down.push(fault);
            crashes += 1;
        }
        // Also one that had nothing to do just then: the others have the load, or a vote is missing.
        self.recorder.touched(fault, "replicas taken down", taken);
        self.meters.count(self.nodes[index].crashes_meter, crashes);
        self.break_idle_to(id, replicas);
        let inside = self.frames_inside(id, replicas);
        self.recorder.touched(fault, "requests lost", inside.len() as u64);
        for frame in inside {
            self.crash(frame);
        }
        let forgotten = self.forget(index, replicas, fault, 1.0);
        self.recorder.touched(fault, "entries forgotten", forgotten);
        self.change_copies(id, replicas, Change::Down);
        self.change_broker(id, replicas, broker::Change::Silent);
    }

    pub(super) fn forget(&mut self, index: usize, replicas: Replicas, fault: FaultId, share: f64) -> u64 {
        let count = self.nodes[index].replicas.len() as u32;
        let Some(contents) = &mut self.nodes[index].contents else { return 0 };
        let dice = &mut self.fault_dice[fault.index()];
        replicas.of(count).map(|replica| contents.forget(replica, share, dice)).sum()
    }
}
