//! Which writes count as lost, and which never do.

use super::*;

fn tally(acked: &Acked, found: &[(u32, u64)]) -> u64 {
    acked.tally_values(&found.iter().copied().collect()).lost
}

#[test]
fn a_value_tells_its_number_in_its_own_run_only() {
    let (acked, other) = (Arc::new(Acked::default()), Arc::new(Acked::of_run(7, Share::WHOLE)));
    let write = acked.begin(3);
    let value = write.value(100);
    assert_eq!((value.len(), acked.number_in(&value)), (100, Some(write.number())));
    assert_eq!(other.number_in(&value), None);
    assert_eq!(acked.number_in(b"....."), None);
    assert!(acked.number_in(&write.value(0)).is_some(), "a number is never cut off");
}

#[test]
fn what_was_overwritten_is_not_lost_and_what_went_back_is() {
    let acked = Arc::new(Acked::default());
    let first = acked.begin(1);
    let old = first.number();
    first.acknowledged();
    let second = acked.begin(1);
    let new = second.number();
    second.acknowledged();
    assert_eq!(tally(&acked, &[(1, new)]), 0);
    assert_eq!(tally(&acked, &[(1, old)]), 1, "back to an older state");
    assert_eq!(tally(&acked, &[]), 1, "one state of one key is gone");
    assert_eq!(acked.tally_values(&BTreeMap::new()).acknowledged, 2);
}

#[test]
fn what_may_have_come_later_is_not_counted_against_the_server() {
    let acked = Arc::new(Acked::default());
    let (slow, fast) = (acked.begin(1), acked.begin(1));
    let (slow_number, fast_number) = (slow.number(), fast.number());
    fast.acknowledged();
    slow.acknowledged();
    assert_eq!(tally(&acked, &[(1, slow_number)]), 0, "they were under way together");
    assert_eq!(tally(&acked, &[(1, fast_number)]), 0);
    let never_answered = acked.begin(1);
    let number = never_answered.number();
    drop(never_answered);
    acked.begin(1).acknowledged();
    assert_eq!(tally(&acked, &[(1, number)]), 0, "it may have arrived late");
}

#[test]
fn every_message_counts_for_itself() {
    let acked = Arc::new(Acked::default());
    let numbers: Vec<u64> = (0..200)
        .map(|key| {
            let write = acked.begin(key);
            let number = write.number();
            write.acknowledged();
            number
        })
        .collect();
    drop(acked.begin(0));
    assert_eq!(acked.tally_messages(numbers.iter().copied()), Tally { acknowledged: 200, lost: 0 });
    assert_eq!(acked.tally_messages(numbers[10..].iter().copied().chain([10_000])).lost, 10);
}

#[test]
fn a_filled_value_counts_for_the_order_only() {
    let acked = Arc::new(Acked::default());
    let filled = acked.begin(1);
    let number = filled.number();
    filled.filled();
    assert!(acked.is_empty() && acked.keys().is_empty());
    acked.begin(1).acknowledged();
    assert_eq!(tally(&acked, &[(1, number)]), 1, "the write after it is gone");
}

/// The books of a run that three processes share, each as it has them.
fn three() -> Vec<Arc<Acked>> {
    (0..3).map(|turn| Arc::new(Acked::of_run(7, Share { turn, of: 3 }))).collect()
}

/// What the first of them says when the others have handed in theirs.
fn joined(all: &[Arc<Acked>]) -> Arc<Acked> {
    for (turn, other) in all.iter().enumerate().skip(1) {
        let line = serde_json::to_string(&other.hand_in()).expect("plain data");
        all[0].take_in(turn as u32, serde_json::from_str(&line).expect("the same"));
    }
    all[0].clone()
}

fn acknowledged(by: &Arc<Acked>, key: u32) -> u64 {
    let write = by.begin(key);
    let number = write.number();
    write.acknowledged();
    number
}

#[test]
fn several_processes_never_use_the_same_number_and_count_together() {
    let all = three();
    let numbers: Vec<u64> = (0..99).map(|at| acknowledged(&all[at % 3], at as u32)).collect();
    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>().len(), 99);
    let joined = joined(&all);
    assert_eq!(joined.keys().len(), 99);
    assert_eq!(joined.tally_messages(numbers.iter().copied()), Tally { acknowledged: 99, lost: 0 });
    assert_eq!(joined.tally_messages(numbers[9..].iter().copied()).lost, 9);
}

#[test]
fn the_write_of_one_process_takes_the_place_of_anothers_by_the_clock() {
    let (all, mark) = (three(), std::time::Duration::from_millis(20));
    let old = acknowledged(&all[1], 1);
    // Two marks later it is known to have ended.
    let newest = (0..2).fold(0, |_, _| {
        std::thread::sleep(mark);
        acknowledged(&all[1], 2)
    });
    std::thread::sleep(mark);
    let new = acknowledged(&all[2], 1);
    let under_way = all[0].begin(1);
    let overlapping = under_way.number();
    let other = acknowledged(&all[2], 3);
    under_way.acknowledged();
    let joined = joined(&all);
    assert_eq!(tally(&joined, &[(1, new), (2, newest), (3, other)]), 0);
    assert_eq!(tally(&joined, &[(1, overlapping), (2, newest), (3, other)]), 0, "it ended last");
    assert_eq!(tally(&joined, &[(1, old), (2, newest), (3, other)]), 1, "back to an older state");
    assert_eq!(tally(&joined, &[(2, newest), (3, other)]), 1, "nothing is left");
}

#[test]
fn marks_are_thinned_out_and_stay_true() {
    let mut books = Books::default();
    for number in 0..100_000 {
        books.mark(number * 6_000_000, number);
    }
    let known = |number: u64| books.ended_before(number * 6_000_000);
    assert!((0..100_000).all(|number| known(number) <= number), "never more than had ended");
    assert!(known(99_999) > 99_900 && known(50_000) > 49_900, "{} {}", known(99_999), known(50_000));
}
