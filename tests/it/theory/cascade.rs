//! Health checks that see load take out whoever is loaded: the cascade of the Gmail routers (2009), and what bounds it.

use super::proof::Rule;
use super::sheet::Sheet;
use crate::balance::{CRASHED, DRAINED, routers, routers_with, served};

const SOURCE: &str = "Gmail, 2009; cascade if L / (N - k) >= 0.95 C";

fn criterion(sheet: &mut Sheet) {
    for (load, lost) in [(1700, 2), (1800, 1)] {
        let what = format!("{load}/s, {lost} lost: share served");
        sheet.row(&what, SOURCE, Rule::AtLeast(0.999), served(&routers(load, lost, CRASHED, "")));
    }
    for (load, lost) in [(1700, 3), (1800, 2)] {
        let cascade = routers(load, lost, CRASHED, "");
        let none_left = cascade.over(100.0, 400.0).meter("replicas").min;
        let what = format!("{load}/s, {lost} lost: fewest servers in rotation");
        sheet.row(&what, SOURCE, Rule::Exactly(0.0), none_left);
        sheet.planted(&format!("{load}/s, {lost} lost, as if below the limit"), Rule::AtLeast(0.999), served(&cascade));
    }
}

fn bounds(sheet: &mut Sheet) {
    let near = |expected: f64| Rule::Near { expected, share: 0.05 };
    // Panic keeps all of those that run in rotation, at their full capacity.
    let source = "capacity that runs / load";
    let panic = |load: u32, lost: u32| served(&routers(load, lost, DRAINED, ", panic: 90%"));
    sheet.row("1700/s, 3 lost, panic below 90%: share served", source, near(1.0), panic(1700, 3));
    sheet.row("1800/s, 3 lost, panic below 90%: share served", source, near(17.0 / 18.0), panic(1800, 3));
    // Two of the seventeen that are left are taken out, and what they leave is beyond the capacity of the fifteen.
    let cap = routers(1700, 3, DRAINED, ", max_ejected: 10%");
    sheet.row("1700/s, 3 lost, two ejected at most: share served", "15 / 17", near(15.0 / 17.0), served(&cap));
    let least = cap.over(100.0, 400.0).meter("replicas").min;
    sheet.row("1700/s, 3 lost, two ejected at most: fewest in rotation", "17 - 2", Rule::Exactly(15.0), least);
    // Half the work of a request for each that is turned away.
    let paying = |load: u32, health: &str| served(&routers_with(load, 3, DRAINED, health, "\n    reject_cost: 50ms"));
    let price = |n: f64, load: f64| n * (200.0 - load / n) / load;
    let source = "I36; n (2C - L/n) / L";
    sheet.row(
        "1700/s, 3 lost, two ejected at most, half the work for a rejection: share served",
        source,
        near(price(15.0, 1700.0)),
        paying(1700, ", max_ejected: 10%"),
    );
    sheet.row(
        "1800/s, 3 lost, panic below 90%, half the work for a rejection: share served",
        source,
        near(price(17.0, 1800.0)),
        paying(1800, ", panic: 90%"),
    );
    sheet.planted("rejections that cost nothing, as if half the work", near(price(15.0, 1700.0)), served(&cap));
    let more = routers(1700, 3, DRAINED, ", max_ejected: 40%");
    sheet.planted("seven ejected at most, as if two", near(15.0 / 17.0), served(&more));
}

#[test]
fn a_cascade_of_health_checks() {
    let about = "N = 20 servers of C = 100/s, a load of L, and checks that fail a server whose workers were busier than 95%; k servers are lost.\n\
        A server that is asked for more than it can do still does what it can, and turns the rest away for nothing unless it has a\n\
        `reject_cost`. The figures of card I36, 0.77 for the cap and 0.889 for panic at 1800/s, are those of servers that pay half of\n\
        what they pay for what they serve: n (2C - L/n) / L.";
    let mut sheet = Sheet::new("A cascade of health checks", about);
    criterion(&mut sheet);
    bounds(&mut sheet);
    sheet.finish();
}
