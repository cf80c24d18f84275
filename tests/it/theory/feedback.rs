//! Feedback on old readings: x(t+1) = x(t) - K x(t-d) is stable below K = 2 sin(π / 2(2d+1)) (Levin and May, 1976).

use super::proof::Rule;
use super::sheet::Sheet;
use crate::controls::{steered, swing};
use std::f64::consts::PI;

#[test]
fn feedback_on_old_readings() {
    let about = "A controller moves the weights of a split between two equal sites by readings that are d ticks old, from 60:40. A swing is the\n\
        difference between the largest and the smallest share of the first site in the last 50 of 400 ticks.";
    let mut sheet = Sheet::new("Delayed feedback", about);
    let source = "2 sin(π / 2(2d + 1)); Levin and May 1976";
    for (delay, known) in [2.0, 1.0, 0.618, 0.445, 0.347].into_iter().enumerate() {
        let limit = 2.0 * libm::sin(PI / (2.0 * (2 * delay + 1) as f64));
        assert!((limit - known).abs() < 0.001, "{limit}");
        let (below, above) = (steered(0.9 * limit, delay as u32, ""), steered(1.1 * limit, delay as u32, ""));
        let still = Rule::AtMost(0.05);
        let what = |gain: f64| format!("d = {delay}, gain {gain} of the limit {known}: swing");
        sheet.row(&what(0.9), source, still, swing(&below));
        let settled = below.over(350.0, 400.0).meter("setting").last;
        let half = Rule::Within { expected: 0.5, by: 0.03 };
        sheet.row(
            &format!("d = {delay}, gain 0.9 of the limit: share of the first site"),
            "equal sites",
            half,
            settled,
        );
        sheet.row(&what(1.1), source, Rule::AtLeast(0.4), swing(&above));
        sheet.planted(&format!("d = {delay}, gain 1.1 of the limit as if below it"), still, swing(&above));
    }
    let late = swing(&steered(0.9 * 0.618, 3, ""));
    sheet.planted("the gain that is right for d = 2, one tick later", Rule::AtMost(0.05), late);
    sheet.finish();
}
