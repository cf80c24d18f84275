//! The laws of replication on small cases.

use super::*;
use crate::base::{Dist, ErrorKind};
use crate::plan::Whose;
use crate::plan::database::{AckWait, Failover, Fencing, Reads, Restore};

fn spec() -> DatabaseSpec {
    DatabaseSpec {
        keys: 10,
        writes: Writes::Leader,
        acks: 0,
        ack_wait: None,
        lag: Dist::Constant(0.1),
        apply_per_sec: None,
        reads: Reads::Followers,
        own_reads: None,
        failover: None,
        restore: None,
    }
}

fn database(spec: DatabaseSpec) -> Database {
    Database::new(&spec, 3, Dice::named(1, "db"))
}

/// The leader takes so many writes, the n-th at a moment.
fn write(db: &mut Database, count: u32, moment: impl Fn(u32) -> f64) {
    for n in 0..count {
        assert!(matches!(db.commit(0, 1, at(moment(n))), Commit::Acked(_)));
    }
}

fn at(seconds: f64) -> Time {
    Time::from_secs_f64(seconds)
}

#[test]
fn followers_are_behind_by_the_lag_and_by_what_they_cannot_apply_in_time() {
    let mut db = database(spec());
    assert_eq!(db.commit(0, 1, at(1.0)), Commit::Acked(at(1.0)));
    assert!(db.is_stale(1, 1, at(1.05)) && !db.is_stale(0, 1, at(1.05)));
    assert!(!db.is_stale(1, 1, at(1.1)));
    // 100 writes in one moment at 10/s: the last is applied after 10 s.
    let mut slow = database(DatabaseSpec { apply_per_sec: Some(10.0), ..spec() });
    write(&mut slow, 100, |_| 0.0);
    assert_eq!(slow.lag(at(0.0)), Span::from_secs_f64(10.1));
    assert!(slow.is_stale(2, 1, at(10.0)) && !slow.is_stale(2, 1, at(10.2)));
}

#[test]
fn a_write_waits_for_the_copies_that_must_have_it() {
    let mut sync = database(DatabaseSpec { acks: 2, ..spec() });
    assert_eq!(sync.commit(0, 1, at(0.0)), Commit::Acked(at(0.2)), "there and back");
    sync.change(2, Change::Apart, at(1.0));
    assert_eq!(sync.commit(0, 1, at(1.0)), Commit::Stuck(2));
    assert_eq!(sync.acked(2, at(5.0)), None);
    sync.change(2, Change::Together, at(6.0));
    assert_eq!(sync.acked(2, at(6.0)), Some(at(6.1)));
    let wait = AckWait { longest: Span::from_secs(1), degrade: true };
    let mut semi = database(DatabaseSpec { acks: 2, ack_wait: Some(wait), ..spec() });
    semi.change(2, Change::Apart, at(0.0));
    assert_eq!(semi.commit(0, 1, at(0.0)), Commit::Acked(at(1.0)));
    let mut strict = database(DatabaseSpec { acks: 2, ack_wait: Some(AckWait { degrade: false, ..wait }), ..spec() });
    strict.change(2, Change::Apart, at(0.0));
    assert_eq!(strict.commit(0, 1, at(0.0)), Commit::Failed(at(1.0)));
}

fn failing_over(fencing: bool, stray: f64, acks: u32) -> Database {
    let fencing = if fencing { Fencing::Token } else { Fencing::None };
    fenced(fencing, stray, acks)
}

fn fenced(fencing: Fencing, stray: f64, acks: u32) -> Database {
    let failover = Failover { lease: Span::from_secs(5), election: Span::from_secs(1), majority: true, fencing, stray };
    database(DatabaseSpec { failover: Some(failover), acks, ..spec() })
}

#[test]
fn a_failover_loses_what_was_acknowledged_and_not_received() {
    let mut db = failing_over(true, 0.0, 0);
    write(&mut db, 100, |n| f64::from(n) / 100.0);
    let (epoch, due) = db.change(0, Change::Down, at(1.0)).expect("the leader is gone");
    assert_eq!(due, at(7.0));
    assert_eq!(db.route(true, 1, at(2.0)), Ok(0), "its clients still knock at its door");
    // The writes of the last 100 ms were on their way, and messages that left arrive: nothing after the crash is new.
    assert_eq!(db.elect(epoch, due), Some(0));
    assert_eq!(db.route(true, 1, due), Ok(1));
    assert_eq!(db.elect(epoch, due), None, "an election is held once");
    let mut db = failing_over(true, 0.0, 0);
    db.change(0, Change::Apart, at(0.0));
    write(&mut db, 50, |n| f64::from(n) / 10.0);
    assert_eq!(db.route(true, 1, at(4.9)), Ok(0));
    assert_eq!(db.route(true, 1, at(5.0)), Err(ErrorKind::Unavailable), "fenced when the lease is over");
    assert_eq!(db.elect(1, at(6.0)), Some(50), "acknowledged alone for five seconds");
    assert_eq!(db.leaders(at(6.0)), 1);
    let mut sync = failing_over(true, 0.0, 1);
    sync.change(0, Change::Apart, at(0.0));
    (0..50).for_each(|n| assert!(matches!(sync.commit(0, n, at(0.0)), Commit::Stuck(_))));
    assert_eq!(sync.elect(1, at(6.0)), Some(0), "what was not acknowledged is not lost");
}

