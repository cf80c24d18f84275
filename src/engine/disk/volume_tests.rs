//! The laws of a volume on small cases.

use super::volume::Volume;
use crate::base::{FaultId, Span, Time};
use crate::plan::{ReadOnly, Reclaim, VolumeSpec};

fn at(seconds: f64) -> Time {
    Time::from_secs_f64(seconds)
}

fn reclaim(bytes_per_sec: f64, after: f64) -> Option<Reclaim> {
    Some(Reclaim { bytes_per_sec, after: Span::from_secs_f64(after), share: 1.0, needs_bytes: 0 })
}

fn volume(spec: VolumeSpec) -> Volume {
    Volume::new(&spec).expect("it has a size")
}

/// The first moment at which nothing is left, looking every so often.
fn full_at(mut volume: Volume, step: f64) -> f64 {
    let mut looks = (1..).map(|look| f64::from(look) * step);
    looks
        .find(|seconds| {
            volume.advance(at(*seconds), |_, _| {});
            volume.free() < 1.0
        })
        .expect("it fills")
}

#[test]
fn it_is_full_after_what_is_free_by_growth_less_reclaim() {
    let base = VolumeSpec { garbage_bytes: 400_000, growth_per_sec: 1000.0, ..VolumeSpec::plain(1_000_000, 500_000) };
    assert!((full_at(volume(base.clone()), 0.5) - 500.0).abs() <= 0.5);
    // Of 1,000 B/s that come, 400 B/s go: 500,000 / 600 s, for which the garbage lasts.
    let freed = VolumeSpec { reclaim: reclaim(400.0, 10_000.0), ..base.clone() };
    for step in [0.5, 7.0, 100.0] {
        let found = full_at(volume(freed.clone()), step);
        assert!((found - 833.3).abs() <= step, "{found} in steps of {step}");
    }
    // At 2,000 B/s the garbage is gone after 200 s, and all of it has made room: 900,000 bytes at 1,000 B/s.
    let fast = VolumeSpec { reclaim: reclaim(2000.0, 10_000.0), ..base };
    assert!((full_at(volume(fast), 0.5) - 900.0).abs() <= 0.5);
}

#[test]
fn writes_become_garbage_after_their_time_and_no_earlier() {
    let spec = VolumeSpec { reclaim: reclaim(1e6, 100.0), ..VolumeSpec::plain(1_000_000, 0) };
    let mut kept = volume(spec);
    // 10 bytes every 0.1 s are 100 B/s; a hundred seconds of them are kept.
    for tick in 1..=10_000 {
        kept.advance(at(f64::from(tick) * 0.1), |_, _| {});
        assert!(kept.write(10));
        if tick == 900 {
            assert_eq!(kept.used(), 9000);
        }
    }
    assert!((kept.used() as f64 - 10_000.0).abs() < 250.0, "{}", kept.used());
}

#[test]
fn a_reclaim_that_needs_room_stands_still_without_it() {
    let needy = |needs_bytes| {
        let reclaim = reclaim(100.0, 0.0).map(|reclaim| Reclaim { needs_bytes, ..reclaim });
        let spec = VolumeSpec { reclaim, garbage_bytes: 50_000, ..VolumeSpec::plain(100_000, 95_000) };
        let mut volume = volume(spec);
        volume.advance(at(100.0), |_, _| {});
        volume.used()
    };
    assert_eq!((needy(10_000), needy(5_000)), (95_000, 85_000));
}

#[test]
fn it_is_read_only_from_one_mark_to_the_other_and_says_when() {
    let read_only = Some(ReadOnly { at_bytes: 900, back_bytes: Some(500) });
    let spec =
        VolumeSpec { growth_per_sec: 10.0, reclaim: reclaim(50.0, 40.0), read_only, ..VolumeSpec::plain(1000, 600) };
    let mut volume = volume(spec);
    let mut turns = Vec::new();
    volume.advance(at(35.0), |at, is| turns.push((at.as_secs_f64(), is)));
    assert_eq!(turns.len(), 1);
    assert!((turns[0].0 - 30.0).abs() < 0.1 && turns[0].1 && volume.is_read_only(), "{turns:?}");
    // What was there at the start is not garbage, so only what has grown goes: it never falls to the lower mark.
    volume.advance(at(500.0), |_, _| panic!("it turns once"));
    assert!((volume.used() as f64 - 1000.0).abs() < 25.0, "{}", volume.used());
    volume.take_away(FaultId(0));
    assert!(volume.is_read_only());
}

#[test]
fn an_operator_makes_it_writable_by_changing_it() {
    let read_only = Some(ReadOnly { at_bytes: 900, back_bytes: None });
    let spec = VolumeSpec { read_only, ..VolumeSpec::plain(1000, 800) };
    let mut volume = volume(spec.clone());
    assert_eq!(volume.fill(FaultId(0), 0.95, false), 150);
    assert!(volume.is_read_only());
    volume.take_away(FaultId(0));
    assert!(volume.is_read_only(), "room alone is not enough");
    volume.reconfigure(&spec);
    assert!(volume.is_read_only(), "nor is a push of what it is");
    volume.reconfigure(&VolumeSpec { size_bytes: Some(2000), ..spec });
    assert!(!volume.is_read_only());
}

#[test]
fn a_write_without_room_fails_and_takes_none() {
    let mut full = volume(VolumeSpec::plain(1000, 950));
    assert!(full.write(50) && !full.write(1));
    assert_eq!((full.used(), full.is_read_only()), (1000, false));
    let read_only = Some(ReadOnly { at_bytes: 1000, back_bytes: Some(1000) });
    let mut turns = volume(VolumeSpec { read_only, ..VolumeSpec::plain(1000, 950) });
    assert!(!turns.write(60) && turns.is_read_only());
}

#[test]
fn ballast_heals_alone() {
    let mut volume = volume(VolumeSpec::plain(1000, 100));
    assert_eq!(volume.fill(FaultId(0), 0.5, false), 400);
    assert_eq!(volume.fill(FaultId(1), 1.0, false), 500);
    assert!(!volume.write(1));
    volume.take_away(FaultId(0));
    assert_eq!(volume.used(), 600);
    assert!(volume.write(10));
    assert_eq!(volume.used(), 610);
}
