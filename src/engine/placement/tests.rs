//! Placement against the arithmetic of what must move when a replica comes or goes.

use super::*;
use crate::base::Span;

const KEYS: u32 = 200_000;
const RING: PlaceBy = PlaceBy::Ring { points: 160, named: true };

fn placed(by: PlaceBy, replicas: u32) -> Placement {
    Placement::new(&Spec { by, ..Spec::default() }, KEYS, replicas)
}

/// The share of keys that two placements put at different replicas.
fn moved(one: impl Fn(u32) -> u32, other: impl Fn(u32) -> u32) -> f64 {
    (0..KEYS).filter(|key| one(*key) != other(*key)).count() as f64 / f64::from(KEYS)
}

fn out(replicas: &[u32]) -> Out {
    Out { out: replicas.to_vec() }
}

#[test]
fn a_ring_moves_only_the_keys_of_the_one_that_leaves() {
    let ring = placed(RING, 24);
    let (mut least, mut most, mut sum) = (1.0f64, 0.0f64, 0.0);
    for gone in 0..24 {
        let gone_out = out(&[gone]);
        let stays = |key: u32| ring.home(key) == gone || ring.owner(key, &gone_out) == ring.home(key);
        assert!((0..KEYS).all(stays), "a key that had nothing to do with {gone} moved");
        let share = moved(|key| ring.home(key), |key| ring.owner(key, &gone_out));
        (least, most, sum) = (least.min(share), most.max(share), sum + share);
    }
    assert!((sum - 1.0).abs() < 1e-9, "each key has one home");
    // 160 points a server: the shares spread by 1/sqrt(160) = 8% around 1/24 = 4.17%.
    assert!(least > 0.0417 * 0.7 && most < 0.0417 * 1.3, "{least} to {most}");
}

#[test]
fn a_ring_gives_one_more_its_share_and_modulo_deals_anew() {
    let added = |by: PlaceBy, from: u32| {
        let (before, after) = (placed(by, from), placed(by, from + 1));
        moved(|key| before.home(key), |key| after.home(key))
    };
    let near = |what: &str, share: f64, expected: f64, off: f64| {
        assert!((share - expected).abs() <= off, "{what}: {share}, expected {expected}");
    };
    near("ring, 24 to 25", added(RING, 24), 1.0 / 25.0, 0.01);
    near("ring, 10 to 11", added(RING, 10), 1.0 / 11.0, 0.02);
    near("modulo, 10 to 11", added(PlaceBy::Modulo, 10), 10.0 / 11.0, 0.003);
    near("modulo, 24 to 25", added(PlaceBy::Modulo, 24), 24.0 / 25.0, 0.003);
    near("in turn, 10 to 11", added(PlaceBy::InTurn, 10), 10.0 / 11.0, 0.003);
    let modulo = placed(PlaceBy::Modulo, 24);
    let one_out = out(&[7]);
    // 23 residues of 24 * 23 stay where they are.
    near("modulo, one of 24 out", moved(|k| modulo.home(k), |k| modulo.owner(k, &one_out)), 23.0 / 24.0, 0.003);
}

#[test]
fn keys_go_to_those_that_are_left_and_come_back() {
    for by in [PlaceBy::InTurn, PlaceBy::Modulo, RING] {
        let mut placement = placed(by, 5);
        let mut gone = out(&[1, 3]);
        for key in 0..1000 {
            let owner = placement.choose(key, &gone, |_| 0);
            assert!(![1, 3].contains(&owner) && owner < 5, "{by:?}");
        }
        gone.remove(1);
        gone.remove(3);
        assert!((0..1000).all(|key| placement.choose(key, &gone, |_| 0) == placement.home(key)), "{by:?}");
        let everyone = out(&[0, 1, 2, 3, 4]);
        assert!((0..1000).all(|key| placement.choose(key, &everyone, |_| 0) == placement.home(key)), "{by:?}");
    }
}

#[test]
fn hot_keys_go_around_their_copies() {
    for by in [PlaceBy::InTurn, PlaceBy::Modulo, RING] {
        let spec = Spec { by, hot_keys: 10, copies: 3, ..Spec::default() };
        let mut placement = Placement::new(&spec, 1000, 8);
        let mut asked = [0u32; 8];
        (0..300).for_each(|_| asked[placement.choose(4, Out::NOBODY, |_| 0) as usize] += 1);
        let (owners, count) = placement.owners(4, Out::NOBODY);
        assert_eq!(count, 3);
        assert_eq!(asked.iter().filter(|times| **times == 100).count(), 3, "{by:?} {asked:?}");
        assert!(owners[..3].iter().all(|owner| asked[*owner as usize] == 100), "{by:?} {asked:?}");
        assert_eq!(owners[0], placement.home(4), "the first copy is at home");
        assert!((0..50).all(|_| placement.choose(10, Out::NOBODY, |_| 0) == placement.home(10)));
    }
}

#[test]
fn no_replica_is_given_more_than_its_bound() {
    let spec = Spec { by: RING, bound: Some(1.25), ..Spec::default() };
    let mut placement = Placement::new(&spec, 1000, 10);
    let mut loads = [0u32; 10];
    // Half of 1,000 requests are for one key.
    for number in 0..1000u32 {
        let key = if number % 2 == 0 { 0 } else { number };
        let chosen = placement.choose(key, Out::NOBODY, |replica| loads[replica as usize]);
        loads[chosen as usize] += 1;
        let most = (1.25 * f64::from(number + 1) / 10.0).ceil();
        assert!(loads.iter().all(|load| f64::from(*load) <= most), "{number}: {loads:?}");
    }
    assert_eq!(loads[placement.home(0) as usize], 125, "its home is full to the bound");
}

#[test]
fn a_new_replica_may_take_its_share_bit_by_bit() {
    let spec = Spec { by: RING, ramp: Span::from_secs(100), ..Spec::default() };
    let mut placement = Placement::new(&spec, KEYS, 10);
    let start = Time::from_secs_f64(50.0);
    placement.resize(&spec, 11, start);
    let mut shares = Vec::new();
    while placement.next_step < Time::MAX {
        shares.push((0..KEYS).filter(|key| placement.home(*key) == 10).count() as f64 / f64::from(KEYS));
        placement.deal(placement.next_step);
    }
    shares.push((0..KEYS).filter(|key| placement.home(*key) == 10).count() as f64 / f64::from(KEYS));
    assert_eq!(shares.len(), 10, "{shares:?}");
    assert!(shares.is_sorted() && shares[0] < 0.02, "{shares:?}");
    let full = Placement::new(&spec, KEYS, 11);
    assert!((0..KEYS).all(|key| full.home(key) == placement.home(key)), "in the end it is an ordinary member");
}

#[test]
fn without_names_a_crash_moves_keys_for_good() {
    for (named, moves) in [(true, false), (false, true)] {
        let mut placement = placed(PlaceBy::Ring { points: 160, named }, 24);
        let before = placement.clone();
        assert_eq!(placement.reborn(3, Time::ZERO), moves);
        let share = moved(|key| before.home(key), |key| placement.home(key));
        // Its old keys go elsewhere, and others come to its new points: about twice 1/24.
        assert!(if moves { (0.05..0.11).contains(&share) } else { share == 0.0 }, "{share}");
    }
}