#[test]
fn without_fencing_both_lead_and_one_side_is_thrown_away() {
    let mut db = failing_over(false, 0.4, 0);
    db.change(0, Change::Apart, at(0.0));
    assert_eq!(db.elect(1, at(6.0)), Some(0));
    assert_eq!(db.leaders(at(7.0)), 2);
    let mut old = 0;
    for n in 0..10_000 {
        let copy = db.route(true, n, at(7.0)).expect("somebody takes it");
        old += u64::from(copy == 0);
        db.commit(copy, n % 10, at(7.0));
    }
    assert!((3_800..4_200).contains(&old), "{old}");
    assert_eq!((db.diverged(), db.step_down()), (old, 0));
    db.change(0, Change::Together, at(43.0));
    assert_eq!(db.step_down(), old);
    assert_eq!(db.leaders(at(43.0)), 1);
}

#[test]
fn an_election_is_off_when_the_leader_is_heard_again() {
    let mut db = failing_over(true, 0.0, 0);
    let (epoch, due) = db.change(0, Change::Frozen, at(0.0)).expect("silence");
    db.change(0, Change::Thawed, at(3.0));
    assert_eq!(db.elect(epoch, due), None);
    assert_eq!(db.route(true, 1, due), Ok(0));
}

#[test]
fn quorums_overlap_or_do_not() {
    let spec = |read, acks| DatabaseSpec {
        writes: Writes::Anywhere,
        reads: Reads::Quorum(read),
        acks,
        lag: Dist::Exponential { mean: 0.1 },
        ..spec()
    };
    let stale = |read: u32, acks: u32| {
        let mut db = database(spec(read, acks));
        let mut stale = 0;
        for n in 0..2_000u32 {
            let written = at(f64::from(n) * 10.0);
            let copy = db.route(true, 1, written).expect("a copy");
            let Commit::Acked(acked) = db.commit(copy, 1, written) else { panic!("all are reachable") };
            let copy = db.route(false, 1, acked).expect("a copy");
            stale += u32::from(db.read_quorum(copy, 1, acked).1);
        }
        stale
    };
    assert_eq!(stale(2, 1), 0, "two that wrote and two that are read share one of three");
    assert!(stale(1, 0) > 200, "one and one do not");
}

#[test]
fn a_crashed_copy_plays_back_its_log_before_it_serves() {
    let restore = Restore { load: Span::from_secs(2000), behind: 6_480_000, replay_per_sec: 1500.0 };
    let mut db = database(DatabaseSpec { restore: Some(restore), reads: Reads::Leader, ..spec() });
    db.change(0, Change::Down, at(0.0));
    db.change(0, Change::Up, at(10.0));
    assert_eq!(db.route(true, 1, at(6329.0)), Err(ErrorKind::Unavailable));
    assert_eq!(db.route(true, 1, at(6331.0)), Ok(0));
}

#[test]
fn a_lease_is_as_good_as_the_clocks_and_a_token_needs_none() {
    // Ten writes a second at the old leader, from when it is cut off; which of them are acknowledged after the election at 6 s.
    let alone = |fencing, whose, ahead_s: i64, acks| {
        let mut db = fenced(fencing, 0.5, acks);
        db.skew(whose, ahead_s * 1_000_000_000);
        let (epoch, due) = db.change(0, Change::Apart, at(0.0)).expect("the leader is silent");
        assert!(db.elect(epoch, due).is_some());
        let taken = (0..200).filter(|n| {
            let now = due + Span::from_millis(100 * n);
            db.leaders(now) == 2 && matches!(db.commit(0, 1, now), Commit::Acked(_))
        });
        (due, taken.count())
    };
    assert_eq!(alone(Fencing::Lease, Whose::Leader, 0, 0), (at(6.0), 0));
    assert_eq!(alone(Fencing::Lease, Whose::Leader, -3, 0), (at(6.0), 20), "it stops at 8 s");
    assert_eq!(alone(Fencing::Lease, Whose::Leader, 3, 0), (at(6.0), 0), "it stops at 2 s");
    assert_eq!(alone(Fencing::Lease, Whose::Followers, 3, 0), (at(3.0), 20), "they choose at 3 s");
    assert_eq!(alone(Fencing::Lease, Whose::Leader, -3, 1), (at(6.0), 0), "nobody acknowledges what it takes");
    assert_eq!(alone(Fencing::Token, Whose::Leader, -3, 0), (at(6.0), 0));
    assert_eq!(alone(Fencing::None, Whose::Leader, 0, 0), (at(6.0), 200));
}
