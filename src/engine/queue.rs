//! The event queue: a 4-ary heap for events at any time, and FIFO lanes for timers whose delay is constant.
//!
//! Most timers are timeouts, their delay is a constant of the edge, and nearly all of them never fire. In a lane they cost a push
//! and a pop at the ends of a ring buffer, and the heap stays as small as the number of things that really go on.
//! Events at the same time come out in the order in which they were put in, whether by heap or by lane.

use super::Event;
use crate::base::{Span, Time};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Time,
    /// Order of insertion, which breaks ties.
    order: u64,
    event: Event,
}

impl Entry {
    #[inline]
    fn key(&self) -> (Time, u64) {
        (self.at, self.order)
    }
}

/// Names a lane; lanes are made once, before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane(u32);

#[derive(Debug, Default)]
pub struct EventQueue {
    heap: Vec<Entry>,
    lanes: Vec<(Span, VecDeque<Entry>)>,
    /// The lane with the earliest front, and that front's key; kept up to date so that a peek costs two comparisons.
    first_lane: Option<(Time, u64, usize)>,
    order: u64,
}

impl EventQueue {
    /// The lane for this delay; equal delays share one.
    pub fn lane(&mut self, delay: Span) -> Lane {
        let known = self.lanes.iter().position(|(of, _)| *of == delay);
        let index = known.unwrap_or_else(|| {
            self.lanes.push((delay, VecDeque::new()));
            self.lanes.len() - 1
        });
        Lane(index as u32)
    }

    #[inline]
    pub fn push(&mut self, at: Time, event: Event) {
        let order = self.next_order();
        self.heap.push(Entry { at, order, event });
        self.sift_up(self.heap.len() - 1);
    }

    /// Puts an event at `now` + the lane's delay. `now` must never run backwards.
    #[inline]
    pub fn push_lane(&mut self, lane: Lane, now: Time, event: Event) {
        let order = self.next_order();
        let index = lane.0 as usize;
        let (delay, queue) = &mut self.lanes[index];
        let at = now + *delay;
        debug_assert!(queue.back().is_none_or(|last| last.at <= at), "time ran backwards in a lane");
        queue.push_back(Entry { at, order, event });
        if queue.len() == 1 && self.first_lane.is_none_or(|(t, o, _)| (at, order) < (t, o)) {
            self.first_lane = Some((at, order, index));
        }
    }

    /// When the next event is due.
    #[inline]
    pub fn next_at(&self) -> Option<Time> {
        match (self.heap.first(), self.first_lane) {
            (Some(top), Some((at, ..))) => Some(top.at.min(at)),
            (Some(top), None) => Some(top.at),
            (None, lane) => lane.map(|(at, ..)| at),
        }
    }

    /// Takes the next event that is due at or before `until`.
    #[inline]
    pub fn pop_until(&mut self, until: Time) -> Option<(Time, Event)> {
        let from_lane = match (self.heap.first(), self.first_lane) {
            (None, None) => return None,
            (Some(top), Some((at, order, _))) => (at, order) < top.key(),
            (None, Some(_)) => true,
            (Some(_), None) => false,
        };
        if from_lane {
            let (at, _, index) = self.first_lane.filter(|(at, ..)| *at <= until)?;
            let entry = self.lanes[index].1.pop_front().expect("the first lane is not empty");
            self.find_first_lane();
            return Some((at, entry.event));
        }
        let top = self.heap.first().filter(|top| top.at <= until)?;
        let (at, event) = (top.at, top.event);
        self.remove_top();
        Some((at, event))
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.heap.len() + self.lanes.iter().map(|(_, queue)| queue.len()).sum::<usize>()
    }

    #[cfg(test)]
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.heap.iter().chain(self.lanes.iter().flat_map(|(_, queue)| queue)).map(|entry| entry.event)
    }

    fn next_order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    fn find_first_lane(&mut self) {
        let fronts = self.lanes.iter().enumerate();
        let fronts = fronts.filter_map(|(index, (_, queue))| queue.front().map(|e| (e.at, e.order, index)));
        self.first_lane = fronts.min();
    }

    fn sift_up(&mut self, mut child: usize) {
        let entry = self.heap[child];
        while child > 0 {
            let parent = (child - 1) / 4;
            if self.heap[parent].key() <= entry.key() {
                break;
            }
            self.heap[child] = self.heap[parent];
            child = parent;
        }
        self.heap[child] = entry;
    }

    fn remove_top(&mut self) {
        let last = self.heap.pop().expect("only called on a heap with a top");
        if self.heap.is_empty() {
            return;
        }
        let len = self.heap.len();
        let mut hole = 0;
        loop {
            let first = hole * 4 + 1;
            if first >= len {
                break;
            }
            let mut least = first;
            for child in first + 1..(first + 4).min(len) {
                if self.heap[child].key() < self.heap[least].key() {
                    least = child;
                }
            }
            if last.key() <= self.heap[least].key() {
                break;
            }
            self.heap[hole] = self.heap[least];
            hole = least;
        }
        self.heap[hole] = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the obvious model: a sorted list.
        #[test]
        fn events_come_out_in_order_of_time_then_of_insertion(ops in prop::collection::vec((0u8..4, 0u64..50), 1..300)) {
            let mut queue = EventQueue::default();
            let lanes = [queue.lane(Span(5)), queue.lane(Span(17))];
            let mut model: Vec<(Time, usize)> = Vec::new();
            let mut now = Time(0);
            for (number, (what, by)) in ops.into_iter().enumerate() {
                let event = Event::Arrival(number as u32);
                match what {
                    0 => { queue.push(now + Span(by), event); model.push((now + Span(by), number)); }
                    1 => { queue.push_lane(lanes[0], now, event); model.push((now + Span(5), number)); }
                    2 => { queue.push_lane(lanes[1], now, event); model.push((now + Span(17), number)); }
                    _ => {
                        let until = now + Span(by);
                        model.sort_unstable();
                        prop_assert_eq!(queue.next_at(), model.first().map(|(at, _)| *at));
                        let popped = queue.pop_until(until);
                        let expected = model.first().copied().filter(|(at, _)| *at <= until);
                        prop_assert_eq!(popped, expected.map(|(at, n)| (at, Event::Arrival(n as u32))));
                        if let Some((at, _)) = popped { model.remove(0); now = now.max(at); }
                    }
                }
                prop_assert_eq!(queue.len(), model.len());
            }
        }
    }
}
