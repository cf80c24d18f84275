//! Contents against references, published figures, and themselves.

use super::reference::*;
use super::*;
use crate::plan::cache::KeepFailures;
use crate::plan::fixture::service;
use crate::plan::{Eviction, PlaceBy, Placement as PlacementSpec};

const ALL: [Eviction; 6] = [
    Eviction::Lru,
    Eviction::Fifo,
    Eviction::Lfu { halve_after: None },
    Eviction::Lfu { halve_after: Some(10) },
    Eviction::S3Fifo,
    Eviction::WTinyLfu,
];

fn made(spec: CacheSpec, replicas: u32) -> Contents {
    let mut service = service("cache", None, vec![]);
    service.replicas = replicas;
    Contents::new(&spec, &service, 1)
}

fn cache(keys: u32, entries: u32, ttl: Option<Span>, warm: bool) -> Contents {
    made(CacheSpec { ttl, warm, ..CacheSpec::plain(keys, entries) }, 1)
}

fn cold(keys: u32, entries: u32, eviction: Eviction) -> Contents {
    made(CacheSpec { eviction, warm: false, ..CacheSpec::plain(keys, entries) }, 1)
}

/// Draws ranks 0..keys under Zipf's law, by inversion.
struct Zipf {
    upto: Vec<f64>,
    dice: Dice,
}

impl Zipf {
    fn new(keys: u32, skew: f64, name: &str) -> Zipf {
        let mut sum = 0.0;
        let mut upto = Vec::new();
        for rank in 1..=keys {
            sum += libm::pow(f64::from(rank), -skew);
            upto.push(sum);
        }
        Zipf { upto: upto.iter().map(|part| part / sum).collect(), dice: Dice::named(1, name) }
    }

    fn draw(&mut self) -> u32 {
        let unit = self.dice.unit();
        self.upto.partition_point(|part| *part <= unit) as u32
    }
}

fn asked(contents: &mut Contents, key: u32) -> bool {
    let replica = contents.choose(key, Out::NOBODY, |_| 0, Time::ZERO);
    let hit = contents.read(replica, key, Time::ZERO) != Read::Miss;
    if !hit {
        contents.fill(replica, key, Time::ZERO);
    }
    hit
}

/// The share of hits after as many reads to warm up.
fn hit_ratio(eviction: Eviction, skew: f64, entries: u32, reads: u32) -> f64 {
    let mut contents = cold(10_000, entries, eviction);
    let mut zipf = Zipf::new(10_000, skew, "reads");
    (0..reads).for_each(|_| {
        asked(&mut contents, zipf.draw());
    });
    let hits = (0..reads).filter(|_| asked(&mut contents, zipf.draw())).count();
    hits as f64 / f64::from(reads)
}

fn naive(eviction: Eviction, capacity: usize) -> Box<dyn Naive> {
    match eviction {
        Eviction::Lru => Box::new(NaiveLru(capacity, Vec::new())),
        Eviction::Fifo => Box::new(NaiveFifo(capacity, Default::default())),
        Eviction::Lfu { halve_after } => {
            let halve_every = halve_after.map(|reads| u64::from(reads) * capacity as u64);
            Box::new(NaiveLfu { capacity, halve_every, ..NaiveLfu::default() })
        }
        Eviction::S3Fifo => Box::new(NaiveS3 { capacity, ..NaiveS3::default() }),
        Eviction::WTinyLfu => Box::new(NaiveTiny { capacity, ..NaiveTiny::default() }),
        Eviction::None => unreachable!("nothing is evicted: there is nothing to compare"),
    }
}

#[test]
fn every_policy_does_what_its_reference_does() {
    for eviction in ALL {
        for (entries, skew) in [(1, 0.5), (2, 1.0), (7, 0.8), (30, 0.6), (150, 0.9)] {
            let mut contents = cold(500, entries, eviction);
            let mut reference = naive(eviction, entries as usize);
            let mut zipf = Zipf::new(500, skew, "reads");
            for number in 0..20_000 {
                let key = zipf.draw();
                let expected = reference.access(key);
                assert_eq!(asked(&mut contents, key), expected, "{eviction:?} of {entries}: read {number} of {key}");
            }
            assert_eq!(contents.cold(), 500 - u64::from(entries), "{eviction:?}");
        }
    }
}

