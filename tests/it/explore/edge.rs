//! Laws of the incident cards, found by the search without being told; curves; answers where there is no boundary.

use super::{firedrill, folder, read, shop};
use serde_json::Value;

fn edge(scenario: &str, args: &[&str]) -> Value {
    let home = folder();
    let done = firedrill(home.path(), &[&["edge", scenario, "--json"], args].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let document: Value = serde_json::from_str(&done.out).expect("it is JSON");
    assert_eq!(
        document,
        serde_json::from_str::<Value>(&read(home.path(), &format!("reports/{scenario}.edge/edge.json"))).expect("JSON")
    );
    document["answers"][0].clone()
}

fn near(answer: &Value, law: f64, what: &str) {
    let at = answer["at"].as_f64().unwrap_or_else(|| panic!("{what}: {answer}"));
    println!("{what}: found {at}, law {law}, {:.2}% apart", (at / law - 1.0).abs() * 100.0);
    assert!((at / law - 1.0).abs() <= 0.05, "{what}: found {at}, the law says {law}: {answer}");
}

/// Capacity 100/s, five attempts. The trigger is long, and the run long enough to see who comes back.
#[test]
fn a_retry_storm_ends_at_capacity_over_attempts() {
    let answer = edge(
        "retry-storm",
        &[
            "--set",
            "faults.brownout.for=30s",
            "--set",
            "length=600s",
            "--hold",
            "success(users) >= 99% between 500s and 590s",
            "--vary",
            "clients.users.rate=5/s..60/s",
            "--seeds",
            "8",
        ],
    );
    near(&answer, 100.0 / 5.0, "safe load of a retry storm, per second");
    assert_eq!(answer["survives_below"], true);
}

/// Gain times the mean slope of the two sites' load, readings three ticks old.
#[test]
fn a_control_loop_is_stable_up_to_its_limit() {
    let slope = 0.4 * (1.0 / 0.70 + 1.0 / 0.45) / 2.0;
    let limit = 2.0 * libm::sin(std::f64::consts::PI / (2.0 * (2.0 * 3.0 + 1.0)));
    let answer = edge("steering-oscillation", &["--vary", "controls.steering.gain=0.2..1.5", "--seeds", "2"]);
    near(&answer, limit / slope, "stable gain of the steering");
}

/// Three of 20 routers are gone; a router is taken out above 95% of its 50/s.
#[test]
fn ejections_cascade_when_those_left_pass_the_bound() {
    let answer = edge("health-check-cascade", &["--vary", "clients.users.rate=500/s..950/s", "--seeds", "2"]);
    near(&answer, 0.95 * 50.0 * 17.0, "load at which the ejections cascade, per second");
    let looks = answer["looks"].as_array().expect("a list");
    assert_eq!(looks.last().map(|look| (look["survived"].as_u64(), look["stuck"].as_u64())), Some((Some(0), Some(2))));
}

#[test]
fn over_a_second_value_the_boundary_is_a_curve() {
    let home = folder();
    shop(home.path());
    let done = firedrill(
        home.path(),
        &[
            "edge",
            "shop.yaml",
            "--vary",
            "clients.users.rate=20/s..600/s",
            "--vary",
            "services.web.workers=4,8,16",
            "--seeds",
            "3",
        ],
    );
    assert_eq!(done.code, Some(0), "{}", done.said());
    let document: Value = serde_json::from_str(&read(home.path(), "reports/shop.edge/edge.json")).expect("it is JSON");
    let at: Vec<f64> =
        document["answers"].as_array().expect("a list").iter().filter_map(|one| one["at"].as_f64()).collect();
    // Capacity is 25/s for each worker, and two thirds of it while it is slow; a little less holds, as queues grow before.
    let workers = [4.0, 8.0, 16.0];
    assert!(
        at.len() == 3 && at.iter().zip(workers).all(|(at, workers)| *at > 10.0 * workers && *at < 25.0 * workers),
        "{at:?}"
    );
    assert!(at[0] < at[1] && at[1] < at[2], "{at:?}");
    let page = read(home.path(), "reports/shop.edge/report.html");
    assert!(
        page.contains("Where survival ends, clients.users.rate") && page.contains("services.web.workers"),
        "no picture"
    );
}

#[test]
fn where_there_is_no_boundary_it_says_so() {
    let home = folder();
    shop(home.path());
    let ask = |vary: &str, more: &[&str]| {
        firedrill(home.path(), &[&["edge", "shop.yaml", "--vary", vary, "--seeds", "2"], more].concat())
    };
    let all = ask("clients.users.rate=10/s..20/s", &[]);
    assert!(all.code == Some(12) && all.out.contains("it survives everywhere"), "{}", all.said());
    let none = ask("clients.users.rate=500/s..900/s", &[]);
    assert!(none.code == Some(12) && none.out.contains("it survives nowhere"), "{}", none.said());
    let unknown = ask("clients.users.rate=0.01/s..100/s", &["--hold", "p99.9(users) <= 1s"]);
    assert!(unknown.code == Some(12) && unknown.out.contains("cannot be told"), "{}", unknown.said());
    let wrong = ask("services.web.workers=4,8", &[]);
    assert!(wrong.code == Some(2) && wrong.err.contains("must be a bare range"), "{}", wrong.said());
}

#[test]
fn of_whole_numbers_the_last_that_survives_is_named() {
    let home = folder();
    shop(home.path());
    let done = firedrill(home.path(), &["edge", "shop.yaml", "--vary", "services.web.workers=1..32", "--seeds", "4"]);
    assert_eq!(done.code, Some(0), "{}", done.said());
    let document: Value = serde_json::from_str(&read(home.path(), "reports/shop.edge/edge.json")).expect("it is JSON");
    let answer = &document["answers"][0];
    assert_eq!(answer["survives_below"], false);
    let seeds: Vec<f64> = answer["seeds"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
    // 100/s of 40 ms need four workers, and six while it is slow.
    assert!(seeds.iter().all(|seed| seed.fract() == 0.0 && (4.0..=9.0).contains(seed)), "{seeds:?}");
}
