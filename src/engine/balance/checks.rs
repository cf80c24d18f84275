//! Health checks as the engine makes them: a request that needs a worker and no work, one that is worked on, a look at the port,
//! or at the load.

use crate::base::{ErrorKind, Lot, Time};
use crate::engine::frame::{Frame, Origin};
use crate::engine::slab::Handle;
use crate::engine::traits::Traits;
use crate::engine::wire::Wire;
use crate::engine::{Engine, Event, Outcome, ServiceId};
use crate::plan::balance::{Check, Health};

impl<W: Wire> Engine<W> {
    /// The first check of every replica, spread over one interval.
    pub(in crate::engine) fn begin_checks(&mut self) {
        for index in 0..self.nodes.len() {
            let active = self.nodes[index].active;
            (0..active).for_each(|replica| self.begin_checks_of(index, replica, active));
        }
    }

    pub(in crate::engine) fn begin_checks_of(&mut self, index: usize, replica: u32, active: u32) {
        if self.wire.is_real(ServiceId::from(index)) {
            return;
        }
        if let Some(health) = &self.plan.services[index].balance.health {
            let offset = health.interval.mul_f64(f64::from(replica + 1) / f64::from(active.max(1)));
            self.queue.push(self.now + offset, Event::Check(index as u32, replica));
        }
    }

    /// A check is due.
    pub(in crate::engine) fn check(&mut self, index: usize, replica: u32) {
        let Some(health) = self.plan.services[index].balance.health.clone() else { return };
        if replica >= self.nodes[index].active {
            return;
        }
        self.queue.push(self.now + health.interval, Event::Check(index as u32, replica));
        let is_down = !self.nodes[index].replicas[replica as usize].down.is_empty();
        match health.check {
            _ if is_down => self.checked(index, replica, false),
            Check::Tcp => self.checked(index, replica, true),
            Check::Load { above } => {
                let busy = self.busy_share(index, replica, &health);
                self.checked(index, replica, busy <= above);
            }
            Check::Request => self.probe(index, replica, &health, Traits::of_key(0)),
            Check::Work { class } => {
                let lot = Lot(self.nodes[index].strangers.bits());
                self.probe(index, replica, &health, Traits { class, lot, ..Traits::of_key(0) });
            }
        }
    }

    /// Busy workers over workers since the last check, 0 to 1.
    fn busy_share(&mut self, index: usize, replica: u32, health: &Health) -> f64 {
        let workers = self.plan.services[index].workers;
        let node = &mut self.nodes[index];
        let busy_s = node.replicas[replica as usize].busy_seconds(self.now);
        let balancer = node.balancer.as_mut().expect("a service with checks has a balancer");
        let mark = &mut balancer.standings[replica as usize].busy_mark;
        let share = (busy_s - *mark) / health.interval.as_secs_f64();
        *mark = busy_s;
        workers.map_or(0.0, |workers| share / f64::from(workers))
    }

    fn probe(&mut self, index: usize, replica: u32, health: &Health, traits: Traits) {
        let origin = Origin::check(traits);
        self.nodes[index].cell.arrived += 1;
        let mut frame = Frame::new(ServiceId::from(index), replica, origin, self.now);
        if health.check == Check::Request {
            frame.skip_program();
        }
        let frame = self.frames.insert(frame);
        let balancer = self.nodes[index].balancer.as_mut().expect("a service with checks has a balancer");
        balancer.standings[replica as usize].probe = frame;
        self.queue.push(self.now + health.timeout, Event::CheckTimeout(index as u32, replica, frame));
        self.enter(frame, index, replica);
    }

    /// The time of a check is over: without an answer it failed.
    pub(in crate::engine) fn check_timed_out(&mut self, index: usize, replica: u32, frame: Handle) {
        if !self.frames.contains(frame) {
            return;
        }
        self.drop_waiting(frame);
        self.probe_ended(index, replica, frame, Outcome::Failed(ErrorKind::Timeout));
    }

    /// A check came back, or will not.
    pub(in crate::engine) fn probe_ended(&mut self, index: usize, replica: u32, frame: Handle, outcome: Outcome) {
        let Some(balancer) = &mut self.nodes[index].balancer else { return };
        let standing = &mut balancer.standings[replica as usize];
        if standing.probe == frame {
            standing.probe = Handle::NONE;
            self.checked(index, replica, !outcome.is_failure());
        }
    }

    fn checked(&mut self, index: usize, replica: u32, passed: bool) {
        let node = &mut self.nodes[index];
        let Some(balancer) = &mut node.balancer else { return };
        balancer.checked(replica, passed, self.now, node.active);
        self.tell_replicas(ServiceId::from(index));
    }

    /// A request to a replica ended, as its caller or the replica itself saw it.
    #[inline]
    pub(in crate::engine) fn note_outcome(&mut self, index: usize, replica: u32, failed: bool) {
        if self.nodes[index].watches_outcomes {
            self.note_watched_outcome(index, replica, failed);
        }
    }

    fn note_watched_outcome(&mut self, index: usize, replica: u32, failed: bool) {
        let (now, node) = (self.now, &mut self.nodes[index]);
        let Some(balancer) = &mut node.balancer else { return };
        if let Some(until) = balancer.request_ended(replica, failed, now, node.active) {
            self.meters.count(self.nodes[index].ejections_meter, 1);
            self.queue.push(until, Event::Readmit(index as u32, replica));
            self.tell_replicas(ServiceId::from(index));
        }
    }

    pub(in crate::engine) fn readmit(&mut self, index: usize, replica: u32) {
        let (now, node): (Time, _) = (self.now, &mut self.nodes[index]);
        if let Some(balancer) = &mut node.balancer {
            balancer.readmit(replica, now, node.active);
            self.tell_replicas(ServiceId::from(index));
        }
    }
}
