//! The plain choice: everything that is to come in one `std::collections::BinaryHeap`.

use crate::kernel::{Agenda, Kernel, What};
use crate::models::{Model, Played};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

#[derive(Default)]
struct Plain {
    now: u64,
    order: u64,
    heap: BinaryHeap<Entry>,
}

struct Entry {
    at: u64,
    order: u64,
    what: What,
}

pub fn play(model: &Model, seed: u64) -> Played {
    let mut kernel = Kernel::new(model, seed);
    let mut plain = Plain::default();
    let end = (model.length_s * 1e9) as u64;
    kernel.begin(&mut plain);
    while let Some(entry) = plain.heap.pop().filter(|entry| entry.at <= end) {
        plain.now = entry.at;
        kernel.handle(entry.at, entry.what, &mut plain);
    }
    kernel.played
}

impl Plain {
    fn push(&mut self, delay: u64, what: What) {
        self.order += 1;
        self.heap.push(Entry { at: self.now + delay, order: self.order, what });
    }
}

impl Agenda for Plain {
    fn arrival(&mut self, delay: u64) {
        self.push(delay, What::Arrival);
    }

    fn done(&mut self, delay: u64, tier: u32, visit: u32) {
        self.push(delay, What::Done { tier, visit });
    }

    fn timeout(&mut self, delay: u64, request: u32, stamp: u32) {
        self.push(delay, What::Timeout { request, stamp });
    }
}

/// The heap gives out its greatest: the earliest, and of equals the first put in.
impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}
