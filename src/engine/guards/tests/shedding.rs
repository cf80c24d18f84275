//! Load shedding: each rule at its bound, and who goes first.

use super::*;
use crate::engine::guards::shed::Shed;
use crate::plan::guards::{Codel, Shed as Spec};

const QUIET: Spec = Spec {
    queue: None,
    wait: None,
    utilisation: None,
    over: Span::from_secs(1),
    codel: None,
    share: 0.0,
    classes: 1,
    last: 0.5,
};

fn sheds(spec: Spec, ask: Ask) -> bool {
    !Shed::new(&spec).admit(at(1.0), &ask, &mut Dice::named(1, "shed"))
}

#[test]
fn by_the_length_of_the_queue_the_least_important_first() {
    let spec = Spec { queue: Some(100), classes: 3, ..QUIET };
    for (class, bound) in [(0, 100), (1, 75), (2, 50), (9, 50)] {
        let ask = |waiting| Ask { class, waiting, ..anyone() };
        assert!(!sheds(spec, ask(bound - 1)), "class {class}");
        assert!(sheds(spec, ask(bound)), "class {class}");
    }
    let none = Spec { queue: Some(0), ..QUIET };
    assert!(!sheds(none, Ask { idle: true, ..anyone() }));
    assert!(sheds(none, anyone()));
}

#[test]
fn by_how_long_the_oldest_has_waited() {
    let spec = Spec { wait: Some(Span::from_millis(20)), classes: 2, ..QUIET };
    let ask = |class, ms| Ask { class, oldest: Span::from_millis(ms), ..anyone() };
    assert_eq!([sheds(spec, ask(0, 20)), sheds(spec, ask(0, 21))], [false, true]);
    assert_eq!([sheds(spec, ask(1, 10)), sheds(spec, ask(1, 11))], [false, true]);
}

#[test]
fn by_how_busy_the_workers_have_been() {
    let mut shed = Shed::new(&Spec { utilisation: Some(0.9), ..QUIET });
    let mut dice = Dice::named(1, "shed");
    let mut first_shed = |busy, from: f64| {
        let ask = Ask { busy, workers: Some(10), ..anyone() };
        (0..1000).map(|n| from + f64::from(n) / 100.0).find(|now| !shed.admit(at(*now), &ask, &mut dice))
    };
    assert_eq!(first_shed(8, 0.0), None);
    // From 0.8 to 0.9 on the way to 1: after ln 2 of the second.
    let after = first_shed(10, 10.0).expect("all busy") - 10.0;
    assert!((0.68..0.73).contains(&after), "{after}");
}

#[test]
fn codel_lets_nobody_in_who_waited_longer_than_the_target_once_the_queue_stands() {
    let codel = Codel { target: Span::from_millis(5), interval: Span::from_millis(100), lifo: true };
    let mut shed = Shed::new(&Spec { codel: Some(codel), ..QUIET });
    let mut dice = Dice::named(1, "shed");
    shed.admit(at(1.0), &anyone(), &mut dice);
    let waited = Span::from_millis(6);
    assert!(shed.start(at(1.05), waited, 3), "a burst may wait for up to the interval");
    assert!(!shed.start(at(1.05), Span::from_millis(101), 3));
    assert!(!shed.newest_first(at(1.1)));
    assert!(shed.newest_first(at(1.101)));
    assert!(!shed.start(at(1.101), waited, 3), "the queue stands");
    assert!(shed.start(at(1.101), Span::from_millis(5), 0), "and now it is empty");
    assert!(shed.start(at(1.102), waited, 3));
}

#[test]
fn a_share_is_taken_from_the_least_important() {
    // Half of all requests are of class 0, 30% of class 1, 20% of class 2.
    let shed_of = |share: f64| {
        let mut shed = Shed::new(&Spec { share, classes: 3, ..QUIET });
        let mut dice = Dice::named(1, "shed");
        let mut draws = Dice::named(1, "classes");
        let (mut asked, mut gone) = ([0.0; 3], [0.0; 3]);
        for _ in 0..100_000 {
            let unit = draws.unit();
            let class = if unit < 0.5 { 0 } else { 1 + u8::from(unit > 0.8) };
            asked[usize::from(class)] += 1.0;
            let admitted = shed.admit(at(1.0), &Ask { class, ..anyone() }, &mut dice);
            gone[usize::from(class)] += f64::from(u8::from(!admitted));
        }
        let total = gone.iter().sum::<f64>() / 100_000.0;
        (total, [gone[0] / asked[0], gone[1] / asked[1], gone[2] / asked[2]])
    };
    let close = |left: f64, right: f64| (left - right).abs() < 0.03;
    let (total, of) = shed_of(0.1);
    assert!(close(total, 0.1) && close(of[0], 0.0) && close(of[1], 0.0) && close(of[2], 0.5), "{total} {of:?}");
    let (total, of) = shed_of(0.35);
    assert!(close(total, 0.35) && close(of[0], 0.0) && close(of[1], 0.5) && close(of[2], 1.0), "{total} {of:?}");
    let (total, of) = shed_of(0.75);
    assert!(close(total, 0.75) && close(of[0], 0.5) && close(of[1], 1.0) && close(of[2], 1.0), "{total} {of:?}");
    assert_eq!(shed_of(1.0).0, 1.0);
    assert_eq!(shed_of(0.0).0, 0.0);
}
