//! Which event queue: the engine's own beside others, in the hold model (take the earliest, put one in at an exponential distance from
//! it), at several numbers of pending events. Prints nanoseconds a hold. `cargo bench --bench queues`.
//!
//! All give equal times out in the order in which they were put in; a sum over what comes out shows that they agree.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[expect(dead_code, reason = "the engine's own file, of which the hold model uses a part and no test")]
#[path = "../src/engine/queue.rs"]
mod queue;

/// What the queue's file finds above itself in the engine: times, and an event of the same size.
mod base {
    pub use firedrill::base::{Span, Time};
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Arrival(u32),
    #[expect(dead_code, reason = "it gives an event the size that it has in the engine")]
    Reply(u64, u32),
}

use base::Time;
use firedrill::base::Dice;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Instant;

trait Queue: Default {
    fn push(&mut self, at: u64, payload: u32);
    fn pop(&mut self) -> Option<(u64, u32)>;
}

#[derive(Default)]
struct Ours(queue::EventQueue);

impl Queue for Ours {
    fn push(&mut self, at: u64, payload: u32) {
        self.0.push(Time(at), Event::Arrival(payload));
    }

    fn pop(&mut self) -> Option<(u64, u32)> {
        match self.0.pop_until(Time::MAX)? {
            (at, Event::Arrival(payload)) => Some((at.0, payload)),
            (at, Event::Reply(..)) => Some((at.0, 0)),
        }
    }
}

#[derive(Default)]
struct Std {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    order: u64,
}

impl Queue for Std {
    fn push(&mut self, at: u64, payload: u32) {
        self.order += 1;
        self.heap.push(Reverse((at, self.order, payload)));
    }

    fn pop(&mut self) -> Option<(u64, u32)> {
        self.heap.pop().map(|Reverse((at, _, payload))| (at, payload))
    }
}

/// A monotone radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, J. ACM 37(2), 1990): bucket i holds what differs from the last time taken
/// first in bit i - 1. Equal times always share a bucket, so their order holds.
struct Radix {
    buckets: Vec<VecDeque<(u64, u32)>>,
    occupied: u128,
    last: u64,
}

impl Default for Radix {
    fn default() -> Radix {
        Radix { buckets: vec![VecDeque::new(); 65], occupied: 0, last: 0 }
    }
}

impl Queue for Radix {
    fn push(&mut self, at: u64, payload: u32) {
        let bucket = (64 - (at ^ self.last).leading_zeros()) as usize;
        self.buckets[bucket].push_back((at, payload));
        self.occupied |= 1 << bucket;
    }

    fn pop(&mut self) -> Option<(u64, u32)> {
        let first = self.occupied.trailing_zeros() as usize;
        if first == 128 {
            return None;
        }
        if first > 0 {
            let mut bucket = std::mem::take(&mut self.buckets[first]);
            self.occupied &= !(1 << first);
            self.last = bucket.iter().map(|(at, _)| *at).min()?;
            bucket.drain(..).for_each(|(at, payload)| self.push(at, payload));
            self.buckets[first] = bucket;
        }
        let taken = self.buckets[0].pop_front();
        if self.buckets[0].is_empty() {
            self.occupied &= !1;
        }
        taken
    }
}

/// A calendar queue (R. Brown, Comm. ACM 31(10), 1988) whose days are sorted lists; it doubles and halves with what is pending.
struct Calendar {
    days: Vec<VecDeque<(u64, u32)>>,
    width: u64,
    len: usize,
    today: u64,
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar { days: vec![VecDeque::new(); 2], width: 1 << 20, len: 0, today: 0 }
    }
}

impl Calendar {
    fn insert(&mut self, at: u64, payload: u32) {
        let days = self.days.len() as u64;
        let day = &mut self.days[(at / self.width % days) as usize];
        let place = day.partition_point(|(other, _)| *other <= at);
        day.insert(place, (at, payload));
    }

    /// A year of about as many days as events, a day of about three mean gaps.
    fn resize(&mut self, days: usize) {
        let mut all: Vec<(u64, u32)> = self.days.drain(..).flatten().collect();
        all.sort_by_key(|(at, _)| *at);
        let spread = all.last().map_or(1, |last| last.0 - all[0].0);
        self.width = (3 * spread / all.len().max(1) as u64).max(1);
        self.days = vec![VecDeque::new(); days];
        self.today = all.first().map_or(0, |first| first.0 / self.width);
        all.into_iter().for_each(|(at, payload)| self.insert(at, payload));
    }
}

impl Queue for Calendar {
    fn push(&mut self, at: u64, payload: u32) {
        self.insert(at, payload);
        self.today = self.today.min(at / self.width);
        self.len += 1;
        if self.len > 2 * self.days.len() {
            self.resize(2 * self.days.len());
        }
    }

    fn pop(&mut self) -> Option<(u64, u32)> {
        if self.len == 0 {
            return None;
        }
        let days = self.days.len() as u64;
        for _ in 0..days {
            let day = &mut self.days[(self.today % days) as usize];
            if let Some(first) = day.front().copied().filter(|first| first.0 / self.width == self.today) {
                day.pop_front();
                self.len -= 1;
                return Some(first);
            }
            self.today += 1;
        }
        // Nothing for a year: go to the earliest.
        let first = self.days.iter().filter_map(|day| day.front()).map(|first| first.0).min()?;
        self.today = first / self.width;
        self.pop()
    }
}

/// Nanoseconds a hold, and a sum over what came out.
fn hold<Q: Queue>(pending: u32) -> (f64, u64) {
    let mut queue = Q::default();
    let mut dice = Dice::named(1, "hold");
    let mut distance = || (dice.exponential() * 1e7) as u64;
    (0..pending).for_each(|payload| queue.push(distance(), payload));
    let mut sum = 0u64;
    let mut hold = |times: u32| {
        for _ in 0..times {
            let (at, payload) = queue.pop().expect("as many are put in as are taken out");
            sum = sum.wrapping_mul(31).wrapping_add(at ^ u64::from(payload));
            queue.push(at + distance(), payload);
        }
    };
    hold(2 * pending.max(100_000));
    let times = 2_000_000;
    let began = Instant::now();
    hold(times);
    (began.elapsed().as_secs_f64() * 1e9 / f64::from(times), sum)
}

fn main() {
    const NAMES: [&str; 4] = ["ours", "std BinaryHeap", "radix heap", "calendar queue"];
    println!("{:>9}  {}", "pending", NAMES.map(|name| format!("{name:>16}")).join(""));
    for pending in [20, 100, 1_000, 10_000, 100_000, 1_000_000] {
        let mut best = [f64::INFINITY; 4];
        let mut sums = [0; 4];
        for _ in 0..5 {
            let round =
                [hold::<Ours>(pending), hold::<Std>(pending), hold::<Radix>(pending), hold::<Calendar>(pending)];
            for (index, (took, sum)) in round.into_iter().enumerate() {
                best[index] = best[index].min(took);
                sums[index] = sum;
            }
        }
        assert!(sums.iter().all(|sum| *sum == sums[0]), "the queues disagree: {sums:?}");
        println!("{pending:>9}  {}", best.map(|took| format!("{took:>13.1} ns")).join(""));
    }
}
