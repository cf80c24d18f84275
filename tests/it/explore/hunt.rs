//! Planted weaknesses in six topologies, found and shrunk; what was found is a scenario that shows it again.

use super::{firedrill, folder, read};
use serde_json::Value;

/// A topology with a weakness that no single strong fault shows by itself, or only in a narrow band.
struct Planted {
    name: &'static str,
    system: &'static str,
    faults: &'static [&'static str],
    hold: &'static str,
    longest: &'static str,
    /// The kinds and places that are left when it is shrunk, sorted.
    left: &'static [&'static str],
}

const ALL: [Planted; 6] = [
    // Each of two databases stands in for the other; both at the same time nobody bears.
    Planted {
        name: "two-databases",
        system: "
  users: {calls: {to: web, timeout: 1s}, rate: 60/s}
services:
  web: {workers: 64, work: 2ms, calls: [{to: db-a, timeout: 200ms, fallback: {to: db-b, timeout: 200ms}}, {to: search, timeout: 200ms, fallback: answer}]}
  db-a: {workers: 16, work: exp(10ms)}
  db-b: {workers: 16, work: exp(10ms)}
  search: {workers: 16, work: exp(10ms)}",
        faults: &["down:db-a", "down:db-b", "down:search", "slow:search", "latency:web->search<=400ms", "errors:search"],
        hold: "success(users) >= 97%",
        longest: "15s",
        left: &["down:db-a", "down:db-b"],
    },
    // Retries keep a storm alive once it was long enough: nothing weaker or shorter does.
    Planted {
        name: "retry-storm",
        system: "
  users: {calls: {to: web, timeout: 500ms, retries: 4}, rate: 60/s}
services:
  web: {workers: 10, work: exp(100ms), queue: unbounded, calls: [{to: log, timeout: 100ms, fallback: answer}]}
  log: {workers: 16, work: exp(2ms)}",
        faults: &["slow:web<=3", "slow:log<=4", "down:log", "latency:web->log<=20ms", "surge:users<=1.2"],
        hold: "success(users) >= 90% between 100s and 118s",
        longest: "12s",
        left: &["slow:web"],
    },
    // A surge is borne by the cache, and a cold cache by the database; not both.
    Planted {
        name: "cold-cache",
        system: "
  users: {calls: {to: web, timeout: 1s}, rate: 100/s, keys: {count: 2000}}
services:
  web: {workers: 200, work: 1ms, calls: [{to: cache, timeout: 200ms, miss: {to: db, timeout: 800ms}}, {to: ads, timeout: 100ms, fallback: answer}]}
  cache: {kind: cache, work: 1ms, ttl: 1h}
  db: {workers: 4, work: exp(30ms), queue: 40}
  ads: {workers: 16, work: exp(5ms)}",
        faults: &["forget:cache", "surge:users<=1.8", "slow:ads", "down:ads", "latency:web->ads"],
        hold: "success(users) >= 99.3%",
        longest: "30s",
        left: &["forget:cache", "surge:users"],
    },
    // Late, but not so late that the breaker sees it: then all workers wait.
    Planted {
        name: "just-late-enough",
        system: "
  users: {calls: {to: web, timeout: 1s}, rate: 100/s}
services:
  web: {workers: 14, work: 2ms, queue: 20, calls: [{to: stock, timeout: 300ms, fallback: answer, breaker: {window: 20, failures: 50%}}, {to: ads, timeout: 50ms, fallback: answer}]}
  stock: {workers: 64, work: 5ms}
  ads: {workers: 16, work: exp(5ms)}",
        faults: &["latency:web->stock", "refuse:web->stock", "down:stock", "errors:stock", "slow:ads", "down:ads", "latency:web->ads<=40ms"],
        hold: "success(users) >= 97%",
        longest: "20s",
        left: &["latency:web->stock"],
    },
    // A little slower and a little more load: each is borne, together they fill the queue, if they last.
    Planted {
        name: "little-by-little",
        system: "
  users: {calls: {to: web, timeout: 2s}, rate: 100/s}
services:
  web: {workers: 64, work: 1ms, calls: [{to: db, timeout: 1500ms}, {to: ads, timeout: 50ms, fallback: answer}]}
  db: {workers: 7, work: exp(50ms), queue: 60}
  ads: {workers: 16, work: exp(5ms)}",
        faults: &["slow:db<=1.25", "surge:users<=1.25", "slow:ads", "down:ads", "errors:ads", "latency:web->ads"],
        hold: "success(users) >= 99%",
        longest: "25s",
        left: &["slow:db", "surge:users"],
    },
    // Three zones, of which one may be gone; two may not.
    Planted {
        name: "three-stores",
        system: "
  users: {calls: {to: web, timeout: 1s}, rate: 90/s}
services:
  web: {workers: 64, work: 1ms, calls: [{to: one, timeout: 150ms, fallback: {to: rest, timeout: 400ms}}, {to: ads, timeout: 50ms, fallback: answer}]}
  rest: {workers: 64, work: 1ms, calls: [{to: two, timeout: 150ms, fallback: {to: three, timeout: 150ms}}]}
  one: {workers: 8, work: exp(10ms)}
  two: {workers: 8, work: exp(10ms)}
  three: {workers: 1, work: exp(16ms), queue: 4}
  ads: {workers: 16, work: exp(5ms)}",
        faults: &["down:one", "down:two", "slow:three<=1.3", "slow:ads", "down:ads", "errors:ads", "latency:web->ads"],
        hold: "success(users) >= 98.5%",
        longest: "15s",
        left: &["down:one", "down:two"],
    },
];

