//! Each toxic by itself, as a lane sees it: what it holds, drops, cuts up and ends, and when.

use super::super::evidence::Tally;
use super::super::hub::Close;
use super::super::lane::{End, Lane, Next};
use super::super::pool;
use super::super::rules::{Act, Direction, Key, Rule, Rules};
use crate::base::Which;
use crate::base::{Dice, Time};
use crate::plan::toxic::{Toxic, ToxicKind};
use crate::plan::{Effect, Ways};
use std::sync::Arc;

const MS: u64 = 1_000_000;

fn toxic(kind: ToxicKind, values: &[f64]) -> Toxic {
    Toxic { kind, values: values.to_vec(), upstream: false, which: Which::ALL }
}

fn rule(stamp: u64, name: &str, toxic: &Toxic) -> Rule {
    let act = Act::of(&Effect::Toxic(toxic.clone()), Dice::named(1, "unused")).expect("toxics concern edges");
    Rule {
        stamp,
        key: Key::Named(name.into()),
        tally: Arc::new(Tally::default()),
        dice_name: name.into(),
        seed: 1,
        since: 0,
        which: toxic.which,
        draw: 0,
        act: Arc::new(act),
    }
}

fn only(kind: ToxicKind, values: &[f64]) -> Rules {
    Rules::none().with(rule(1, "it", &toxic(kind, values)))
}

/// A lane to the client that these rules meet after `ms`.
fn lane(rules: &Rules, ms: u64) -> Lane {
    let mut lane = Lane::new(Direction::Down, 0, Time::ZERO);
    assert_eq!(lane.change(rules, Time(ms * MS)), None);
    lane
}

fn admit(lane: &mut Lane, ms: u64, text: &str, rules: &Rules) {
    let mut buffer = pool::take();
    buffer[..text.len()].copy_from_slice(text.as_bytes());
    lane.admit(Time(ms * MS), buffer, text.len(), rules);
}

/// Writes all that goes now; the sizes of the writes.
fn writes(lane: &mut Lane, ms: u64, rules: &Rules) -> Vec<usize> {
    let mut sizes = Vec::new();
    while let Next::Write(bytes) = lane.next(Time(ms * MS), rules) {
        let size = bytes.len();
        lane.wrote(Time(ms * MS), size);
        sizes.push(size);
    }
    sizes
}

#[test]
fn timeout_drops_everything_and_closes_so_long_after_the_last_bytes() {
    let rules = only(ToxicKind::Timeout, &[300.0]);
    let mut lane = lane(&rules, 10);
    assert_eq!(lane.ends(), Some(Time(310 * MS)));
    admit(&mut lane, 200, "vanishes", &rules);
    assert_eq!((lane.ends(), lane.next(Time(200 * MS), &rules)), (Some(Time(500 * MS)), Next::Idle));
    lane.end(Time(250 * MS), End::Shut);
    assert_eq!(lane.next(Time(400 * MS), &rules), Next::Idle, "the end waits too");
    assert_eq!((lane.strike(Time(499 * MS)), lane.strike(Time(500 * MS))), (None, Some(Close::Clean)));
}

#[test]
fn timeout_of_0_never_closes_but_its_removal_does() {
    let rules = only(ToxicKind::Timeout, &[0.0]);
    let mut lane = lane(&rules, 0);
    assert_eq!(lane.ends(), None);
    let (none, _) = rules.without(&Key::Named("it".into()));
    assert_eq!(lane.change(&none, Time(MS)), Some(Close::Clean));
}

#[test]
fn timeout_takes_what_another_toxic_still_holds() {
    let slow = Rules::none().with(rule(1, "slow", &toxic(ToxicKind::Latency, &[100.0, 0.0])));
    let mut lane = lane(&slow, 0);
    admit(&mut lane, 0, "held", &slow);
    let both = slow.with(rule(2, "gone", &toxic(ToxicKind::Timeout, &[0.0])));
    assert_eq!(lane.change(&both, Time(MS)), None);
    assert_eq!(lane.next(Time(200 * MS), &both), Next::Idle);
}

#[test]
fn reset_peer_needs_no_byte() {
    let rules = only(ToxicKind::ResetPeer, &[50.0]);
    let lane = lane(&rules, 100);
    assert_eq!((lane.ends(), lane.strike(Time(149 * MS))), (Some(Time(150 * MS)), None));
    assert_eq!(lane.strike(Time(150 * MS)), Some(Close::Reset));
}

