//! Faults on single messages, played in the simulator: which requests they pick, and what becomes of them.

use super::theory::played::{Played, play};
use firedrill::base::ErrorKind;

/// A hundred requests a second; the fault lies on their call from 5 s to 15 s.
fn hit(send: &str, fault: &str) -> Played {
    play(&format!(
        "
name: spoiled
length: 20s
window: 1s
clients:
  users: {{calls: {{to: web, timeout: 500ms, response: 10KiB}}, rate: 100/s, arrivals: constant, {send}keys: {{count: 10, skew: 0}}}}
services:
  web: {{work: 1ms}}
faults:
  it: {{on: users->web, at: 5s, for: 10s, {fault}}}
expect: [success(users) >= 0%]
"
    ))
}

fn failed(played: &Played, kind: ErrorKind) -> u64 {
    let users = played.over(5.0, 15.0).users();
    assert_eq!(users.failed(), users.errors[kind as usize], "only {kind:?}");
    let around = [(0.0, 5.0), (15.0, 20.0)].map(|(from, to)| played.over(from, to).users().failed());
    assert_eq!(around, [0, 0], "nothing fails before and after");
    users.failed()
}

fn evidence(played: &Played, what: &str) -> u64 {
    played.recording.evidence[0].details.get(what).copied().unwrap_or(0)
}

#[test]
fn statuses_become_what_callers_make_of_them() {
    use ErrorKind::*;
    for (status, kind) in [(503, Rejected), (429, Throttled), (500, Error), (507, NoSpace), (504, Timeout)] {
        let played = hit("", &format!("kind: http, status: {status}"));
        assert_eq!(failed(&played, kind), 1000, "{status}");
        assert_eq!(evidence(&played, "requests answered by the fault"), 1000);
        assert_eq!(played.over(5.5, 15.0).service("web").arrived, 0, "the server sees none of them");
    }
    assert_eq!(failed(&hit("", "kind: http, status: 404"), Error), 0, "an answer like any other");
}

#[test]
fn the_first_so_many_every_so_manieth_and_a_share_are_picked() {
    assert_eq!(failed(&hit("", "kind: http, reset: true, first: 7"), ErrorKind::Reset), 7);
    assert_eq!(failed(&hit("", "kind: http, reset: true, every: 10"), ErrorKind::Reset), 100);
    let share = failed(&hit("", "kind: http, reset: true, share: 20%"), ErrorKind::Reset);
    assert!((140..=260).contains(&share), "{share} of 1000");
}

#[test]
fn method_path_and_key_decide_which_requests_are_meant() {
    let send = "send: {method: POST, path: \"/item/{key}?full=1\"}, ";
    let of = |what: &str| failed(&hit(send, &format!("kind: http, status: 500, {what}")), ErrorKind::Error);
    assert_eq!(of("method: GET"), 0);
    assert_eq!((of("method: POST"), of("path: \"/item/*\""), of("path: /item")), (1000, 1000, 0));
    let one = of("path: /item/3");
    assert!((50..=150).contains(&one), "a tenth of the keys, {one} of 1000");
}

#[test]
fn delays_and_late_answers_add_to_the_latency() {
    for fault in ["delay: 100ms", "first_byte: 100ms"] {
        let played = hit("", &format!("kind: http, {fault}, every: 2"));
        let latency = played.over(5.0, 15.0).users().latency;
        assert!(latency.quantile(0.4).is_some_and(|took| took < 0.002), "{fault}");
        assert!(latency.quantile(0.6).is_some_and(|took| (0.101..0.103).contains(&took)), "{fault}");
    }
}

#[test]
fn an_answer_is_cut_short_only_if_it_is_longer() {
    assert_eq!(failed(&hit("", "kind: http, truncate: 1KiB"), ErrorKind::Reset), 1000);
    assert_eq!(failed(&hit("", "kind: http, truncate: 10KiB"), ErrorKind::Reset), 0);
    let changed = hit("", "kind: http, body: other");
    assert_eq!((failed(&changed, ErrorKind::Reset), evidence(&changed, "answers replaced")), (0, 1000));
}

#[test]
fn other_protocols_fail_as_their_clients_would_see_it() {
    use ErrorKind::*;
    for (fault, kind) in [
        ("kind: redis, error: LOADING", Unavailable),
        ("kind: redis, error: READONLY, delay: 20ms", ReadOnly),
        ("kind: redis, error: ERR what", Error),
        ("kind: postgres, sqlstate: \"53100\"", NoSpace),
        ("kind: postgres, sqlstate: \"53300\"", Rejected),
        ("kind: postgres, sqlstate: 57P03", Unavailable),
        ("kind: dns, answer: nxdomain", Unresolved),
        ("kind: dns, answer: servfail", Error),
        ("kind: dns, answer: drop", Timeout),
    ] {
        assert_eq!(failed(&hit("", fault), kind), 1000, "{fault}");
    }
}
