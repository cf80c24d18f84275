//! The event queue: a 4-ary heap for events at any time, and FIFO lanes for timers whose delay is constant.
//!
//! Most timers are timeouts, their delay is a constant of the edge, and nearly all of them never fire. In a lane they cost a push
//! and a pop at the ends of a ring buffer, and the heap stays as small as the number of things that really go on.
//! Events at the same time come out in the order in which they were put in, whether by heap or by lane.
//!
//! Nothing here knows what an event means, and nothing is ever taken out but the earliest.

use super::Event;
use crate::base::{Span, Time};
use std::collections::VecDeque;

/// Time, order of insertion and the event's slot in one number, so that one comparison without a branch decides.
type Key = u128;

/// The key of what never comes.
const NEVER: Key = Key::MAX;

/// Delays that get a lane of their own. The front of each is looked at whenever one moves, so there are few.
const LANES_MAX: usize = 16;

/// Names a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Fifo(u32),
    /// There are too many delays: the timer waits in the heap.
    Heap(Span),
}

#[derive(Debug)]
pub struct EventQueue {
    heap: Vec<Key>,
    /// The top has been taken and its place is not filled yet. Most events put one other in: it goes there, and sinks once,
    /// where closing the gap and then pushing would cost two ways through the heap.
    top_taken: bool,
    events: Vec<Event>,
    free: Vec<u32>,
    lanes: Vec<(Span, VecDeque<(Key, Event)>)>,
    /// The key at the front of each lane, or `NEVER`.
    fronts: Vec<Key>,
    /// The least of `fronts` and whose it is.
    first_lane: (Key, usize),
    order: u32,
}

impl Default for EventQueue {
    fn default() -> EventQueue {
        EventQueue {
            heap: Vec::new(),
            top_taken: false,
            events: Vec::new(),
            free: Vec::new(),
            lanes: Vec::new(),
            fronts: Vec::new(),
            first_lane: (NEVER, 0),
            order: 0,
        }
    }
}

#[inline]
fn key(at: Time, order: u32, slot: u32) -> Key {
    Key::from(at.0) << 64 | Key::from(order) << 32 | Key::from(slot)
}

#[inline]
fn time_of(key: Key) -> Time {
    Time((key >> 64) as u64)
}

impl EventQueue {
    /// The lane for this delay; equal delays share one.
    pub fn lane(&mut self, delay: Span) -> Lane {
        if let Some(known) = self.lanes.iter().position(|(of, _)| *of == delay) {
            return Lane::Fifo(known as u32);
        }
        if self.lanes.len() == LANES_MAX {
            return Lane::Heap(delay);
        }
        self.lanes.push((delay, VecDeque::new()));
        self.fronts.push(NEVER);
        Lane::Fifo(self.lanes.len() as u32 - 1)
    }

    #[inline]
    pub fn push(&mut self, at: Time, event: Event) {
        let order = self.next_order();
        let slot = match self.free.pop() {
            Some(slot) => {
                self.events[slot as usize] = event;
                slot
            }
            None => {
                self.events.push(event);
                u32::try_from(self.events.len() - 1).expect("fewer than 2^32 events are pending")
            }
        };
        let key = key(at, order, slot);
        if self.top_taken {
            self.top_taken = false;
            self.sink(key);
        } else {
            self.heap.push(key);
            self.rise(key);
        }
    }

    /// Puts an event at `now` + the lane's delay. `now` must never run backwards.
    #[inline(always)]
    pub fn push_lane(&mut self, lane: Lane, now: Time, event: Event) {
        let index = match lane {
            Lane::Fifo(index) => index as usize,
            Lane::Heap(delay) => return self.push(now + delay, event),
        };
        self.push_into(index, now + self.lanes[index].0, event);
    }

    #[inline(always)]
    fn push_into(&mut self, index: usize, at: Time, event: Event) {
        let order = self.next_order();
        let queue = &mut self.lanes[index].1;
        let key = key(at, order, 0);
        debug_assert!(queue.back().is_none_or(|(last, _)| *last < key), "time ran backwards in a lane");
        queue.push_back((key, event));
        if queue.len() == 1 {
            self.fronts[index] = key;
            if key < self.first_lane.0 {
                self.first_lane = (key, index);
            }
        }
    }

    /// A lane for events that come one after another, each put in when the one before it is out, or soon after.
    pub fn sequence(&mut self) -> Lane {
        if self.lanes.len() == LANES_MAX {
            return Lane::Heap(Span::ZERO);
        }
        self.lanes.push((Span(u64::MAX), VecDeque::new()));
        self.fronts.push(NEVER);
        Lane::Fifo(self.lanes.len() as u32 - 1)
    }

    /// Puts an event that is mostly, but not always, later than those before it into a sequence.
    #[inline]
    pub fn push_next(&mut self, lane: Lane, at: Time, event: Event) {
        match lane {
            Lane::Fifo(index) if self.lanes[index as usize].1.back().is_none_or(|(last, _)| time_of(*last) <= at) => {
                self.push_into(index as usize, at, event);
            }
            _ => self.push(at, event),
        }
    }

