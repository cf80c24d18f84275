//! Zones and regions: what messages take between them, what a partition of them holds, and what is left when one is lost (I26).

use crate::theory::played::{Played, play, play_seed};
use firedrill::compile::{self, Request};
use firedrill::scenario::{Diagnostics, load_text};
use std::path::Path;

fn near(what: &str, measured: f64, expected: f64, tolerance: f64) {
    assert!((measured / expected - 1.0).abs() <= tolerance, "{what}: {measured}, expected {expected}");
}

/// Users in one zone, two of four replicas in each of two zones; the database is in the far one. Nothing works, so all time is the way.
fn far(balance: &str, paths: &str) -> Played {
    play(&format!(
        "
name: far
length: 60s
clients: {{users: {{calls: web, zone: a, rate: 200/s}}}}
services:
  web: {{replicas: 4, zones: [a, b], balance: {balance}, calls: [db]}}
  db: {{replicas: 2, zones: [c], work: 0s}}
zones: {{regions: {{left: [a], right: [b, c]}}, {paths}}}
expect: [success(users) >= 100%]
"
    ))
}

#[test]
fn a_call_takes_the_way_to_the_replica_that_serves_it_and_back() {
    // There and back from a to a (0) or b, and from there to c.
    let mean = |balance: &str, paths: &str| far(balance, paths).steady().mean();
    let paths = "within: 1ms, paths: [{between: [left, right], latency: 20ms}, {between: [b, c], latency: 5ms}]";
    near("half of the requests each way", mean("round-robin", paths), (0.002 + 0.040 + 0.040 + 0.010) / 2.0, 0.01);
    near("near replicas", mean("{zone: prefer}", paths), 0.002 + 0.040, 0.01);
    let one_way = "paths: [{from: a, to: c, latency: 20ms}, {from: c, to: a, latency: 80ms}]";
    near("each way for itself", mean("{zone: prefer}", one_way), 0.100, 0.01);
    let across = "across: 3ms, paths: [{from: a, to: b, latency: exp(10ms)}]";
    near("a distribution", mean("round-robin", across), (0.006 + 0.010 + 0.003 + 0.006) / 2.0, 0.03);
}

#[test]
fn a_detour_makes_one_way_longer_or_both() {
    let mean = |fault: &str| {
        let played = play(&format!(
            "
name: detour
length: 60s
clients: {{users: {{calls: web, zone: a, rate: 200/s}}}}
services: {{web: {{replicas: 2, zones: [b]}}}}
zones: {{regions: {{left: [a], right: [b]}}, across: 5ms}}
faults:
  longer: {{kind: detour, {fault}, at: 20s, for: 20s}}
  other: {{kind: detour, from: [a], by: 7ms, at: 20s, for: 20s}}
expect: [success(users) >= 100%]
"
        ));
        near("before and after", (played.over(0.0, 20.0).mean() + played.over(41.0, 60.0).mean()) / 2.0, 0.010, 0.01);
        played.over(21.0, 39.0).mean()
    };
    near("both ways", mean("between: [left, b], by: exp(20ms)"), 0.010 + 0.007 + 0.040, 0.05);
    near("there", mean("from: [left], to: [right], by: 20ms"), 0.010 + 0.007 + 0.020, 0.01);
    near("back", mean("from: [right], by: 30ms"), 0.010 + 0.007 + 0.030, 0.01);
}

#[test]
fn a_connection_is_opened_over_the_same_way() {
    let played = play(
        "
name: connected
length: 60s
clients: {users: {calls: {to: web, connect: {}}, zone: a, rate: 50/s}}
services: {web: {replicas: 2, zones: [b]}}
zones: {across: 10ms}
expect: [success(users) >= 100%]
",
    );
    near("a round trip for the connection and one for the request", played.steady().mean(), 0.040, 0.01);
}

/// Two zones with a service and its users each, which prefer their own; only the second call goes round.
fn parted(fault: &str) -> Played {
    play(&format!(
        "
name: parted
length: 60s
window: 1s
clients:
  users: {{calls: {{to: web, timeout: 2s}}, zone: a, rate: 100/s}}
  others: {{calls: {{to: web, timeout: 2s}}, zone: b, rate: 100/s}}
services:
  web: {{replicas: 2, zones: [a, b], balance: {{zone: prefer}}, calls: [{{to: api, timeout: 200ms}}]}}
  api: {{replicas: 2, zones: [a, b], work: 1ms}}
faults:
  apart: {{kind: partition, {fault}, at: 20s, for: 20s}}
expect: [success(users) >= 0%]
"
    ))
}

fn ok(played: &Played, client: &str, from: f64, to: f64) -> f64 {
    let cell = played.over(from, to).client(client);
    cell.ok as f64 / (cell.ok + cell.failed()) as f64
}

