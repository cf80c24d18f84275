//! Lanes by themselves: time in, decisions out.

use super::super::evidence::{Count, Tally};
use super::super::rules::{Act, Key, Rule};
use super::*;
use crate::base::Which;
use crate::base::{Dice, Dist, FaultId};
use crate::plan::Effect;
use std::sync::Arc;

const MS: u64 = 1_000_000;

fn rule(stamp: u64, effect: &Effect) -> Rule {
    let act = Act::of(effect, Dice::named(1, "reset")).expect("an effect on an edge");
    let (key, dice_name, act) = (key(stamp), format!("test/{stamp}").into(), Arc::new(act));
    Rule { stamp, key, tally: Arc::default(), dice_name, seed: 1, since: 0, which: Which::ALL, draw: 0, act }
}

fn key(number: u64) -> Key {
    FaultId(number as u32).into()
}

/// A lane that follows these rules from the beginning.
fn lane(direction: Direction, rules: &Rules) -> Lane {
    let mut lane = Lane::new(direction, 0, Time::ZERO);
    assert_eq!(lane.change(rules, Time::ZERO), None);
    lane
}

fn delay(stamp: u64, ms: f64) -> Rule {
    rule(stamp, &Effect::Delay { by: Dist::Constant(ms / 1e3), upstream: false })
}

fn admit(lane: &mut Lane, ms: u64, text: &str, rules: &Rules) {
    let mut buffer = pool::take();
    buffer[..text.len()].copy_from_slice(text.as_bytes());
    lane.admit(Time(ms * MS), buffer, text.len(), rules);
}

#[test]
fn bytes_leave_at_their_arrival_plus_the_delay_and_pipelined_ones_wait_once() {
    let rules = Rules::none().with(delay(1, 100.0));
    let mut lane = lane(Direction::Down, &rules);
    admit(&mut lane, 10, "a", &rules);
    admit(&mut lane, 15, "b", &rules);
    assert_eq!(lane.next(Time(109 * MS), &rules), Next::Wait(Time(110 * MS)));
    assert_eq!(lane.next(Time(110 * MS), &rules), Next::Write(b"a"));
    lane.wrote(Time(0), 1);
    assert_eq!(lane.next(Time(110 * MS), &rules), Next::Wait(Time(115 * MS)));
    assert_eq!(lane.next(Time(115 * MS), &rules), Next::Write(b"b"));
}

#[test]
fn delays_add_and_healing_one_takes_off_its_share_of_what_is_held() {
    let both = Rules::none().with(delay(1, 100.0)).with(delay(2, 30.0));
    let mut lane = lane(Direction::Down, &both);
    admit(&mut lane, 0, "a", &both);
    assert_eq!(lane.next(Time(0), &both), Next::Wait(Time(130 * MS)));
    let (one, gone) = both.without(&key(1));
    assert_eq!(lane.change(&one, Time(0)), None);
    assert_eq!(gone.len(), 1);
    assert_eq!(lane.next(Time(0), &one), Next::Wait(Time(30 * MS)));
    let (none, _) = one.without(&key(2));
    assert_eq!(lane.change(&none, Time(0)), None);
    assert_eq!(lane.next(Time(0), &none), Next::Write(b"a"));
}

#[test]
fn a_later_chunk_with_a_shorter_draw_does_not_overtake() {
    let slow = Rules::none().with(delay(1, 100.0));
    let quick = slow.with(Rule { stamp: 2, ..delay(1, 1.0) });
    let mut lane = lane(Direction::Down, &slow);
    admit(&mut lane, 0, "a", &slow);
    let late = slow.with(delay(3, 1.0));
    assert_eq!(lane.change(&late, Time(0)), None);
    admit(&mut lane, 1, "b", &late);
    assert_eq!(lane.next(Time(50 * MS), &late), Next::Wait(Time(100 * MS)));
    assert!(quick.get(1).is_none(), "applying a fault again replaces its rule");
}

#[test]
fn a_delay_acts_on_its_own_direction_only() {
    let rules = Rules::none().with(delay(1, 100.0));
    let mut lane = lane(Direction::Up, &rules);
    admit(&mut lane, 0, "a", &rules);
    assert_eq!(lane.next(Time(0), &rules), Next::Write(b"a"));
}

