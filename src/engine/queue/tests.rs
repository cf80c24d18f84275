//! The event queue against the obvious model, a sorted list: whatever is put in and taken out, in lanes or not, in whatever number.

use super::*;
use proptest::prelude::*;

/// Both at once; what they say must agree.
struct Pair {
    queue: EventQueue,
    lanes: Vec<(Span, Lane)>,
    model: Vec<(Time, u32)>,
    now: Time,
    number: u32,
}

#[derive(Clone, Debug)]
enum Step {
    Push(u64),
    PushLane(usize),
    PopUntil(u64),
    /// Many at the same moment, by heap and by lane in turn.
    Burst(u32),
    /// The numbers of insertion are nearly used up.
    SkipTo(u32),
}

impl Pair {
    fn new(delays: &[u64]) -> Pair {
        let mut queue = EventQueue::default();
        let lanes = delays.iter().map(|delay| (Span(*delay), queue.lane(Span(*delay)))).collect();
        Pair { queue, lanes, model: Vec::new(), now: Time(0), number: 0 }
    }

    fn next(&mut self, at: Time) -> Event {
        self.number += 1;
        self.model.push((at, self.number));
        Event::Arrival(self.number)
    }

    fn push(&mut self, by: u64) {
        let event = self.next(self.now + Span(by));
        self.queue.push(self.now + Span(by), event);
    }

    fn push_lane(&mut self, lane: usize) {
        let (delay, lane) = self.lanes[lane % self.lanes.len()];
        let event = self.next(self.now + delay);
        self.queue.push_lane(lane, self.now, event);
    }

    fn pop_until(&mut self, until: Time) -> bool {
        self.model.sort_unstable();
        assert_eq!(self.queue.next_at(), self.model.first().map(|(at, _)| *at));
        let expected = self.model.first().copied().filter(|(at, _)| *at <= until);
        assert_eq!(self.queue.pop_until(until), expected.map(|(at, number)| (at, Event::Arrival(number))));
        let Some((at, _)) = expected else { return false };
        self.model.remove(0);
        self.now = self.now.max(at);
        true
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Push(by) => self.push(by),
            Step::PushLane(lane) => self.push_lane(lane),
            Step::PopUntil(by) => drop(self.pop_until(self.now + Span(by))),
            Step::Burst(count) => (0..count as usize).for_each(|n| match n % 2 {
                0 => self.push(self.lanes[n % self.lanes.len()].0.0),
                _ => self.push_lane(n - 1),
            }),
            Step::SkipTo(left) => self.queue.skip_to(u32::MAX - left),
        }
        assert_eq!(self.queue.len(), self.model.len());
    }

    fn drain(&mut self) {
        while self.pop_until(Time::MAX) {}
        assert_eq!((self.queue.len(), self.model.len()), (0, 0));
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0u64..50).prop_map(Step::Push),
        4 => (0usize..64).prop_map(Step::PushLane),
        8 => (0u64..50).prop_map(Step::PopUntil),
        1 => (1u32..20).prop_map(Step::Burst),
        1 => (0u32..10).prop_map(Step::SkipTo),
    ];
    prop::collection::vec(step, 1..400)
}

proptest! {
    /// With few delays, and with far more than there are lanes: the rest waits in the heap, among the others.
    #[test]
    fn events_come_out_in_order_of_time_then_of_insertion(steps in steps(), delays in 1u64..=3 * LANES_MAX as u64) {
        let mut pair = Pair::new(&(1..=delays).collect::<Vec<u64>>());
        steps.into_iter().for_each(|step| pair.step(step));
        pair.drain();
    }
}

#[test]
fn equal_delays_share_a_lane_and_delays_without_a_lane_are_as_long() {
    let mut pair = Pair::new(&(1..=LANES_MAX as u64 + 5).collect::<Vec<u64>>());
    let (last, none) = (pair.lanes[LANES_MAX - 1], pair.lanes[LANES_MAX]);
    assert!(matches!(last.1, Lane::Fifo(_)) && none.1 == Lane::Heap(none.0), "{last:?} {none:?}");
    assert_eq!((pair.queue.lane(last.0), pair.queue.lane(none.0)), (last.1, none.1));
    (0..pair.lanes.len()).for_each(|lane| pair.push_lane(lane));
    pair.drain();
}

#[test]
fn the_order_outlives_the_numbers_of_insertion() {
    let mut pair = Pair::new(&[5, 7]);
    // Everything is due at the same moment, so that nothing but the order of insertion tells them apart.
    pair.step(Step::SkipTo(3));
    for round in 0..4 {
        (0..3).for_each(|_| pair.push(5));
        pair.push_lane(0);
        assert!(pair.pop_until(Time(5)), "the gap that a top leaves is open in round {round}");
        pair.queue.skip_to(u32::MAX - round);
    }
    pair.push(5);
    pair.push_lane(1);
    pair.drain();
}
