//! Work that is more than keeping a worker busy for a while: on shared cores, at a speed that depends on what is in flight, after a
//! cold start. It turns what happens to a replica into changes of its cores, and their next end into one event.

use super::cores::Standing;
use super::efficiency::efficiency;
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Event, ServiceId, Soon};
use crate::base::Span;

impl<W: Wire> Engine<W> {
    /// Puts work on the cores of the frame's replica.
    pub(super) fn work_on_cores(&mut self, frame: Handle, demand: Span) {
        let Some(this) = self.frames.get(frame) else { return };
        let (index, replica) = (this.service as usize, this.replica);
        let now = self.now;
        let stands = self.nodes[index].on_cores(now, replica, |cores| cores.add(now, frame, demand));
        if self.frames.contains(frame) {
            self.frames.beside_mut(frame).stands = stands.unwrap_or(Standing::Away);
        }
        self.arm(index, replica);
    }

    /// A frame goes while its work may still be on the cores.
    pub(super) fn off_cores(&mut self, frame: Handle) {
        let stood = self.frames.beside(frame).stands;
        let Some(this) = self.frames.get(frame).filter(|_| stood != Standing::Away) else { return };
        let (index, replica) = (this.service as usize, this.replica);
        self.frames.beside_mut(frame).stands = Standing::Away;
        let now = self.now;
        self.nodes[index].on_cores(now, replica, |cores| cores.gave_up(now, stood));
        // The frame is still in the slab: who is next is asked for when it is not.
        self.soon.push_back(Soon::Cores(ServiceId::from(index), replica));
    }

    /// The one event that these cores have under way is due, if it is still this one.
    pub(super) fn core_done(&mut self, index: usize, replica: u32, generation: u32) {
        let Some(cores) = &mut self.nodes[index].replicas[replica as usize].cores else { return };
        if cores.generation == generation {
            cores.armed = None;
            self.turn_cores(index, replica);
        }
    }

    /// Takes finished work off the cores and gives them to those in line.
    pub(super) fn turn_cores(&mut self, index: usize, replica: u32) {
        let now = self.now;
        let frames = &mut self.frames;
        let soon = &mut self.soon;
        self.nodes[index].on_cores(now, replica, |cores| {
            while let Some(done) = cores.take_done(now, |frame| frames.contains(frame)) {
                if frames.contains(done) {
                    frames.beside_mut(done).stands = Standing::Away;
                }
                soon.push_back(Soon::Advance(done));
            }
            while let Some(next) = cores.take_next(now, |frame| frames.contains(frame)) {
                if frames.contains(next) {
                    frames.beside_mut(next).stands = Standing::Running;
                }
            }
        });
        self.arm(index, replica);
    }

    /// Sees to it that an event comes when the first work on the cores is done. One that comes too early is put off when it comes.
    fn arm(&mut self, index: usize, replica: u32) {
        let frames = &self.frames;
        let Some(cores) = &mut self.nodes[index].replicas[replica as usize].cores else { return };
        let Some(due) = cores.due(self.now, |frame| frames.contains(frame)) else { return };
        if cores.armed.is_none_or(|armed| due < armed) {
            cores.generation = cores.generation.wrapping_add(1);
            cores.armed = Some(due);
            self.queue.push(due, Event::CoreDone(index as u32, replica, cores.generation));
        }
    }

    /// Sets the speed of a replica's cores to what freezes, slowness and the work in flight leave of it.
    pub(super) fn retune(&mut self, index: usize, replica: u32) {
        let node = &self.nodes[index];
        let place = &node.replicas[replica as usize];
        if place.cores.is_none() {
            return;
        }
        let share = node.working.efficiency.as_ref().map_or(1.0, |curve| efficiency(curve, place.in_flight));
        let speed = if place.frozen.is_empty() { share / node.slowness(replica) } else { 0.0 };
        let now = self.now;
        self.nodes[index].on_cores(now, replica, |cores| cores.set_speed(now, speed));
        self.arm(index, replica);
    }

    /// As `retune`, for all replicas of a service.
    pub(super) fn retune_all(&mut self, index: usize) {
        if self.nodes[index].working.on_cores {
            (0..self.nodes[index].replicas.len() as u32).for_each(|replica| self.retune(index, replica));
        }
    }

    /// One more, or one fewer, is inside a replica whose efficiency depends on how many there are.
    pub(super) fn inside_changed(&mut self, index: usize, replica: u32, by: i32) {
        if self.nodes[index].working.efficiency.is_some() {
            let place = &mut self.nodes[index].replicas[replica as usize];
            place.in_flight = place.in_flight.checked_add_signed(by).expect("no more leave a replica than are inside");
            self.retune(index, replica);
        }
    }
}
