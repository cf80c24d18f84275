//! Names that list replicas: whoever resolved them before a change goes on asking those of before, until the answer is too old.

use crate::theory::played::{Played, play};
use firedrill::base::ErrorKind;

/// Ten replicas, of which two are taken out of the name at 100 s and switched off at 110 s.
fn moved(dns: &str) -> Played {
    play(&format!(
        "
name: moved
length: 400s
window: 5s
clients:
  users: {{calls: {{to: api, timeout: 1s, dns: {{ttl: 60s, resolvers: 1000{dns}}}}}, rate: 2000/s}}
services: {{api: {{replicas: 10, work: 0s}}}}
faults:
  out: {{kind: drain, on: api, replicas: 2, at: 100s}}
  off: {{kind: down, on: api, replicas: 2, at: 110s}}
expect: [success(users) >= 0%]
"
    ))
}

/// The share of requests that went to a replica that is not there any more, around a moment.
fn astray(played: &Played, at: f64) -> f64 {
    let cell = played.over(at - 5.0, at + 5.0).users();
    cell.errors[ErrorKind::Refused as usize] as f64 / cell.sent as f64
}

#[test]
fn old_addresses_are_asked_until_the_answers_are_too_old() {
    let played = moved(", leads_to: replicas");
    for t in [15.0, 30.0, 45.0] {
        let (measured, law) = (astray(&played, 100.0 + t), 0.2 * (1.0 - t / 60.0));
        assert!((measured - law).abs() < 0.016, "{t} s after the change: {measured} against {law}");
    }
    assert_eq!(astray(&played, 170.0), 0.0, "after one TTL nobody is left");
    assert_eq!(moved("").over(0.0, 400.0).users().failed(), 0, "a balancer knows at once");
}

#[test]
fn who_keeps_answers_too_long_comes_for_longer() {
    let played = moved(", leads_to: replicas, linger: 10%, linger_for: 200s");
    for (t, slack) in [(30.0, 0.016), (80.0, 0.006), (150.0, 0.006)] {
        let law = 0.2 * (0.9 * (1.0 - t / 60.0f64).max(0.0) + 0.1 * (1.0 - t / 200.0));
        let measured = astray(&played, 100.0 + t);
        assert!((measured - law).abs() < slack, "{t} s after the change: {measured} against {law}");
    }
    assert_eq!(astray(&played, 310.0), 0.0);
}

#[test]
fn those_who_are_added_are_found_as_late_and_those_scaled_away_refuse() {
    let scaled = |from: u32, to: u32| {
        play(&format!(
            "
name: scaled
length: 200s
window: 5s
clients:
  users: {{calls: {{to: api, dns: {{ttl: 60s, resolvers: 1000, leads_to: replicas}}}}, rate: 2000/s}}
services: {{api: {{replicas: {from}, workers: 100, work: 10ms, warm_up: {{for: 1000s, slower: 3x}}}}}}
faults: {{change: {{kind: scale, on: api, replicas: {to}, at: 100s}}}}
expect: [success(users) >= 0%]
"
        ))
    };
    // An answer that is too old is replaced when its cache is asked next, here after half a second.
    // Work at one of those that were added takes three times as long, as it has just started: their share of the requests is seen by that.
    let added = scaled(5, 10);
    for (t, share) in [(15.0, 0.25), (45.0, 0.75), (80.0, 1.0)] {
        let mean = added.over(95.0 + t, 105.0 + t).mean();
        let slower = 3.0 - 2.0 * t / 1000.0;
        let law = 0.010 * (1.0 + share * 0.5 * (slower - 1.0));
        assert!((mean / law - 1.0).abs() < 0.045, "{t} s after: {mean} against {law}");
    }
    let gone = scaled(10, 5);
    for (t, law) in [(15.0, 0.375), (45.0, 0.125), (80.0, 0.0)] {
        let measured = astray(&gone, 100.0 + t);
        assert!((measured - law).abs() < 0.03, "{t} s after: {measured} against {law}");
    }
}

/// I26: users prefer their own region by its name; checks find out after 30 s, and answers live for 60 s.
#[test]
fn users_of_a_lost_region_come_back_as_their_answers_age() {
    let played = play(
        "
name: lose-a-region
length: 300s
window: 5s
clients:
  users: {calls: {to: video, timeout: 1s, dns: {ttl: 60s, resolvers: 2000, leads_to: replicas}}, zone: a, rate: 180/s}
  others: {calls: {to: video, timeout: 1s, dns: {ttl: 60s, resolvers: 2000, leads_to: replicas}}, zone: b, rate: 180/s}
services:
  video:
    replicas: 2
    zones: [a, b]
    workers: 20
    work: exp(50ms)
    balance: {zone: prefer}
    health: {check: tcp, interval: 10s, fall: 3, rise: 3}
faults: {gone: {kind: blackout, zones: [a], at: 100s}}
expect: [success(users) >= 0%]
",
    );
    let failed = |client: &str, from: f64, to: f64| {
        let cell = played.over(from, to).client(client);
        cell.failed() as f64 / cell.sent as f64
    };
    assert_eq!(failed("users", 100.0, 120.0), 1.0, "nobody knows yet");
    // Found out at the third check, between 120 s and 130 s; then the share falls to nothing over 60 s.
    assert!(failed("users", 105.0, 150.0) >= 0.5, "for a minute more than half");
    assert!(failed("users", 150.0, 155.0) >= 0.4 && failed("users", 195.0, 300.0) == 0.0);
    assert_eq!(failed("others", 0.0, 300.0), 0.0);
    let survivor = played.over(200.0, 300.0).service("video").busy_s / (100.0 * 20.0);
    assert!((survivor - 0.9).abs() < 0.035, "{survivor}");
}
