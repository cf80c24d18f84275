//! One server: Pollaczek and Khinchine for the mean, the exponential law of the sojourn in M/M/1, and the orders of the queue.

use super::played::{Played, station};
use super::proof::{Estimate, Rule, closed};
use super::sheet::Sheet;

const PK: &str = "Pollaczek-Khinchine: ρ(1 + cv²) / 2(1 - ρ)";

/// Two exponentials with balanced means, of mean 1 s and this squared coefficient of variation.
pub fn hyperexponential(cv2: f64) -> String {
    let p = (1.0 + ((cv2 - 1.0) / (cv2 + 1.0)).sqrt()) / 2.0;
    let (often, seldom) = (1000.0 / (2.0 * p), 1000.0 / (2.0 * (1.0 - p)));
    format!("\"mixture({:.9}%: exp({often:.6}ms), {:.9}%: exp({seldom:.6}ms))\"", p * 100.0, (1.0 - p) * 100.0)
}

/// Mean wait with the standard error that theory gives: Whitt, Management Science 35(11), 1989, for M/M/1.
fn known_error(played: &Played, rho: f64) -> Estimate {
    let variance = rho * (2.0 + 5.0 * rho - 4.0 * rho * rho + rho * rho * rho) / (1.0 - rho).powi(4);
    let n = played.steady().service("s").arrived as f64;
    Estimate::with_error(played.steady().wait("s"), (variance / n).sqrt())
}

fn mm1(sheet: &mut Sheet) {
    for (rho, customers) in [(0.5, 1.5e6), (0.8, 4e6), (0.9, 10e6)] {
        let played = station(rho, "exp(1s)", "workers: 1", customers);
        let wait = known_error(&played, rho);
        sheet.row(
            &format!("M/M/1, ρ {rho}: mean wait"),
            "ρ / (1 - ρ); se by Whitt 1989",
            closed(rho / (1.0 - rho)),
            wait,
        );
        if rho == 0.8 {
            sojourn(sheet, &played);
        }
    }
}

/// The time in the system of M/M/1 is exponential with mean 1 / (1 - ρ).
fn sojourn(sheet: &mut Sheet, played: &Played) {
    for (q, name, expected) in [(0.9, "p90", 11.513), (0.99, "p99", 23.026), (0.999, "p99.9", 34.539)] {
        let what = format!("M/M/1, ρ 0.8: {name} of the time in the system");
        let share = if q > 0.99 { 0.04 } else { 0.02 };
        let rule = Rule::Closed { expected, share };
        sheet.row(&what, "-ln(1 - p) / (1 - ρ)", rule, played.estimate(|part| part.quantile(q)));
    }
    let used = played.estimate(|part| part.service("s").busy_s / part.service("s").workers_s);
    sheet.row("M/M/1, ρ 0.8: utilisation", "λ E[S] / c", closed(0.8), used);
    // L = λW on the path itself: what is inside over time, against what those who left had spent there.
    let little = played.estimate(|part| part.service("s").inflight_s / (part.users().ok as f64 * part.mean()));
    sheet.row("M/M/1, ρ 0.8: L / λW", "Little 1961", Rule::Within { expected: 1.0, by: 0.001 }, little);
}

fn mg1(sheet: &mut Sheet) {
    let cases = [
        ("constant", 0.0, "constant(1s)".to_owned(), 4e6),
        ("lognormal", 0.5, "\"lognormal(mean=1s, cv=0.70710678)\"".to_owned(), 4e6),
        ("exponential", 1.0, "exp(1s)".to_owned(), 4e6),
        ("hyperexponential", 4.0, hyperexponential(4.0), 8e6),
        ("hyperexponential", 10.0, hyperexponential(10.0), 10e6),
    ];
    for (name, cv2, work, customers) in cases {
        let expected = 0.8 * (1.0 + cv2) / (2.0 * (1.0 - 0.8));
        let played = station(0.8, &work, "workers: 1", customers);
        let what = format!("M/G/1, ρ 0.8, {name} work, cv² {cv2}: mean wait");
        sheet.row(&what, PK, closed(expected), played.estimate(|part| part.wait("s")));
    }
}

fn orders(sheet: &mut Sheet) {
    let lifo = station(0.8, "exp(1s)", "workers: 1\n    queue: {order: lifo}", 3e6);
    let what = "M/M/1, ρ 0.8, newest first: mean wait";
    sheet.row(what, "work conservation: as in FIFO", closed(4.0), known_error(&lifo, 0.8));
    // E[W²] of the waits of LIFO is that of FIFO / (1 - ρ): the tail is longer, and p99 of the sojourn leaves 23.026.
    let tail = lifo.estimate(|part| part.quantile(0.99));
    sheet.planted("newest first instead of oldest first: p99 of the time in the system", closed(23.026), tail);
}

#[test]
fn queues_with_one_server() {
    let mut sheet = Sheet::new("Queues with one server", "Poisson arrivals, one worker, work of mean 1.");
    mm1(&mut sheet);
    mg1(&mut sheet);
    orders(&mut sheet);
    let wrong = |work: &str, service: &str| station(0.8, work, service, 1e6);
    let lognormal = wrong("\"lognormal(mean=1s, cv=1.2)\"", "workers: 1");
    let wait = lognormal.estimate(|part| part.wait("s"));
    sheet.planted("lognormal work of the same mean, cv 1.2, instead of exponential", closed(4.0), wait);
    let constant = wrong("1s", "workers: 1");
    sheet.planted("constant work instead of exponential", closed(4.0), constant.estimate(|part| part.wait("s")));
    let faster = wrong("exp(990ms)", "workers: 1");
    sheet.planted("exponential work of mean 0.99 instead of 1", closed(4.0), faster.estimate(|part| part.wait("s")));
    sheet.finish();
}
