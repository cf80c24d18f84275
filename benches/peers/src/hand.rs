//! The mark to reach: an event list for exactly these models. A 4-ary heap of 16-byte keys for the work under way, timeouts in a FIFO
//! (their delay is constant, and nearly all of them are stale when they come due), the next arrival in a variable of its own.

use crate::kernel::{Agenda, Kernel, What};
use crate::models::{Model, Played};
use std::collections::VecDeque;

/// Time, then a number that breaks ties and carries tier and visit in its low half.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Key(u64, u64);

const TIER_SHIFT: u32 = 28;

#[derive(Default)]
struct Hand {
    now: u64,
    order: u32,
    heap: Vec<Key>,
    arrival: (u64, u32),
    timeouts: VecDeque<Waiting>,
}

#[derive(Clone, Copy)]
struct Waiting {
    at: u64,
    order: u32,
    request: u32,
    stamp: u32,
}

pub fn play(model: &Model, seed: u64) -> Played {
    let mut kernel = Kernel::new(model, seed);
    let mut hand = Hand::default();
    let end = (model.length_s * 1e9) as u64;
    kernel.begin(&mut hand);
    while let Some(what) = hand.next(end) {
        kernel.handle(hand.now, what, &mut hand);
    }
    kernel.played
}

impl Hand {
    #[inline]
    fn next(&mut self, end: u64) -> Option<What> {
        let heap = self.heap.first().map_or((u64::MAX, 0), |key| (key.0, (key.1 >> 32) as u32));
        let timeout = self.timeouts.front().map_or((u64::MAX, 0), |timeout| (timeout.at, timeout.order));
        let at = self.arrival.min(heap).min(timeout);
        if at.0 > end {
            return None;
        }
        self.now = at.0;
        if at == heap {
            let low = self.pop() as u32;
            return Some(What::Done { tier: low >> TIER_SHIFT, visit: low & ((1 << TIER_SHIFT) - 1) });
        }
        if at == self.arrival {
            return Some(What::Arrival);
        }
        let Waiting { request, stamp, .. } = self.timeouts.pop_front()?;
        Some(What::Timeout { request, stamp })
    }

    fn order(&mut self) -> u32 {
        self.order += 1;
        self.order
    }

    fn push(&mut self, key: Key) {
        self.heap.push(key);
        let mut child = self.heap.len() - 1;
        while child > 0 {
            let parent = (child - 1) / 4;
            if self.heap[parent] <= key {
                break;
            }
            self.heap[child] = self.heap[parent];
            child = parent;
        }
        self.heap[child] = key;
    }

    fn pop(&mut self) -> u64 {
        let top = self.heap[0].1;
        let last = self.heap.pop().expect("only called on a heap with a top");
        let len = self.heap.len();
        if len == 0 {
            return top;
        }
        let mut hole = 0;
        loop {
            let first = hole * 4 + 1;
            if first >= len {
                break;
            }
            let mut least = first;
            for child in first + 1..(first + 4).min(len) {
                if self.heap[child] < self.heap[least] {
                    least = child;
                }
            }
            if last <= self.heap[least] {
                break;
            }
            self.heap[hole] = self.heap[least];
            hole = least;
        }
        self.heap[hole] = last;
        top
    }
}

impl Agenda for Hand {
    #[inline]
    fn arrival(&mut self, delay: u64) {
        self.arrival = (self.now + delay, self.order());
    }

    #[inline]
    fn done(&mut self, delay: u64, tier: u32, visit: u32) {
        let low = u64::from(tier << TIER_SHIFT | visit);
        let order = u64::from(self.order());
        self.push(Key(self.now + delay, order << 32 | low));
    }

    #[inline]
    fn timeout(&mut self, delay: u64, request: u32, stamp: u32) {
        let order = self.order();
        self.timeouts.push_back(Waiting { at: self.now + delay, order, request, stamp });
    }
}
