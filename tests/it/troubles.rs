//! Faults that pick requests by class or key, faults that stay until a restart, requests that kill, checks that go deep, work by class:
//! each against figures that follow from arithmetic. It asks by the expectation language, as a scenario would.

use crate::theory::played::holds;

#[test]
fn errors_hit_the_class_and_the_key_that_they_name_and_nobody_else() {
    holds(
        "
name: named
length: 60s
clients:
  many: {calls: web, rate: 100/s, keys: {count: 4}}
  few: {calls: web, rate: 50/s, class: few}
services: {web: {replicas: 4, work: 1ms}}
faults:
  one-class: {kind: errors, on: web, share: 100%, class: few, at: 10s, for: 10s}
  one-key: {kind: errors, on: web, share: 100%, class: 0, key: 3, at: 30s, for: 20s}
expect:
  - errors(few) == 100% during one-class
  - errors(many) == 0% during one-class
  - errors(few) == 0% during one-key
  - errors(many) >= 22% during one-key
  - errors(many) <= 28% during one-key
",
    );
}

/// The report takes 100 times longer, on workers and on cores that are shared; views keep their own length.
#[test]
fn slow_hits_the_work_of_one_class_on_workers_and_on_cores() {
    for cores in ["", "cores: 64, "] {
        holds(&format!(
            "
name: slow-class
length: 60s
clients:
  views: {{calls: web, rate: 20/s}}
  reports: {{calls: web, rate: 2/s, class: report}}
services: {{web: {{{cores}work: 10ms}}}}
faults:
  heavy: {{kind: slow, on: web, factor: 100x, class: report, at: 20s, for: 20s}}
expect:
  - p50(reports) >= 990ms during heavy
  - p50(reports) <= 1010ms during heavy
  - max(views) <= 11ms during heavy
  - max(reports) <= 11ms between 50s and 60s
"
        ));
    }
}

/// Four replicas share the requests evenly. All fail from 20 s on; restarts of two, then of all, mend half and all.
#[test]
fn what_stays_until_a_restart_goes_replica_by_replica() {
    for (kind, how) in [("errors", "share: 100%"), ("pause", ""), ("slow", "factor: 1000x")] {
        holds(&format!(
            "
name: stays
length: 100s
clients: {{users: {{calls: {{to: web, timeout: 500ms, on_timeout: cancel}}, rate: 100/s}}}}
services: {{web: {{replicas: 4, workers: 50, work: 5ms}}}}
faults:
  second: {{kind: {kind}, on: web, {how}{comma} until: restart, at: 20s}}
  some: {{kind: restart, on: web, replicas: 2, at: 40s, for: 1s}}
  all: {{kind: restart, on: web, at: 70s, for: 1s}}
expect:
  - success(users) == 100% before
  - success(users) <= 1% between 21s and 40s
  - success(users) >= 48% between 43s and 69s
  - success(users) <= 52% between 43s and 69s
  - success(users) == 100% between 73s and 100s
",
            comma = if how.is_empty() { "" } else { "," },
        ));
    }
}

/// A deploy starts replicas anew, too, and the end of the fault heals the rest.
#[test]
fn a_deploy_ends_what_stays_and_so_does_the_end_of_the_fault() {
    holds(
        "
name: stays-deploy
length: 120s
clients: {users: {calls: {to: web, timeout: 500ms}, rate: 100/s}}
services: {web: {replicas: 4, work: 5ms}}
controls:
  renewed: {kind: deploy, on: web, at: 40s, every: 1s, batch: 2}
faults:
  bad: {kind: errors, on: web, share: 100%, until: restart, at: 20s, for: 80s}
  hold: {kind: freeze, on: renewed, at: 40500ms}
expect:
  - success(users) >= 48% between 45s and 100s
  - success(users) <= 52% between 45s and 100s
  - success(users) == 100% between 101s and 120s
",
    );
}

