//! A service whose queue and cores are from now on of another kind: those who wait stand in the new line, work goes on where it was.

use super::cores::Cores;
use super::frame::{Frame, State};
use super::line::Line;
use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, ServiceId};
use crate::plan::{Order, Replicas, Service, Sharing};

impl<W: Wire> Engine<W> {
    /// To be called when the node knows its new entry, which replaced one with this order of its queue.
    pub(super) fn reshape(&mut self, id: ServiceId, before: &Order, service: &Service) {
        let index = id.index();
        for replica in 0..self.nodes[index].replicas.len() as u32 {
            let here: Vec<Handle> = self.frames_inside(id, Replicas { from: replica, to: replica + 1, step: 1 });
            if *before != service.queue.order {
                self.stand_anew(index, replica, &service.queue.order, &here);
            }
            self.nodes[index].replicas[replica as usize].in_flight = here.len() as u32;
            if self.nodes[index].working.on_cores {
                self.reshape_cores(index, replica, service);
            }
            self.retune(index, replica);
        }
    }

    fn stand_anew(&mut self, index: usize, replica: u32, order: &Order, here: &[Handle]) {
        let place = &mut self.nodes[index].replicas[replica as usize];
        let mut old = std::mem::replace(&mut place.line, Line::new(order));
        let class = |frame: &Handle| self.frames.get(*frame).map(|frame| (frame.traits.class, frame.state));
        for frame in old.drain() {
            if let Some((class, State::Queued)) = class(&frame) {
                place.line.push(frame, class);
                place.line.waiting_changed(class, 1);
            }
        }
        let carries = |frame: &Frame| frame.service as usize == index && frame.replica == replica && frame.carries();
        let carriers = self.frames.iter().filter(|(_, frame)| carries(frame)).map(|(_, frame)| frame.traits.class);
        carriers.for_each(|class| place.line.busy_changed(class, 1));
        for (class, state) in here.iter().filter_map(class) {
            if state == State::Started {
                place.line.busy_changed(class, 1);
            }
        }
    }

    fn reshape_cores(&mut self, index: usize, replica: u32, service: &Service) {
        let spec = service.working.cores;
        let (count, sharing) = spec.map_or((None, Sharing::Processor), |spec| (Some(spec.count), spec.sharing));
        let now = self.now;
        let place = &mut self.nodes[index].replicas[replica as usize];
        place.cores.get_or_insert_with(|| Box::new(Cores::new(count, sharing)));
        let frames = &mut self.frames;
        self.nodes[index].on_cores(now, replica, |cores| {
            for (frame, stands) in cores.reshape(now, count, sharing, |frame| frames.contains(frame)) {
                if frames.contains(frame) {
                    frames.beside_mut(frame).stands = stands;
                }
            }
        });
    }
}