#[test]
fn a_partition_of_zones_holds_what_would_cross_it() {
    let both = parted("from: [a], to: [b]");
    for client in ["users", "others"] {
        assert_eq!(ok(&both, client, 0.0, 20.0), 1.0);
        near("half of the calls cross it", ok(&both, client, 21.0, 39.0), 0.5, 0.1);
        assert_eq!(ok(&both, client, 41.0, 60.0), 1.0);
    }
    // One way: what goes from a to b is held. Requests of a never come to b, and answers from a never come to b: both sides lose the same.
    let forth = parted("from: [a], ways: forth");
    let back = parted("from: [b], to: [a], ways: back");
    for client in ["users", "others"] {
        near("half of them need that way", ok(&forth, client, 21.0, 39.0), 0.5, 0.1);
        near("the same way by its other name", ok(&back, client, 21.0, 39.0), 0.5, 0.1);
    }
    let at_api = |played: &Played| played.over(20.0, 40.0).service("api").arrived;
    near("requests of a do not arrive, those of b do", at_api(&forth) as f64, 3000.0, 0.08);
    near("nothing crosses", at_api(&both) as f64, 2000.0, 0.1);
}

#[test]
fn what_was_held_is_delivered_or_lost_when_the_partition_heals() {
    let held = |lose: bool| {
        let played = play(&format!(
            "
name: held
length: 60s
window: 1s
clients: {{users: {{calls: {{to: web, timeout: 30s}}, zone: a, rate: 50/s, arrivals: constant}}}}
services: {{web: {{replicas: 1, zones: [b], work: 1ms}}}}
faults: {{apart: {{kind: partition, from: [a], to: [b], lose: {lose}, at: 20s, for: 10s}}}}
expect: [success(users) >= 0%]
"
        ));
        let users = played.over(0.0, 60.0).users();
        (users.ok, users.failed(), played.over(30.0, 31.0).service("web").arrived)
    };
    let (ok, failed, burst) = held(false);
    assert!(ok >= 2998 && failed == 0 && (548..=552).contains(&burst), "{ok} {failed} {burst}");
    let (ok, failed, burst) = held(true);
    assert!((499..=501).contains(&failed) && ok + failed >= 2998 && burst <= 51, "{ok} {failed} {burst}");
}

/// I26: regions of equal size with their own users, each busy for a share of its time; one is lost at 60 s and is out of rotation soon.
fn regions(count: usize, load: f64, seed: u64) -> Played {
    let names: Vec<String> = (0..count).map(|region| format!("r{region}")).collect();
    // 20 workers of 50 ms a region: 400/s.
    let client = |name: &String| {
        format!("  {name}-users: {{calls: {{to: video, timeout: 1s}}, zone: {name}, rate: {}/s}}\n", 400.0 * load)
    };
    play_seed(
        &format!(
            "
name: lose-a-region
length: 160s
window: 1s
clients:
{}services:
  video:
    replicas: {count}
    zones: [{}]
    workers: 20
    work: exp(50ms)
    queue: 100
    balance: {{zone: prefer}}
    health: {{check: tcp, interval: 1s, fall: 2, rise: 2}}
faults:
  gone: {{kind: blackout, zones: [r0], at: 60s}}
expect: [success(video) >= 0%]
",
            names.iter().map(client).collect::<String>(),
            names.join(", "),
        ),
        seed,
    )
}

/// Users of all regions: the share that is served, and how busy the survivors are.
fn left(played: &Played, count: usize) -> (f64, f64) {
    let stretch = played.over(80.0, 160.0);
    let cells: Vec<_> = played.plan.clients.iter().map(|client| stretch.client(&client.name)).collect();
    let (ok, ended) = cells.iter().fold((0, 0), |(ok, all), cell| (ok + cell.ok, all + cell.ok + cell.failed()));
    let survivors = (count - 1) as f64;
    (ok as f64 / ended as f64, stretch.service("video").busy_s / (80.0 * 20.0 * survivors))
}

/// The load that survivors can take over is (R-1)/R: 0.50, 0.667 and 0.75.
#[test]
fn what_is_left_of_r_regions_carries_r_minus_one_rths() {
    for (count, safe) in [(2, 0.5), (3, 2.0 / 3.0), (4, 0.75)] {
        for seed in [1, 2] {
            let below = regions(count, 0.9 * safe, seed);
            let (served, busy) = left(&below, count);
            assert!(served > 0.999, "{count} regions at {:.2}: {served}", 0.9 * safe);
            near("survivors at nine tenths", busy, 0.9, 0.04);
            let above = regions(count, 1.2 * safe, seed);
            let (served, busy) = left(&above, count);
            near("1 / 1.2 of what is asked", served, 1.0 / 1.2, 0.03);
            near("survivors have no time left", busy, 1.0, 0.01);
        }
    }
}

