//! What is proven by sequences and not by figures of a run: state machines, each by its own tests. The document lists them, and a name
//! in the list that is no test any more fails here.

use super::sheet::list;
use std::path::Path;

/// Mechanism, what is held, file under the root, tests in it.
const MACHINES: &[(&str, &str, &str, &[&str])] = &[
    (
        "Finagle failure accrual",
        "5 in a row; 5 s to 300 s with equal jitter; probes",
        BREAKERS,
        &[
            "finagle_marks_dead_after_five_in_a_row_and_longer_each_time",
            "finagle_also_marks_dead_when_less_than_four_in_five_succeed",
        ],
    ),
    (
        "Linkerd",
        "7 in a row; penalty up to 60 s",
        BREAKERS,
        &["linkerd_opens_after_seven_and_stays_so_for_a_second_to_a_minute"],
    ),
    (
        "Hystrix",
        "50% of at least 20 in 10 s of 10 buckets; sleeps 5 s",
        BREAKERS,
        &["hystrix_wants_twenty_requests_in_ten_seconds_and_half_of_them_failed"],
    ),
    (
        "resilience4j",
        "50% of the last 100; half open for 10",
        BREAKERS,
        &["resilience4j_looks_at_the_last_hundred_and_lets_ten_decide"],
    ),
    (
        "Envoy outlier detection",
        "5 in a row, 30 s times ejections up to 300 s",
        BREAKERS,
        &["envoy_ejects_for_longer_each_time_and_forgives_by_the_interval"],
    ),
    (
        "Envoy, most ejected",
        "10%, and always one",
        "src/engine/balance/ejection.rs",
        &["ejections_grow_are_capped_and_always_leave_room_for_one"],
    ),
    (
        "Envoy retry budget",
        "100 active, 25%: 25 retries; at least 3",
        BUDGETS,
        &["envoy_allows_a_quarter_of_a_hundred_and_never_less_than_three"],
    ),
    ("Finagle retry budget", "20% and 10 a second", BUDGETS, &["finagle_allows_a_fifth_and_ten_a_second"]),
    ("gRPC A6", "a knee at p = 0.1 / 1.1", BUDGETS, &["grpc_stops_retrying_at_a_sharp_knee"]),
    (
        "AWS SDK",
        "500 tokens, 5 and 10 a retry, 1 a success",
        BUDGETS,
        &["the_aws_sdk_pays_by_what_failed_and_gets_back_what_helped", "a_timeout_costs_what_timeouts_cost"],
    ),
    (
        "Vegas",
        "a sequence by its formulas",
        LIMITS,
        &["vegas_follows_its_formulas", "vegas_asks_anew_for_the_time_without_load"],
    ),
    ("Gradient2", "a sequence by its formulas", LIMITS, &["gradient2_follows_its_formulas"]),
    (
        "CoDel of request queues",
        "target once the queue stands, interval otherwise",
        "src/engine/line/codel.rs",
        &["a_standing_queue_grants_little"],
    ),
    ("Priorities", "Cobham 1954", "tests/it/services.rs", &["strict_priority_follows_cobham"]),
];

const BREAKERS: &str = "src/engine/guards/tests/breakers.rs";
const BUDGETS: &str = "src/engine/budget.rs";
const LIMITS: &str = "src/engine/guards/tests/limits.rs";

#[test]
fn state_machines_are_proven_where_they_are() {
    let mut rows = String::new();
    for (mechanism, held, file, tests) in MACHINES {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the file is there");
        for test in *tests {
            assert!(
                text.contains(&format!("#[test]\n    fn {test}()")) || text.contains(&format!("#[test]\nfn {test}()")),
                "{file}: {test}"
            );
        }
        let names: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
        rows += &format!("| {mechanism} | {held} | {file} | {} |\n", names.join(", "));
    }
    list(
        "State machines",
        &format!(
            "Proven by sequences of steps, in tests of their own.\n\n| mechanism | what is held | file | tests |\n|---|---|---|---|\n{rows}"
        ),
    );
}