#[test]
fn lru_follows_che_and_lfu_comes_near_its_bound() {
    // Che's approximation (Fricker, Robert and Roberts, arXiv 1202.3974) and the shares of the C most popular of 10,000 keys.
    let cases = [
        (0.8, 100, 0.15662, 0.30005),
        (0.8, 1000, 0.43666, 0.57062),
        (1.0, 100, 0.39053, 0.52999),
        (1.0, 1000, 0.67560, 0.76479),
        (1.2, 1000, 0.86143, 0.90345),
    ];
    for (skew, entries, che, bound) in cases {
        let lru = hit_ratio(Eviction::Lru, skew, entries, 1_000_000);
        assert!((lru / che - 1.0).abs() < 0.01, "LRU {skew} {entries}: {lru}, expected {che}");
        let lfu = hit_ratio(Eviction::Lfu { halve_after: None }, skew, entries, 1_000_000);
        assert!(lfu < bound * 1.01 && lfu > bound * 0.975, "LFU {skew} {entries}: {lfu}, bound {bound}");
    }
}

#[test]
fn those_that_filter_newcomers_beat_lru_under_zipf() {
    for (skew, entries) in [(0.8, 100), (0.8, 1000), (0.9, 300), (1.0, 100), (1.0, 1000)] {
        let ratio = |eviction| hit_ratio(eviction, skew, entries, 400_000);
        let (fifo, lru) = (ratio(Eviction::Fifo), ratio(Eviction::Lru));
        let (s3, tiny) = (ratio(Eviction::S3Fifo), ratio(Eviction::WTinyLfu));
        assert!(fifo < lru, "{skew} {entries}: FIFO {fifo}, LRU {lru}");
        assert!(s3 > lru + 0.02 && tiny > lru + 0.02, "{skew} {entries}: LRU {lru}, S3-FIFO {s3}, W-TinyLFU {tiny}");
    }
}

#[test]
fn halved_counts_forget_yesterdays_favourites() {
    // Yesterday 0..100 were asked for, today 100..200 are.
    let today = |halve_after| {
        let mut contents = cold(200, 100, Eviction::Lfu { halve_after });
        let mut dice = Dice::named(1, "days");
        (0..50_000).for_each(|_| {
            asked(&mut contents, dice.below(100) as u32);
        });
        (0..10_000).filter(|_| asked(&mut contents, 100 + dice.below(100) as u32)).count()
    };
    assert!(today(None) < 500, "{}", today(None));
    assert!(today(Some(5)) > 8000, "{}", today(Some(5)));
}

#[test]
fn the_least_recently_used_goes_first() {
    let mut cache = cache(10, 3, None, false);
    let now = Time::ZERO;
    [0, 1, 2].into_iter().for_each(|key| cache.fill(0, key, now));
    assert_eq!(cache.read(0, 0, now), Read::Hit);
    cache.fill(0, 3, now);
    let found = [0, 1, 2, 3].map(|key| cache.read(0, key, now) == Read::Hit);
    assert_eq!(found, [true, false, true, true]);
    assert_eq!(cache.cold(), 7);
}

#[test]
fn entries_expire_and_are_forgotten() {
    let mut cache = cache(10, 10, Some(Span::from_secs(5)), true);
    assert_eq!(cache.read(0, 9, Time::from_secs_f64(4.9)), Read::Hit);
    assert_eq!(cache.read(0, 9, Time::from_secs_f64(5.0)), Read::Miss);
    assert!(!cache.peek_stale(9, Time::from_secs_f64(5.0)));
    let mut dice = Dice::named(1, "forget");
    assert_eq!(cache.forget(0, 1.0, &mut dice), 9);
    assert_eq!(cache.cold(), 10);
}

#[test]
fn with_grace_an_expired_entry_is_a_miss_that_can_still_be_shown() {
    let spec = CacheSpec { ttl: Some(Span::from_secs(5)), grace: Span::from_secs(10), ..CacheSpec::plain(10, 10) };
    let mut cache = made(spec, 1);
    assert_eq!(cache.read(0, 3, Time::from_secs_f64(6.0)), Read::Miss);
    assert!(cache.peek_stale(3, Time::from_secs_f64(14.9)));
    assert_eq!(cache.read(0, 3, Time::from_secs_f64(15.0)), Read::Miss);
    assert!(!cache.peek_stale(3, Time::from_secs_f64(15.0)));
    assert_eq!(cache.cold(), 1);
}

#[test]
fn jitter_spreads_the_moment_of_expiry() {
    let spec = CacheSpec { ttl: Some(Span::from_secs(100)), jitter: 0.4, ..CacheSpec::plain(1000, 1000) };
    let mut cache = made(spec, 1);
    let hits = |cache: &mut Contents, at: f64| {
        (0..1000).filter(|key| cache.read(0, *key, Time::from_secs_f64(at)) == Read::Hit).count()
    };
    assert_eq!(hits(&mut cache, 59.9), 1000);
    let half = hits(&mut cache, 80.0);
    assert!((440..560).contains(&half), "{half}");
    assert_eq!(hits(&mut cache, 100.0), 0);
}