/// The figures of the card: two regions at 60% serve 83% afterwards, at 45% all, three at 60% all with survivors at 90%.
#[test]
fn two_regions_at_sixty_percent_are_one_at_a_hundred_and_twenty() {
    let (served, _) = left(&regions(2, 0.6, 1), 2);
    near("served", served, 0.83, 0.03);
    let (served, busy) = left(&regions(2, 0.45, 1), 2);
    assert!(served > 0.999, "{served}");
    near("two at 45%", busy, 0.9, 0.04);
    let (served, busy) = left(&regions(3, 0.6, 1), 3);
    assert!(served > 0.999, "{served}");
    near("three at 60%", busy, 0.9, 0.04);
}

#[test]
fn a_region_is_lost_with_all_of_its_zones() {
    let played = play(
        "
name: region
length: 60s
clients: {users: {calls: {to: web, timeout: 1s}, rate: 300/s}}
services:
  web: {replicas: 6, zones: [a1, a2, b1], calls: [{to: db, timeout: 500ms}]}
  db: {replicas: 2, zones: [a2, b1], work: 1ms}
zones: {regions: {a: [a1, a2], b: [b1]}}
faults: {gone: {kind: blackout, zones: [a], at: 30s}}
expect: [success(users) >= 0%]
",
    );
    // A third of the replicas of the one and half of the other are left, and nobody looks whether they are up.
    near("served", ok(&played, "users", 31.0, 59.0), 1.0 / 3.0 * 0.5, 0.1);
}

/// What `check` says of a scenario with this in it.
fn said(services: &str, more: &str) -> String {
    let diags = Diagnostics::new();
    let text = format!(
        "{{name: m, length: 40s, clients: {{u: {{calls: web, rate: 1/s, zone: a}}}}, services: {{{services}}}, expect: [success(u) >= 0%], {more}}}"
    );
    let mut loaded = load_text("m.yaml", &text, Path::new("."), &diags);
    let _ = compile::compile(&mut loaded, &Request::default(), &diags);
    diags.sorted().into_iter().map(|one| one.message).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_zones_cannot_be_is_said() {
    let web = "web: {replicas: 2, zones: [a, b]}";
    for (more, words) in [
        ("zones: {paths: [{between: [a, c], latency: 1ms}]}", "nothing is in a zone or region `c`"),
        ("zones: {paths: [{between: [a, b, a], latency: 1ms}]}", "between two zones or regions"),
        ("zones: {paths: [{from: a, latency: 1ms}]}", "has `between`, or both"),
        ("zones: {paths: [{from: a, to: b}]}", "latency"),
        ("zones: {regions: {a: [b]}}", "is the name of a zone or region already"),
        ("faults: {f: {kind: partition, from: [a], to: [c], at: 1s}}", "nothing is in a zone or region `c`"),
        ("faults: {f: {kind: partition, from: [a], to: [b, a], at: 1s}}", "on both sides"),
        ("faults: {f: {kind: detour, between: [a], by: 1s, at: 1s}}", "between two zones or regions"),
        ("faults: {f: {kind: detour, by: 1s, at: 1s}}", "neither `between` nor `from`"),
        ("faults: {f: {kind: detour, from: [c], by: 1s, at: 1s}}", "nothing is in a zone or region `c`"),
        ("faults: {f: {kind: blackout, zones: [c], at: 1s}}", "nothing is in a zone or region `c`"),
    ] {
        let said = said(web, more);
        assert!(said.contains(words), "{more}: {said}");
    }
    for (web, words) in [
        ("web: {balance: {bound: 2}}", "`bound` has no meaning without a ring"),
        ("web: {balance: {policy: ring, bound: 1}}", "leaves no room"),
        ("web: {balance: {policy: ring, points: 0}}", "must be 1 to"),
        (
            "web: {calls: [{to: db, dns: {ttl: 1s, leads_to: replicas}}]}, db: {kind: database, replicas: 2}",
            "does not go with this call",
        ),
        ("web: {calls: [{to: db, dns: {ttl: 1s, linger: 5%}}]}, db: {}", "go together"),
    ] {
        assert!(said(web, "").contains(words), "{web}: {}", said(web, ""));
    }
    let deploy = |fields: &str| said(web, &format!("controls: {{d: {{kind: deploy, on: web, at: 5s{fields}}}}}"));
    assert_eq!(deploy(""), "");
    for (fields, words) in [
        (", batch: 0", "batches of nobody"),
        (", to: 100000", "numbered 0 to"),
        (", at: 50s", "at"),
        (", then: stop", "without `above`"),
        (", above: 5%, of: wbe", "there is no service `wbe`"),
        (", above: 50%, sees: utilisation", "any number of workers"),
    ] {
        assert!(deploy(fields).contains(words), "{fields}: {}", deploy(fields));
    }
    assert!(said("web: {versions: {keep: 100000}}", "").contains("at most"));
}