#[test]
fn a_cut_holds_everything_the_end_included() {
    let cut = Rules::none().with(rule(1, &Effect::Cut { lose: false, ways: crate::plan::Ways::Both }));
    let mut lane = lane(Direction::Up, &cut);
    admit(&mut lane, 0, "abc", &cut);
    lane.end(Time(0), End::Shut);
    assert_eq!(lane.next(Time(9_000 * MS), &cut), Next::Idle);
    assert!(!lane.wants_more(&cut));
    let (none, gone) = cut.without(&key(1));
    assert_eq!(lane.change(&none, Time(0)), None);
    assert_eq!(lane.next(Time(0), &none), Next::Write(b"abc"));
    lane.wrote(Time(0), 3);
    assert_eq!(lane.next(Time(0), &none), Next::Shut);
    let evidence = gone[0].tally.evidence();
    assert_eq!((evidence.touched, evidence.details["bytes held"]), (1, 3));
}

#[test]
fn a_burst_of_full_buffers_shares_one_draw() {
    let by = Dist::Uniform { low: 0.1, high: 0.9 };
    let rules = Rules::none().with(rule(1, &Effect::Delay { by, upstream: false }));
    let mut lane = lane(Direction::Down, &rules);
    lane.admit(Time(0), pool::take(), CHUNK, &rules);
    admit(&mut lane, 0, "the rest", &rules);
    admit(&mut lane, 0, "another message", &rules);
    let draws: Vec<u64> = lane.queue.iter().map(|held| held.due().0).collect();
    assert_eq!(draws[0], draws[1]);
    assert_ne!(draws[1], draws[2]);
}

#[test]
fn reading_stops_at_the_limits_and_small_chunks_keep_no_large_buffer() {
    let rules = Rules::none().with(delay(1, 100.0));
    let mut lane = lane(Direction::Down, &rules);
    let mut chunks = 0;
    while lane.wants_more(&rules) {
        admit(&mut lane, 0, "x", &rules);
        chunks += 1;
    }
    lane.compact();
    assert_eq!(chunks, CHUNKS_MAX);
    let memory: usize = lane
        .queue
        .iter()
        .map(|held| matches!(&held.what, What::Bytes { buffer, .. } if buffer.len() == 1) as usize)
        .sum();
    assert_eq!(memory, CHUNKS_MAX);
    let mut lane = self::lane(Direction::Down, &rules);
    while lane.wants_more(&rules) {
        lane.admit(Time(0), pool::take(), CHUNK, &rules);
    }
    assert_eq!(lane.bytes, 4 << 20);
}

#[test]
fn a_reservation_survives_the_change_of_other_faults() {
    let limit = Rules::none().with(rule(1, &Effect::Throttle { bytes_per_sec: 1000.0 }));
    let mut lane = lane(Direction::Down, &limit);
    admit(&mut lane, 0, &"x".repeat(500), &limit);
    let Next::Write(first) = lane.next(Time(0), &limit) else { panic!("the first slice goes at once") };
    let first = first.len();
    lane.wrote(Time(0), first);
    let Next::Wait(turn) = lane.next(Time(0), &limit) else { panic!("the second slice waits") };
    let more = limit.with(rule(2, &Effect::Cut { lose: false, ways: crate::plan::Ways::Both }));
    assert_eq!(lane.change(&more, Time(0)), None);
    let (less, _) = more.without(&key(2));
    assert_eq!(lane.change(&less, Time(0)), None);
    assert_eq!(lane.next(Time(0), &less), Next::Wait(turn));
}

#[test]
fn nothing_is_touched_by_a_delay_of_zero() {
    let tally = Arc::new(Tally::default());
    let rules = Rules::none().with(Rule { tally: tally.clone(), ..delay(1, 0.0) });
    admit(&mut lane(Direction::Down, &rules), 0, "a", &rules);
    assert_eq!(tally.evidence().touched, 0);
    tally.add(Count::ChunksDelayed, 1);
    assert_eq!(tally.evidence().touched, 1);
}