#[test]
fn without_eviction_a_full_cache_takes_nothing_until_something_expires() {
    let ttl = Some(Span::from_secs(5));
    let mut cache = made(CacheSpec { eviction: Eviction::None, ttl, warm: false, ..CacheSpec::plain(10, 2) }, 1);
    let at = |s: f64| Time::from_secs_f64(s);
    cache.fill(0, 0, at(0.0));
    cache.fill(0, 1, at(1.0));
    cache.fill(0, 2, at(4.0));
    assert_eq!(cache.read(0, 2, at(4.0)), Read::Miss);
    cache.fill(0, 0, at(4.5));
    cache.fill(0, 3, at(6.0));
    let found = [0, 1, 2, 3].map(|key| cache.read(0, key, at(6.0)) == Read::Hit);
    assert_eq!(found, [true, false, false, true], "1 expired at 6 s; 0 was renewed");
}

#[test]
fn warm_holds_the_most_popular_and_replicas_share_evenly() {
    let mut cache = made(CacheSpec::plain(48_000, 48_000), 24);
    assert_eq!(cache.cold(), 0);
    let mut dice = Dice::named(1, "forget");
    assert_eq!(cache.forget(3, 1.0, &mut dice), 2000);
    assert_eq!(cache.cold(), 2000);
    let half = cache.forget(4, 0.5, &mut dice);
    assert!((900..1100).contains(&half), "{half}");
}

#[test]
fn a_replica_that_was_out_comes_back_with_its_old_memory() {
    let by = PlaceBy::Ring { points: 160, named: true };
    let placement = PlacementSpec { by, ..PlacementSpec::default() };
    let mut cache = made(CacheSpec { placement, ..CacheSpec::plain(1000, 4000) }, 4);
    let mut out = Out::default();
    let now = Time::ZERO;
    let key = (0..1000).find(|key| cache.choose(*key, &out, |_| 0, now) == 2).expect("one of them is 2's");
    out.add(2);
    let successor = cache.choose(key, &out, |_| 0, now);
    assert_eq!(cache.read(successor, key, now), Read::Miss);
    cache.write(successor, key, now);
    assert_eq!(cache.read(successor, key, now), Read::Hit);
    out.remove(2);
    assert_eq!(cache.read(2, key, now), Read::Outdated, "it missed the write");
    cache.fill(2, key, now);
    assert_eq!(cache.read(2, key, now), Read::Hit);
    assert_eq!(cache.cold(), 0, "a second copy does not count twice");
}

#[test]
fn a_write_takes_the_entry_away_if_so_told() {
    let mut cache = made(CacheSpec { invalidate: true, ..CacheSpec::plain(10, 10) }, 1);
    cache.write(0, 4, Time::ZERO);
    assert_eq!((cache.read(0, 4, Time::ZERO), cache.cold()), (Read::Miss, 1));
    cache.fill(0, 4, Time::ZERO);
    assert_eq!(cache.read(0, 4, Time::ZERO), Read::Hit);
}

#[test]
fn replicas_are_added_cold_and_taken_away_with_what_they_hold() {
    let by = PlaceBy::Modulo;
    let spec =
        CacheSpec { placement: PlacementSpec { by, ..PlacementSpec::default() }, ..CacheSpec::plain(11_000, 11_000) };
    let mut cache = made(spec.clone(), 10);
    let before = cache.cold();
    cache.reconfigure(&spec, 11, Time::ZERO);
    let moved = (cache.cold() - before) as f64 / 11_000.0;
    assert!((moved - 10.0 / 11.0).abs() < 0.04, "{moved} of all keys are asked for where they are not");
    cache.reconfigure(&spec, 10, Time::ZERO);
    assert_eq!(cache.cold(), before, "the old ones still hold what they held");
    cache.reconfigure(&spec, 9, Time::ZERO);
    cache.reconfigure(&spec, 10, Time::ZERO);
    let lost = cache.cold() - before;
    assert!((1000..1200).contains(&lost), "the tenth came back empty: {lost}");
}

#[test]
fn another_policy_or_size_keeps_what_fits() {
    let spec = CacheSpec::plain(1000, 400);
    let mut cache = made(spec.clone(), 2);
    for eviction in ALL {
        cache.reconfigure(&CacheSpec { eviction, ..spec.clone() }, 2, Time::ZERO);
        assert_eq!(cache.cold(), 600, "{eviction:?}");
    }
    cache.reconfigure(&CacheSpec { entries: 100, ..spec.clone() }, 2, Time::ZERO);
    assert_eq!(cache.cold(), 900);
    cache.reconfigure(&spec, 2, Time::ZERO);
    assert_eq!(cache.cold(), 900, "room comes back, entries do not");
}