#[test]
fn cut_after_counts_from_the_opening_of_the_connection() {
    let rules = only(ToxicKind::CutAfter, &[500.0, 0.0]);
    assert_eq!(lane(&rules, 100).ends(), Some(Time(500 * MS)));
    assert_eq!(lane(&rules, 900).strike(Time(900 * MS)), Some(Close::Clean), "one that is older is closed at once");
}

#[test]
fn limit_data_cuts_short_and_then_closes_and_an_update_keeps_the_count() {
    let rules = only(ToxicKind::LimitData, &[5.0]);
    let mut lane = lane(&rules, 0);
    admit(&mut lane, 0, "abc", &rules);
    assert_eq!((writes(&mut lane, 0, &rules), lane.strike(Time(0))), (vec![3], None));
    let wider = rules.with(rule(2, "it", &toxic(ToxicKind::LimitData, &[7.0])));
    assert_eq!(lane.change(&wider, Time(0)), None);
    admit(&mut lane, 1, "defghi", &wider);
    assert_eq!(writes(&mut lane, 1, &wider), [4]);
    assert_eq!(lane.strike(Time(MS)), Some(Close::Clean));
}

#[test]
fn limit_data_of_0_closes_at_the_first_bytes() {
    let rules = only(ToxicKind::LimitData, &[0.0]);
    let mut lane = lane(&rules, 0);
    assert_eq!(lane.ends(), None);
    admit(&mut lane, 0, "abc", &rules);
    assert_eq!((writes(&mut lane, 0, &rules), lane.strike(Time(0))), (vec![], Some(Close::Clean)));
}

#[test]
fn slicer_cuts_into_slices_of_about_the_size_with_a_pause_after_each() {
    let rules = only(ToxicKind::Slicer, &[100.0, 20.0, 10_000.0]);
    let mut lane = lane(&rules, 0);
    admit(&mut lane, 0, &"x".repeat(1000), &rules);
    let mut sizes = Vec::new();
    for step in 0..20 {
        let now = writes(&mut lane, step * 10, &rules);
        assert!(now.len() <= 1, "one slice at a time: {now:?}");
        sizes.extend(now);
    }
    let (last, full) = sizes.split_last().expect("slices");
    assert_eq!(sizes.iter().sum::<usize>(), 1000);
    assert!(full.iter().all(|size| (80..=120).contains(size)) && *last <= 120, "{sizes:?}");
    assert!(full.iter().any(|size| size != &full[0]), "sizes vary: {sizes:?}");
}

#[test]
fn slicer_counts_only_the_writes_that_it_has_changed() {
    let rules = only(ToxicKind::Slicer, &[100.0, 0.0, 0.0]);
    let touched = || rules.get(1).expect("it is there").tally.evidence().touched;
    let mut lane = lane(&rules, 0);
    admit(&mut lane, 0, "short", &rules);
    assert_eq!((writes(&mut lane, 0, &rules), touched()), (vec![5], 0));
    admit(&mut lane, 1, &"x".repeat(250), &rules);
    assert_eq!((writes(&mut lane, 1, &rules), touched()), (vec![100, 100, 50], 2), "it was cut twice");
    let paused = only(ToxicKind::Slicer, &[100.0, 0.0, 10_000.0]);
    let mut lane = self::lane(&paused, 0);
    admit(&mut lane, 0, "one", &paused);
    admit(&mut lane, 0, "two", &paused);
    assert_eq!((writes(&mut lane, 0, &paused), writes(&mut lane, 10, &paused)), (vec![3], vec![3]));
    assert_eq!(paused.get(1).expect("it is there").tally.evidence().touched, 1, "the second had to wait");
}

#[test]
fn a_toxic_that_adds_nothing_touches_nothing() {
    let rules = only(ToxicKind::SlowClose, &[0.0]);
    let mut lane = lane(&rules, 0);
    lane.end(Time(0), End::Shut);
    assert_eq!(rules.get(1).expect("it is there").tally.evidence().touched, 0);
}

#[test]
fn bandwidth_of_0_holds_and_its_removal_delivers() {
    let rules = only(ToxicKind::Bandwidth, &[0.0]);
    let mut lane = lane(&rules, 0);
    admit(&mut lane, 0, "held", &rules);
    assert_eq!(lane.next(Time(3_600_000 * MS), &rules), Next::Idle);
    let (none, _) = rules.without(&Key::Named("it".into()));
    assert_eq!(lane.change(&none, Time(MS)), None);
    assert_eq!(lane.next(Time(MS), &none), Next::Write(b"held"));
}

