//! Health checks that see load take out whoever is loaded: the cascade of the Gmail routers (2009), and what bounds it.

use super::proof::Rule;
use super::sheet::Sheet;
use crate::balance::{CRASHED, DRAINED, routers, served};

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
    let more = routers(1700, 3, DRAINED, ", max_ejected: 40%");
    sheet.planted("seven ejected at most, as if two", near(15.0 / 17.0), served(&more));
}

#[test]
fn a_cascade_of_health_checks() {
    let about = "N = 20 servers of C = 100/s, a load of L, and checks that fail a server whose workers were busier than 95%; k servers are lost.\n\
        Here a server that is asked for more than it can do still does what it can and turns the rest away for nothing. The card that\n\
        these figures are held against (I36) gives 0.77 for the cap and 0.889 for panic at 1800/s, which are the figures of servers that\n\
        pay for what they turn away, half of what they pay for what they serve: n (2C - L/n) / L, so 0.765 for n = 15 and L = 1700, and\n\
        0.889 for n = 17 and L = 1800. No queue here turns away at a price, so that the same two cases are 15/17 and 17/18.";
    let mut sheet = Sheet::new("A cascade of health checks", about);
    criterion(&mut sheet);
    bounds(&mut sheet);
    sheet.finish();
}
