//! What a broker holds, hands out and loses, without any requests around it.

use super::copies::Elected;
use super::*;
use crate::plan::broker::{Acks, Keep, Redelivery, Replication};

fn at(seconds: f64) -> Time {
    Time::from_secs_f64(seconds)
}

fn broker(change: impl FnOnce(&mut BrokerSpec)) -> Broker {
    let mut spec = BrokerSpec::plain("it");
    change(&mut spec);
    Broker::new(&spec, 1)
}

fn take_in(broker: &mut Broker, key: u32, now: f64) {
    broker.take_in(Traits::of_key(key), 100, None, at(now));
}

fn next_key(broker: &mut Broker, now: f64) -> Option<(Handle, u32)> {
    let delivery = broker.hand_out(0, 0, 0, at(now))?;
    let message = broker.delivery(delivery).and_then(|delivery| broker.message(delivery.message));
    Some((delivery, message.expect("it is held").traits.key))
}

#[test]
fn what_failed_comes_again_first_and_is_a_dead_letter_in_the_end() {
    let mut broker = broker(|spec| spec.redelivery = Redelivery { max: Some(2), after: Span::from_secs(1) });
    (1..=3).for_each(|key| take_in(&mut broker, key, 0.0));
    let (first, key) = next_key(&mut broker, 0.0).expect("there are three");
    assert_eq!((key, broker.settle(first, false)), (1, Some(Settled::Again(Span::from_secs(1)))));
    let (second, key) = next_key(&mut broker, 0.0).expect("the first one pauses");
    assert_eq!((key, broker.settle(second, true)), (2, Some(Settled::Done)));
    broker.come_again(first);
    let (again, key) = next_key(&mut broker, 1.0).expect("it comes before the third");
    assert_eq!((key, broker.settle(again, false)), (1, Some(Settled::Dead)));
    assert_eq!(broker.settle(again, true), None, "a message ends once");
    assert_eq!((broker.backlog(), broker.bytes()), (1, 100));
    let tally = broker.tally();
    assert_eq!((tally.taken_in, tally.done, tally.dead, tally.again), (3, 1, 1, 1));
}

#[test]
fn every_group_is_given_every_message_and_bytes_are_held_once() {
    let mut broker = broker(|spec| {
        let group = |name: &str| crate::plan::broker::Group { name: name.into(), consumers: vec![] };
        spec.groups = vec![group("one"), group("two")];
    });
    take_in(&mut broker, 1, 0.0);
    assert_eq!(broker.bytes(), 100);
    for (group, left) in [(0, 100), (1, 0)] {
        let delivery = broker.hand_out(group, 0, 0, at(1.0)).expect("each has it");
        broker.settle(delivery, true);
        assert_eq!(broker.bytes(), left);
    }
}