/// Whatever is done in whatever order, the books agree with a look at everything.
#[test]
fn the_books_stay_right_under_random_use() {
    for (case, eviction) in ALL.into_iter().chain([Eviction::None]).enumerate() {
        let mut dice = Dice::named(case as u64, "use");
        let by = [PlaceBy::InTurn, PlaceBy::Modulo, PlaceBy::Ring { points: 8, named: false }][case % 3];
        let placement = PlacementSpec { by, hot_keys: 3, copies: 2, ..PlacementSpec::default() };
        let ttl = dice.chance(0.5).then(|| Span::from_secs(20));
        let spec = CacheSpec { eviction, placement, ttl, ..CacheSpec::plain(60, 24) };
        let mut cache = made(spec.clone(), 3);
        let mut out = Out::default();
        let mut replicas = 3;
        for step in 0..5000u32 {
            let now = Time::from_secs_f64(f64::from(step) * 0.1);
            let key = dice.below(60) as u32;
            let replica = cache.choose(key, &out, |_| 0, now);
            match dice.below(40) {
                0 => out.add(dice.below(3) as u32),
                1 => out = Out::default(),
                2 => drop(cache.forget(replica, dice.unit() * 1.5, &mut dice.clone())),
                3 => cache.reborn(replica, now),
                4 => {
                    replicas = 1 + dice.below(4) as u32;
                    out = Out::default();
                    let entries = if dice.chance(0.3) { 12 } else { 24 };
                    cache.reconfigure(&CacheSpec { entries, ..spec.clone() }, replicas, now);
                }
                5..10 => cache.write(replica, key, now),
                10..20 => cache.fill(replica, key, now),
                _ => drop(cache.read(replica, key, now)),
            }
            check_books(&cache, replicas);
        }
    }
}

fn check_books(cache: &Contents, replicas: u32) {
    let mut seen = std::collections::BTreeSet::new();
    let mut at_home = 0;
    for replica in 0..replicas {
        let mut held = 0;
        for slot in cache.policy.all(&cache.slots, replica) {
            let entry = cache.slots[slot];
            assert_eq!(entry.replica, replica);
            assert_eq!(cache.find(entry.key, replica), slot, "an entry is found");
            assert!(seen.insert((entry.key, replica)), "a key is held once by a replica");
            if entry.list != GHOST {
                held += 1;
                at_home += u64::from(cache.placement.home(entry.key) == replica);
            }
        }
        assert_eq!(held, cache.held[replica as usize]);
        assert!(held <= cache.capacity, "{held} of {}", cache.capacity);
    }
    assert_eq!(cache.at_home, at_home);
    let chained = |mut slot: u32| {
        let mut count = 0;
        while slot != NONE {
            (slot, count) = (cache.slots[slot].copy, count + 1);
        }
        count
    };
    assert_eq!(cache.first.iter().map(|slot| chained(*slot)).sum::<usize>(), seen.len(), "nothing else is chained");
}

#[test]
fn a_kept_failure_is_answered_until_it_is_too_old_or_a_value_comes() {
    let failures = Some(KeepFailures { ttl: Span::from_secs(60), kinds: vec![ErrorKind::Error] });
    let at = |s: f64| Time::from_secs_f64(s);
    let mut cache = made(CacheSpec { failures, warm: false, ..CacheSpec::plain(10, 10) }, 1);
    assert!(cache.keeps(ErrorKind::Error) && !cache.keeps(ErrorKind::Timeout));
    (0..3).for_each(|key| cache.keep_failure(0, key, ErrorKind::Error, at(1.0)));
    cache.fill(0, 1, at(2.0));
    cache.write(0, 2, at(2.0));
    let failed = Read::Failure(ErrorKind::Error);
    let read = |cache: &mut Contents, s: f64| [0, 1, 2, 3].map(|key| cache.read(0, key, at(s)));
    assert_eq!(read(&mut cache, 60.9), [failed, Read::Hit, Read::Hit, Read::Miss]);
    assert_eq!(read(&mut cache, 61.0), [Read::Miss, Read::Hit, Read::Hit, Read::Miss]);
    cache.keep_failure(0, 1, ErrorKind::Error, at(62.0));
    assert_eq!(cache.read(0, 1, at(62.0)), Read::Hit, "a fresh value is worth more");
    cache.keep_failure(0, 5, ErrorKind::Error, at(62.0));
    assert_eq!(cache.cold(), 8, "a failure is no value");
    cache.flush(0);
    assert_eq!(cache.read(0, 5, at(63.0)), Read::Miss);
}
