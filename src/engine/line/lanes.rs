//! Lanes: each listed class has a line of its own, with its own bound and its own share of the workers, so that one class can use up
//! its share and nothing else (a bulkhead by class). Among the lanes that may go on, whoever came first is served first. It keeps
//! handles and counts what it is told of; it never looks behind them.

use super::super::slab::Handle;
use crate::plan::{CLASSES, LaneSpec};
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub struct Lanes {
    /// The listed ones, and last the lane of everybody else.
    pub lanes: Vec<Lane>,
    of_class: [u8; CLASSES],
    order: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Lane {
    pub line: VecDeque<(u64, Handle)>,
    pub waiting: u32,
    pub busy: u32,
    workers: Option<u32>,
    capacity: Option<u32>,
}

impl Lane {
    /// May one more of this lane be worked on?
    pub fn has_share(&self) -> bool {
        self.workers.is_none_or(|workers| self.busy < workers)
    }
}

impl Lanes {
    pub fn new(specs: &[LaneSpec]) -> Lanes {
        let mut of_class = [specs.len() as u8; CLASSES];
        for (lane, spec) in specs.iter().enumerate() {
            of_class[usize::from(spec.class).min(CLASSES - 1)] = lane as u8;
        }
        let lane = |spec: &LaneSpec| Lane { workers: spec.workers, capacity: spec.capacity, ..Lane::default() };
        let lanes = specs.iter().map(lane).chain([Lane::default()]).collect();
        Lanes { lanes, of_class, order: 0 }
    }

    pub fn of(&mut self, class: u8) -> &mut Lane {
        let lane = self.of_class[usize::from(class).min(CLASSES - 1)];
        &mut self.lanes[usize::from(lane)]
    }

    pub fn push(&mut self, frame: Handle, class: u8) {
        self.order += 1;
        let order = self.order;
        self.of(class).line.push_back((order, frame));
    }

    /// The first in the lanes that have a share of the workers left.
    pub fn next(&mut self) -> Option<Handle> {
        self.first(Lane::has_share)
    }

    /// The one that came first of all, to give way when there is no room.
    pub fn oldest(&mut self) -> Option<Handle> {
        self.first(|_| true)
    }

    pub fn is_full(&mut self, class: u8) -> bool {
        let lane = self.of(class);
        lane.capacity.is_some_and(|capacity| lane.waiting >= capacity)
    }

    fn first(&mut self, may: impl Fn(&Lane) -> bool) -> Option<Handle> {
        let lanes = self.lanes.iter_mut().filter(|lane| may(lane) && !lane.line.is_empty());
        let lane = lanes.min_by_key(|lane| lane.line.front().map(|(order, _)| *order))?;
        lane.line.pop_front().map(|(_, frame)| frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_that_has_used_up_its_share_waits_and_the_others_go_on() {
        let frame = |slot| Handle { slot, generation: 1 };
        let mut lanes = Lanes::new(&[LaneSpec { class: 5, workers: Some(1), capacity: Some(2) }]);
        for (slot, class) in [(1, 5), (2, 5), (3, 0), (4, 7)] {
            lanes.push(frame(slot), class);
            lanes.of(class).waiting += 1;
        }
        assert!(lanes.is_full(5) && !lanes.is_full(0));
        assert_eq!(lanes.next(), Some(frame(1)));
        lanes.of(5).busy += 1;
        assert_eq!(lanes.next(), Some(frame(3)));
        assert_eq!(lanes.next(), Some(frame(4)));
        assert_eq!(lanes.next(), None);
        lanes.of(5).busy -= 1;
        assert_eq!(lanes.next(), Some(frame(2)));
    }
}