#[test]
fn slow_close_holds_the_end_and_nothing_else() {
    let rules = only(ToxicKind::SlowClose, &[80.0]);
    let mut lane = lane(&rules, 0);
    admit(&mut lane, 0, "abc", &rules);
    lane.end(Time(0), End::Shut);
    assert_eq!(writes(&mut lane, 0, &rules), [3]);
    assert_eq!(lane.next(Time(0), &rules), Next::Wait(Time(80 * MS)));
    assert_eq!(lane.next(Time(80 * MS), &rules), Next::Shut);
}

#[test]
fn packet_loss_loses_its_share_in_runs_if_correlated_and_passes_the_end() {
    let runs = |correlation: f64| {
        let rules = only(ToxicKind::PacketLoss, &[0.3, correlation]);
        let mut lane = lane(&rules, 0);
        let mut passed = Vec::new();
        for _ in 0..10_000 {
            admit(&mut lane, 0, "x", &rules);
            passed.push(!writes(&mut lane, 0, &rules).is_empty());
        }
        let lost = passed.iter().filter(|passed| !**passed).count();
        assert!((2700..3300).contains(&lost) || correlation > 0.0, "{lost} of 10000");
        lane.end(Time(0), End::Shut);
        assert_eq!(lane.next(Time(0), &rules), Next::Shut);
        passed.windows(2).filter(|pair| pair[0] != pair[1]).count()
    };
    assert!(runs(0.9) * 3 < runs(0.0), "fewer changes when correlated");
}

#[test]
fn toxicity_chooses_by_connection_and_is_drawn_again_on_request() {
    let half = Toxic { which: Which::share(0.5), ..toxic(ToxicKind::ResetPeer, &[0.0]) };
    let rules = Rules::none().with(rule(1, "half", &half));
    let taken = |rules: &Rules| -> Vec<bool> {
        let lane_of = |connection| {
            let mut lane = Lane::new(Direction::Down, connection, Time::ZERO);
            assert_eq!(lane.change(rules, Time::ZERO), None);
            lane.ends().is_some()
        };
        (0..200).map(lane_of).collect()
    };
    let first = taken(&rules);
    let hits = first.iter().filter(|hit| **hit).count();
    assert!((60..140).contains(&hits), "{hits} of 200");
    assert_eq!(first, taken(&rules), "one seed, one choice");
    let again = rules.redrawn(&Key::Named("half".into()));
    assert_ne!(first, taken(&again));
    let mut lane = Lane::new(Direction::Down, 3, Time::ZERO);
    let seen: Vec<bool> = (0..20)
        .scan(rules, |rules, _| {
            lane.change(rules, Time::ZERO);
            *rules = rules.redrawn(&Key::Named("half".into()));
            Some(lane.ends().is_some())
        })
        .collect();
    assert!(seen.contains(&true) && seen.contains(&false), "a live connection is drawn again too: {seen:?}");
}

#[test]
fn the_first_connections_are_those_that_come_after_the_fault() {
    let which = Which { first: Some(2), ..Which::ALL };
    let mut first = rule(1, "first", &Toxic { which, ..toxic(ToxicKind::ResetPeer, &[0.0]) });
    first.since = 10;
    let taken: Vec<u64> = (8..14).filter(|number| first.takes(*number, Direction::Up)).collect();
    assert_eq!(taken, [10, 11]);
}

#[test]
fn toxics_join_delays_add_and_the_smallest_slice_counts() {
    let rules = Rules::none()
        .with(rule(1, "late", &toxic(ToxicKind::Latency, &[100.0, 0.0])))
        .with(rule(2, "later", &toxic(ToxicKind::Latency, &[20.0, 0.0])))
        .with(rule(3, "sliced", &toxic(ToxicKind::Slicer, &[2.0, 0.0, 1000.0])))
        .with(rule(4, "narrow", &toxic(ToxicKind::Bandwidth, &[1.0])));
    let mut lane = lane(&rules, 0);
    admit(&mut lane, 0, "abcd", &rules);
    assert_eq!(lane.next(Time(0), &rules), Next::Wait(Time(120 * MS)));
    assert_eq!(writes(&mut lane, 120, &rules), [2]);
    assert_eq!(writes(&mut lane, 130, &rules), [2]);
    let cut = rules.with(Rule {
        act: Arc::new(Act::Cut { lose: false, ways: Ways::Both }),
        ..rule(5, "cut", &toxic(ToxicKind::Noop, &[]))
    });
    assert_eq!(lane.change(&cut, Time(0)), None);
    admit(&mut lane, 200, "ef", &cut);
    assert_eq!(lane.next(Time(900 * MS), &cut), Next::Idle);
}