#[test]
fn an_ordered_partition_waits_for_its_message_and_the_others_do_not() {
    let mut broker = broker(|spec| (spec.ordered, spec.partitions, spec.by_key) = (true, 2, true));
    let of_key = |key: u32| ((u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 2) as u32;
    let same: Vec<u32> = (1..).filter(|key| of_key(*key) == of_key(1)).take(2).collect();
    let other = (1..).find(|key| of_key(*key) != of_key(1)).expect("there are two partitions");
    [same[0], same[1], other].iter().for_each(|key| take_in(&mut broker, *key, 0.0));
    let (first, one) = next_key(&mut broker, 0.0).expect("two partitions have one");
    let (_, two) = next_key(&mut broker, 0.0).expect("two partitions have one");
    let mut got = [one, two];
    got.sort_unstable();
    let mut wanted = [same[0], other];
    wanted.sort_unstable();
    assert_eq!(got, wanted);
    assert!(next_key(&mut broker, 0.0).is_none(), "both partitions wait");
    broker.settle(first, true);
    assert_eq!(next_key(&mut broker, 0.0).is_some(), one == same[0], "the next of the same partition");
}

#[test]
fn the_oldest_go_when_there_are_too_many_or_they_are_too_old() {
    let mut few = broker(|spec| spec.keep = Keep { messages: Some(2), ..Keep::default() });
    (1..=5).for_each(|key| take_in(&mut few, key, 0.0));
    assert_eq!((few.tally().dropped, next_key(&mut few, 0.0).map(|(_, key)| key)), (3, Some(4)));
    let mut small = broker(|spec| spec.keep = Keep { bytes: Some(250), ..Keep::default() });
    (1..=5).for_each(|key| take_in(&mut small, key, 0.0));
    assert_eq!((small.tally().dropped, small.bytes()), (3, 200));
    let mut young = broker(|spec| spec.keep = Keep { age: Some(Span::from_secs(10)), ..Keep::default() });
    [1.0, 5.0].iter().for_each(|now| take_in(&mut young, 1, *now));
    assert_eq!(young.age(at(9.0)), Span::from_secs(8));
    young.drop_old(at(11.0));
    assert_eq!((young.tally().dropped, young.backlog()), (1, 1));
}

fn three(change: impl FnOnce(&mut Replication)) -> Copies {
    let mut spec = Replication { min_in_sync: 2, session: Span::from_secs(6), ..Replication::default() };
    change(&mut spec);
    Copies::new(spec, 3)
}

#[test]
fn a_silence_shorter_than_the_session_changes_nothing() {
    let mut copies = three(|spec| spec.session = Span::from_secs(18));
    copies.change(0, Change::Silent, at(10.0));
    assert_eq!(copies.next(), Some(at(28.5)));
    copies.change(0, Change::Back, at(20.0));
    assert_eq!((copies.step(at(20.0)), copies.leader(), copies.in_sync(), copies.next()), (None, Some(0), 3, None));
}

#[test]
fn another_copy_in_sync_leads_after_the_session_and_nothing_acknowledged_is_lost() {
    let mut copies = three(|_| {});
    copies.append(at(1.0));
    copies.change(0, Change::Silent, at(10.0));
    assert_eq!(copies.step(at(16.4)), None);
    assert_eq!(copies.step(at(16.5)), Some(Elected { has: 1 }));
    assert_eq!((copies.leader(), copies.in_sync(), copies.standing(0)), (Some(1), 2, Standing::NoLeader));
    copies.change(2, Change::Silent, at(17.0));
    assert_eq!(copies.known_at(at(18.0)), None, "a silent copy in sync has nothing");
    copies.step(at(23.0));
    assert_eq!((copies.in_sync(), copies.standing(1)), (1, Standing::TooFew));
    copies.change(0, Change::Back, at(24.0));
    assert_eq!((copies.in_sync(), copies.standing(1)), (2, Standing::Ready));
}

#[test]
fn only_an_unclean_election_loses_what_only_the_dead_had() {
    for (unclean, elected) in [(false, None), (true, Some(Elected { has: 1 }))] {
        let mut copies = three(|spec| (spec.acks, spec.unclean) = (Acks::Leader, unclean));
        copies.append(at(1.0));
        [1, 2].iter().for_each(|copy| copies.change(*copy, Change::Silent, at(10.0)));
        copies.step(at(16.0));
        assert_eq!((copies.append(at(20.0)), copies.committed(at(20.0)), copies.in_sync()), (2, 2, 1));
        copies.change(0, Change::Silent, at(21.0));
        assert_eq!(copies.step(at(27.5)), None);
        assert_eq!(copies.leader(), None);
        copies.change(1, Change::Back, at(30.0));
        assert_eq!(copies.step(at(30.0)), elected);
        copies.change(0, Change::Back, at(40.0));
        let last = copies.step(at(40.0));
        assert_eq!(
            (last, copies.leader()),
            if unclean { (None, Some(1)) } else { (Some(Elected { has: 2 }), Some(0)) }
        );
    }
}

#[test]
fn what_is_lost_leaves_the_lines_and_tells_what_was_acknowledged() {
    let mut broker = broker(|_| {});
    (1..=4).for_each(|key| take_in(&mut broker, key, 0.0));
    broker.lose_after(2);
    assert_eq!((broker.tally().lost, broker.backlog(), broker.bytes()), (2, 2, 200));
}