    /// When the next event is due.
    #[inline]
    pub fn next_at(&self) -> Option<Time> {
        let next = self.top().min(self.first_lane.0);
        (next != NEVER).then(|| time_of(next))
    }

    /// The least of the heap, or `NEVER`.
    #[inline]
    fn top(&self) -> Key {
        match (self.top_taken, &self.heap[..]) {
            (false, [top, ..]) => *top,
            (true, [_, a, b, c, d, ..]) => (*a.min(b)).min(*c.min(d)),
            (true, [_, few @ ..]) => few.iter().copied().min().unwrap_or(NEVER),
            (_, []) => NEVER,
        }
    }

    /// Takes the next event that is due at or before `until`.
    #[inline(always)]
    pub fn pop_until(&mut self, until: Time) -> Option<(Time, Event)> {
        // Where the top was, a gap may stay while lanes have their turn: what is put in next fills it.
        let top = self.top();
        let next = top.min(self.first_lane.0);
        if time_of(next) > until || next == NEVER {
            return None;
        }
        if next != top {
            return Some((time_of(next), self.pop_lane()));
        }
        self.close_gap();
        self.top_taken = true;
        let slot = next as u32;
        self.free.push(slot);
        Some((time_of(next), self.events[slot as usize]))
    }

    #[inline(always)]
    fn pop_lane(&mut self) -> Event {
        let index = self.first_lane.1;
        let queue = &mut self.lanes[index].1;
        let (_, event) = queue.pop_front().expect("the first lane is not empty");
        self.fronts[index] = queue.front().map_or(NEVER, |(key, _)| *key);
        let mut first = (NEVER, 0);
        for (index, key) in self.fronts.iter().enumerate() {
            if *key < first.0 {
                first = (*key, index);
            }
        }
        self.first_lane = first;
        event
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.events().count()
    }

    #[cfg(test)]
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        let in_heap = self.heap.iter().skip(usize::from(self.top_taken)).map(|key| self.events[*key as u32 as usize]);
        in_heap.chain(self.lanes.iter().flat_map(|(_, queue)| queue).map(|(_, event)| *event))
    }

    /// As if so many events had been put in before: the numbers of insertion end at `u32::MAX`.
    #[cfg(test)]
    fn skip_to(&mut self, order: u32) {
        self.order = self.order.max(order);
    }

    #[inline]
    fn next_order(&mut self) -> u32 {
        if self.order == u32::MAX {
            self.count_anew();
        }
        self.order += 1;
        self.order
    }

    /// The numbers of insertion are used up: those still in use are replaced by the lowest, in the same order.
    #[cold]
    fn count_anew(&mut self) {
        self.close_gap();
        let in_lanes = self.lanes.iter_mut().flat_map(|(_, queue)| queue).map(|(key, _)| key);
        let mut keys: Vec<&mut Key> = self.heap.iter_mut().chain(in_lanes).collect();
        keys.sort_unstable();
        let count = keys.len() as u32;
        for (order, old) in (1..).zip(keys) {
            *old = key(time_of(*old), order, *old as u32);
        }
        self.order = count;
        for (front, (_, queue)) in self.fronts.iter_mut().zip(&self.lanes) {
            *front = queue.front().map_or(NEVER, |(key, _)| *key);
        }
        self.first_lane.0 = self.fronts.get(self.first_lane.1).copied().unwrap_or(NEVER);
    }

    /// Fills the place of a top that was taken with the last.
    #[inline]
    fn close_gap(&mut self) {
        if !self.top_taken {
            return;
        }
        self.top_taken = false;
        if let Some(last) = self.heap.pop()
            && !self.heap.is_empty()
        {
            self.sink(last);
        }
    }

    /// Lets a key find its place from the last one upwards.
    #[inline]
    fn rise(&mut self, key: Key) {
        let mut child = self.heap.len() - 1;
        while child > 0 {
            let parent = (child - 1) / 4;
            if self.heap[parent] < key {
                break;
            }
            self.heap[child] = self.heap[parent];
            child = parent;
        }
        self.heap[child] = key;
    }

    /// Lets a key find its place from the top downwards; what is at the top is overwritten.
    #[inline]
    fn sink(&mut self, key: Key) {
        let heap = &mut self.heap[..];
        let mut hole = 0;
        loop {
            let first = hole * 4 + 1;
            let (least, least_key) = match heap.get(first..first + 4) {
                Some(&[a, b, c, d]) => {
                    let ab = if b < a { (first + 1, b) } else { (first, a) };
                    let cd = if d < c { (first + 3, d) } else { (first + 2, c) };
                    if cd.1 < ab.1 { cd } else { ab }
                }
                _ if first >= heap.len() => break,
                _ => (first + 1..heap.len()).fold((first, heap[first]), |least, child| {
                    if heap[child] < least.1 { (child, heap[child]) } else { least }
                }),
            };
            if key < least_key {
                break;
            }
            heap[hole] = least_key;
            hole = least;
        }
        heap[hole] = key;
    }
}

#[cfg(test)]
#[path = "queue/tests.rs"]
mod tests;
