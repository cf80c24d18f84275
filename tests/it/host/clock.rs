//! A clock that is wrong.

use super::Drill;

#[test]
fn a_server_whose_clock_is_ahead_goes_on_and_has_its_time_back() {
    let fault = "kind: clock-skew, ahead: 1h, at: 1500ms, for: 1s";
    let expect = &["success(users) >= 90%"];
    let drill =
        Drill { kind: "workers: 8", live: "{engine: nginx}", users: "rate: 60/s", fault, expect, ..Drill::default() };
    drill.holds("clocks turned", "its time of day shifted by libfaketime", &["process it"]);
}