fn hunt(planted: &Planted, home: &std::path::Path, more: &[&str]) -> super::Ran {
    let text = format!(
        "name: {}\nlength: 120s\nwarmup: 5s\nclients:{}\nexpect:\n  - {}\n",
        planted.name, planted.system, planted.hold
    );
    std::fs::write(home.join("it.yaml"), text).expect("it can be written");
    let mut args = vec!["hunt", "it.yaml", "--longest", planted.longest];
    planted.faults.iter().for_each(|fault| args.extend(["--fault", fault]));
    args.extend(more);
    firedrill(home, &args)
}

fn finds(planted: &Planted) {
    let home = folder();
    let done = hunt(planted, home.path(), &["--runs", "400"]);
    assert_eq!(done.code, Some(10), "{}: {}", planted.name, done.said());
    println!("{}:\n{}", planted.name, done.out);
    let found = format!("reports/{}.hunt/found.yaml", planted.name);
    let again = firedrill(home.path(), &["run", &found, "--output", "json"]);
    assert_eq!(again.code, Some(10), "{}: {}\n{}", planted.name, again.said(), read(home.path(), &found));
    let result: Value = serde_json::from_str(&again.out).expect("it is JSON");
    let faults = result["faults"].as_array().expect("a list").iter();
    let mut left: Vec<String> = faults
        .map(|fault| format!("{}:{}", fault["kind"].as_str().unwrap_or(""), fault["on"].as_str().unwrap_or("")))
        .collect();
    left.sort();
    assert_eq!(left, planted.left, "{}: {}", planted.name, done.out);
}

#[test]
fn two_databases_at_the_same_time() {
    finds(&ALL[0]);
}

#[test]
fn a_storm_that_stays() {
    finds(&ALL[1]);
}

#[test]
fn a_cold_cache_in_a_surge() {
    finds(&ALL[2]);
}

#[test]
fn late_but_not_too_late() {
    finds(&ALL[3]);
}

#[test]
fn a_little_of_each() {
    finds(&ALL[4]);
}

#[test]
fn two_of_three_stores() {
    finds(&ALL[5]);
}

#[test]
fn what_is_healthy_within_the_budget_is_not_found_broken() {
    let home = folder();
    let one = Planted {
        faults: &["down:search", "slow:search", "errors:search"],
        ..Planted { name: "two-databases", ..copy(&ALL[0]) }
    };
    let done = hunt(&one, home.path(), &["--runs", "24"]);
    assert!(done.code == Some(0) && done.out.contains("nothing was found in 24 runs"), "{}", done.said());
    assert!(done.out.contains("nearest to breaking"), "{}", done.said());
}

#[test]
fn what_is_broken_already_is_refused() {
    let home = folder();
    let one = Planted {
        hold: "success(users) >= 100% whole",
        system: "
  users: {calls: {to: web, timeout: 1ms}, rate: 60/s}
services:
  web: {workers: 1, work: 2ms}",
        faults: &["slow:web"],
        ..copy(&ALL[0])
    };
    let done = hunt(&one, home.path(), &[]);
    assert!(done.code == Some(2) && done.err.contains("without any fault"), "{}", done.said());
    let wrong = firedrill(home.path(), &["hunt", "it.yaml", "--fault", "slow:db<=1"]);
    assert!(wrong.code == Some(2) && wrong.err.contains("from 1.2 to 20"), "{}", wrong.said());
}

fn copy(one: &Planted) -> Planted {
    Planted { ..*one }
}

/// Not a test of the program but a measurement: `cargo nextest run --run-ignored all guided_and_random --no-capture`.
#[test]
#[ignore = "a measurement: how many runs guided and random search need"]
fn guided_and_random() {
    const SEARCHES: u64 = 10;
    for planted in &ALL {
        let mut line = format!("{:<18}", planted.name);
        for guide in [&[][..], &["--random"]] {
            let mut runs: Vec<u64> = Vec::new();
            for seed in 1..=SEARCHES {
                let home = folder();
                let seed = seed.to_string();
                let done = hunt(planted, home.path(), &[&["--runs", "400", "--seed", &seed], guide].concat());
                let found: Option<u64> = done
                    .out
                    .lines()
                    .find_map(|line| line.strip_prefix("run ")?.split_whitespace().next()?.parse().ok());
                runs.extend(found);
            }
            runs.sort_unstable();
            let middle = runs.get(runs.len() / 2).map_or("-".to_owned(), u64::to_string);
            line += &format!("  found {:>2}/{SEARCHES}, median run {middle:>4}", runs.len());
        }
        println!("{line}");
    }
}