/// One deadly request a second, each tried three times: three replicas of 20 die a second and are back after 2 s, so about six are down.
#[test]
fn each_try_of_a_deadly_request_kills_one_more() {
    let text = |retries: u32, least: u32, most: u32| {
        format!(
            "
name: deadly
length: 60s
clients:
  users: {{calls: {{to: web, timeout: 1s}}, rate: 50/s}}
  odd: {{calls: {{to: web, timeout: 1s, retries: {retries}}}, rate: 1/s, arrivals: constant, class: odd}}
services: {{web: {{replicas: 20, work: 1ms, health: {{check: tcp, interval: 100ms, fall: 1, rise: 1}}}}}}
faults:
  bug: {{kind: query-of-death, on: web, class: odd, restart: 2s, at: 10s, for: 40s}}
expect:
  - crashes(web) >= {least}
  - crashes(web) <= {most}
  - errors(odd, kind=crashed) >= 90% during bug
  - success(users) >= 90% during bug
  - success(users) == 100% between 53s and 60s
"
        )
    };
    holds(&text(0, 39, 41));
    holds(&text(2, 110, 121));
}

/// The database is gone. A check that needs nobody leaves every server in rotation; one that asks for what users ask for takes all out,
/// also for those who need no database.
#[test]
fn a_deep_check_takes_everybody_out_for_what_all_of_them_share() {
    let text = |check: &str, expect: &str| {
        format!(
            "
name: deep
length: 100s
clients:
  readers: {{calls: {{to: web, timeout: 1s}}, rate: 50/s, class: readers}}
  plain: {{calls: {{to: web, timeout: 1s}}, rate: 50/s}}
services:
  web:
    replicas: 4
    workers: 50
    work: {{classes: {{readers: 2ms}}}}
    health: {{check: {check}, interval: 2s, timeout: 500ms, fall: 2, rise: 2}}
    calls: [{{to: db, timeout: 300ms, optional: false}}]
  db: {{work: 5ms}}
faults:
  gone: {{kind: down, on: db, at: 30s, for: 40s}}
expect: [{expect}, success(plain) == 100% between 80s and 100s]
"
        )
    };
    let out = "errors(plain, kind=unavailable) == 100% between 40s and 70s, min(replicas(web)) == 0 during gone";
    holds(&text("work, class: readers", out));
    holds(&text("request", "errors(plain, kind=unavailable) == 0%, min(replicas(web)) == 4"));
}

/// What is shed at the door never comes to the error behind it: 30% shed, the others fail. Both are turned away, and cost no worker.
#[test]
fn the_guards_of_a_service_stand_before_its_errors() {
    holds(
        "
name: shed-first
length: 60s
clients: {users: {calls: web, rate: 200/s}}
services: {web: {work: 1ms, shed: {share: 30%}, limit: 10}}
faults:
  broken: {kind: errors, on: web, share: 100%, at: 20s, for: 20s}
expect:
  - errors(users, kind=shed) >= 27% during broken
  - errors(users, kind=shed) <= 33% during broken
  - errors(users, kind=error) >= 67% during broken
  - success(users) >= 67% between 45s and 60s
",
    );
}

/// M/G/1 (Pollaczek and Khinchine): 10 views of 20 ms and half a report of 1 s a second keep a worker busy for 0.7 of the time, and everybody
/// waits for lambda E[S^2] / (2 (1 - rho)) = (10 * 0.0004 + 0.5) / 0.6 = 0.84 s.
#[test]
fn work_by_class_makes_everybody_wait_as_pollaczek_and_khinchine_say() {
    holds(
        "
name: mixed
length: 60000s
warmup: 100s
window: 600s
clients:
  views: {calls: web, rate: 10/s}
  reports: {calls: web, rate: 0.5/s, class: report}
services: {web: {workers: 1, work: {any: 20ms, classes: {report: 1s}}}}
expect:
  - mean(views) >= 797ms
  - mean(views) <= 925ms
  - mean(reports) >= 1.73s
  - mean(reports) <= 1.95s
  - utilisation(web) >= 68%
  - utilisation(web) <= 72%
",
    );
}
