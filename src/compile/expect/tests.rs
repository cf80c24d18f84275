//! Every form of a line, every mistake with its exact place, and that no text can panic.

use super::{ExpectError, Names, Parsed, parse};
use crate::base::{ErrorKind, Time};
use crate::plan::expectation::{Aggregate, Bound, Compare, Gauge, Metric, Subject, Take};
use crate::plan::facts::Facts;
use crate::plan::meters::{self, Form};
use crate::plan::{Meter, Window};

fn secs(s: f64) -> Time {
    Time::from_secs_f64(s)
}

/// A run of 200s with a warm-up of 10s: slow 40..60, spike 80..100 (both over `both` 90..95), wipe at 120 (instant), last 150..200.
fn names() -> Names {
    let named = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    let fault = |name: &str, from: f64, to: f64| (name.to_owned(), secs(from), secs(to));
    Names {
        clients: vec!["users".to_owned()],
        services: vec![named("web", "service"), named("db", "store"), named("cache", "cache")],
        edges: vec!["users->web".to_owned(), "web->db".to_owned(), "web->db#2".to_owned()],
        controls: vec![],
        segments: vec![],
        faults: vec![
            fault("slow", 40.0, 60.0),
            fault("spike", 80.0, 100.0),
            fault("both", 90.0, 95.0),
            fault("wipe", 120.0, 120.0),
            fault("last", 150.0, 200.0),
        ],
        deploys: vec![("roll".to_owned(), secs(70.0))],
        volumes: vec!["cache".to_owned()],
        alerts: vec!["pager".to_owned()],
        facts: Facts::default(),
        meters: vec![
            Meter {
                name: "replicas".to_owned(),
                of: Subject::Service(0),
                form: Form::Gauge,
                unit: meters::Unit::Number,
            },
            Meter { name: "opens".to_owned(), of: Subject::Edge(1), form: Form::Count, unit: meters::Unit::Number },
        ],
        warmup: secs(10.0),
        length: secs(200.0),
    }
}

fn ok(text: &str) -> Parsed {
    parse(text, &names()).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

const USERS: Subject = Subject::Client(0);
const WEB: Subject = Subject::Service(0);
const DB: Subject = Subject::Service(1);
const CACHE: Subject = Subject::Service(2);

fn gauge(gauge: Gauge, of: Subject, aggregate: Aggregate) -> Metric {
    Metric::Gauge { gauge, of, aggregate }
}

#[test]
fn metrics_comparisons_and_bounds() {
    use Compare::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let before = Window { name: "before slow".to_owned(), from: secs(10.0), to: secs(40.0) };
    let timeout = Some(ErrorKind::Timeout);
    let cases = [
        ("p50(users) < 500ms", Metric::Quantile { of: USERS, quantile: 0.5 }, Less, 0.5),
        ("p99.9( users )<=1.5s", Metric::Quantile { of: USERS, quantile: 0.999 }, LessOrEqual, 1.5),
        ("p99.99(web) < 250us", Metric::Quantile { of: WEB, quantile: 0.9999 }, Less, 250e-6),
        ("p5(web) < 1s", Metric::Quantile { of: WEB, quantile: 0.05 }, Less, 1.0),
        ("p00.5(web) < 1s", Metric::Quantile { of: WEB, quantile: 0.005 }, Less, 1.0),
        ("p75(web) < 2m", Metric::Quantile { of: WEB, quantile: 0.75 }, Less, 120.0),
        ("mean(users) > 1µs", Metric::LatencyMean { of: USERS }, Greater, 1e-6),
        ("max(users) < 1h", Metric::LatencyMax { of: USERS }, Less, 3600.0),
        ("success(users) >= 99%", Metric::Success { of: USERS }, GreaterOrEqual, 0.99),
        ("success(users->web) >= 0.5", Metric::Success { of: Subject::Edge(0) }, GreaterOrEqual, 0.5),
        ("errors(users) == 0", Metric::Errors { of: USERS, kind: None }, Equal, 0.0),
        (
            "errors(web -> db, kind=timeout) <= 1%",
            Metric::Errors { of: Subject::Edge(1), kind: timeout },
            LessOrEqual,
            0.01,
        ),
        (
            "errors(db,kind = rejected) <= 1%",
            Metric::Errors { of: DB, kind: Some(ErrorKind::Rejected) },
            LessOrEqual,
            0.01,
        ),
        ("goodput(users) >= 400/s", Metric::Goodput { of: USERS }, GreaterOrEqual, 400.0),
        ("offered(users) >= 120/m", Metric::Offered { of: USERS }, GreaterOrEqual, 2.0),
        ("fresh(users) >= 3600/h", Metric::Fresh { of: USERS }, GreaterOrEqual, 1.0),
        ("amplification(db) <= 1.5", Metric::Amplification { of: DB }, LessOrEqual, 1.5),
        ("amplification(users) <= 3x", Metric::Amplification { of: USERS }, LessOrEqual, 3.0),
        ("waste(db) < 5%", Metric::Waste { of: DB }, Less, 0.05),
        ("throughput(db) < 5/s", Metric::Throughput { of: DB }, Less, 5.0),
        ("retries(web->db#2) <= 10%", Metric::Retries { of: Subject::Edge(2) }, LessOrEqual, 0.1),
        ("retries(users) <= 3", Metric::Retries { of: USERS }, LessOrEqual, 3.0),
        ("utilisation(db) < 80%", gauge(Gauge::Utilisation, DB, Aggregate::Mean), Less, 0.8),
        ("utilization(db) < 0.8", gauge(Gauge::Utilisation, DB, Aggregate::Mean), Less, 0.8),
        ("max( queue(db) ) < 100", gauge(Gauge::Queue, DB, Aggregate::Max), Less, 100.0),
        ("min(inflight(web)) > 0", gauge(Gauge::Inflight, WEB, Aggregate::Min), Greater, 0.0),
        ("used(db) < 2GiB", gauge(Gauge::Used, DB, Aggregate::Max), Less, 2_147_483_648.0),
        ("mean(used(cache)) < 80%", gauge(Gauge::UsedShare, CACHE, Aggregate::Mean), Less, 0.8),
        ("cold(cache) > 50%", gauge(Gauge::Cold, CACHE, Aggregate::Mean), Greater, 0.5),
        ("hits(cache) > 90%", Metric::Hits { of: CACHE }, Greater, 0.9),
        ("recovery(users) <= 15s after slow", Metric::Recovery { of: USERS, before }, LessOrEqual, 15.0),
    ];
    for (text, metric, compare, bound) in cases {
        let parsed = ok(text);
        assert_eq!(parsed.metric, metric, "{text}");
        assert_eq!(parsed.compare, compare, "{text}");
        let Bound::Value(value) = parsed.bound else { panic!("{text}: {:?}", parsed.bound) };
        assert!((value - bound).abs() <= 1e-12 * bound, "{text}: {value}");
    }
}

#[test]
fn windows_are_cut_by_the_neighbouring_faults() {
    let cases = [
        ("", "whole", 10.0, 200.0),
        (" whole", "whole", 10.0, 200.0),
        (" before", "before", 10.0, 40.0),
        (" before slow", "before slow", 10.0, 40.0),
        (" during slow", "during slow", 40.0, 60.0),
        (" after slow", "after slow", 60.0, 80.0),
        (" before spike", "before spike", 60.0, 80.0),
        (" before both", "before both", 60.0, 90.0),
        (" after both", "after both", 95.0, 120.0),
        (" after spike", "after spike", 100.0, 120.0),
        (" before wipe", "before wipe", 100.0, 120.0),
        (" after wipe", "after wipe", 120.0, 150.0),
        (" during last", "during last", 150.0, 200.0),
        ("  between 30s  and 1m", "between 30s and 1m", 30.0, 60.0),
    ];
    for (suffix, name, from, to) in cases {
        let parsed = ok(&format!("p99(users) < 1s{suffix}"));
        assert_eq!(parsed.window, Window { name: name.to_owned(), from: secs(from), to: secs(to) }, "{suffix}");
    }
}

#[test]
fn bounds_of_another_window() {
    let cases = [
        ("goodput(users) >= 95% of before after slow", 0.95, "before", "after slow"),
        ("goodput(users) >= 95% of before slow  after slow", 0.95, "before slow", "after slow"),
        ("p99(users) <= 1.2x of before during spike", 1.2, "before", "during spike"),
        ("p99(users) <= 2 of between 20s and 30s whole", 2.0, "between 20s and 30s", "whole"),
        ("used(db) <= 110% of before", 1.1, "before", "whole"),
    ];
    for (text, factor, of, over) in cases {
        let parsed = ok(text);
        let Bound::Of { factor: found, window } = &parsed.bound else { panic!("{text}: {:?}", parsed.bound) };
        assert_eq!((*found, window.name.as_str(), parsed.window.name.as_str()), (factor, of, over), "{text}");
    }
    assert_eq!(ok("used(db) <= 110% of before").metric, gauge(Gauge::Used, DB, Aggregate::Max));
}

#[test]
fn meters_are_read_with_the_figure_that_is_meant() {
    let meter = |take| Metric::Meter { meter: 0, take, unit: meters::Unit::Number };
    for (text, take) in [
        ("replicas(web) >= 2", Take::Mean),
        ("min(replicas(web)) >= 2", Take::Min),
        ("max(replicas(web)) >= 2", Take::Max),
        ("last(replicas(web)) >= 2", Take::Last),
    ] {
        assert_eq!(ok(text).metric, meter(take), "{text}");
    }
}

#[test]
fn at_least_one_is_meant_where_something_is_to_happen_within_a_time() {
    let window = Window { name: "within 3s of slow".to_owned(), from: secs(40.0), to: secs(43.0) };
    let all = [
        "opens(web->db) >= 1 within 3s of slow",
        "opens(web->db) within 3s of slow",
        "opens(breaker web->db) within 3s of slow",
    ];
    for text in all {
        let Parsed { metric, compare, bound, window: found } = ok(text);
        let opens = Metric::Meter { meter: 1, take: Take::Total, unit: meters::Unit::Number };
        assert_eq!((metric, compare, bound), (opens, Compare::GreaterOrEqual, Bound::Value(1.0)), "{text}");
        assert_eq!(found, window, "{text}");
    }
    let late = ok("success(users) >= 99% within 90s of last").window;
    assert_eq!((late.from, late.to), (secs(150.0), secs(200.0)), "the run ends first");
    for text in [
        "opens(web->db) within",
        "opens(web->db) within 3s",
        "success(users) within 3s of slow",
        "replicas(web) within 3s of slow",
    ] {
        assert!(parse(text, &names()).is_err(), "{text}");
    }
}

#[test]
fn the_two_planes_and_alerts_are_read() {
    let web = Subject::Service(0);
    let own = Metric::Errors { of: web, kind: None };
    assert_eq!(ok("reported.errors(web) <= 1%").metric, Metric::Reported { metric: Box::new(own), blind: None });
    assert_eq!(ok("truth.success(web) >= 99%").metric, Metric::Received { of: web });
    assert_eq!(ok("truth.success(users) >= 99%").metric, Metric::Success { of: Subject::Client(0) });
    let fires = ok("fires(pager) within 10s of slow");
    assert_eq!(
        (fires.metric, fires.bound, fires.compare),
        (Metric::Fires { alert: 0 }, Bound::Value(1.0), Compare::GreaterOrEqual)
    );
    assert_eq!(ok("fires(pager) == 0 during slow").bound, Bound::Value(0.0));
    for (text, part) in [
        ("fires(pagers) == 0", "there is no alert `pagers`"),
        ("fires(pager == 0", "there is no alert"),
        ("truth.queue(web) < 5", "this plane of telemetry has no such figure"),
        ("reported.success(users) > 5%", "this plane of telemetry has no such figure"),
    ] {
        let error = parse(text, &names()).expect_err(text);
        assert!(error.message.contains(part), "{text}: {}", error.message);
    }
}

#[test]
fn mistakes_point_at_their_bytes_and_say_what_to_write() {
    // Text, the piece that is pointed at, a part of the message, a part of the help.
    let cases = [
        ("", "", "expected a metric", "p99(users)"),
        ("p99x(users) < 1s", "p99x", "not a quantile", "p99.9"),
        ("p999(users) < 1s", "p999", "between 0 and 100%", "did you mean `p99.9`?"),
        ("p100(users) < 1s", "p100", "between 0 and 100%", "max(NAME)"),
        ("sucess(users) > 99%", "sucess", "there is no metric `sucess`", "did you mean `success`?"),
        ("latency(users) < 1s", "latency", "there is no metric", "it is called `p99`"),
        ("sucess > 99%", "sucess", "there is no metric", "did you mean `success`?"),
        ("success > 99%", "success", "`success` of whom?", "success(NAME)"),
        ("success() > 99%", ")", "`success` of whom?", "success(NAME)"),
        ("replicas(cache) == 2", "cache", "`replicas` is measured for services with several replicas", "choose from"),
        ("rate(replicas(web)) == 2", "rate", "cannot be taken of `replicas`", "mean, min, max and last of levels"),
        ("success(user) > 99%", "user", "there is no client, service or edge `user`", "did you mean `users`?"),
        ("success(nobody) > 99%", "nobody", "there is no client", "choose from users, web, db"),
        (
            "waste(users) < 5%",
            "users",
            "`waste` is measured for services, and `users` is a client",
            "web, db and cache",
        ),
        ("hits(web) < 5%", "web", "measured for caches", "choose from cache"),
        ("p99(web->db) < 5ms", "web->db", "is an edge", "choose from users"),
        ("used(web) < 5%", "web", "stores and services with a volume", "db and cache"),
        ("min(p99(users)) < 1s", "min", "`p99` is not one", "gauges are"),
        ("min(users) < 1s", "min", "there is no metric `min`", "mean"),
        ("errors(users, kind=timout) < 1%", "timout", "no kind of error", "did you mean `timeout`?"),
        ("errors(users, king=timeout) < 1%", "king", "takes no `king`", "kind=KIND"),
        ("errors(users, kind timeout) < 1%", "t", "expected `=`", "kind=timeout"),
        ("errors(db, kind=timeout) < 1%", "timeout", "only `rejected`", "errors(web->db, kind=timeout)"),
        ("success(users, kind=timeout) < 1%", "kind", "takes no `kind`", "only `errors"),
        ("success(users < 1%", "<", "expected `)`", ""),
        ("p99(users) = 1s", "=", "not a comparison", "write `==`"),
        ("p99(users) => 1s", "=>", "not a comparison", "write `>=`"),
        ("p99(users) ≤ 1s", "≤", "not a comparison", "write `<=`"),
        ("p99(users) 1s", "1", "expected a comparison", "<="),
        ("p99(users) <", "<", "expected a value", "250ms"),
        ("p99(users) < fast", "fast", "is not a value", "250ms"),
        ("p99(users) < -1s", "-1s", "is negative", "0 or more"),
        ("p99(users) < 250", "250", "needs a unit", "`250ms` or `250s`"),
        ("p99(users) < 250MS", "MS", "no unit of a length of time", "did you mean `250ms`?"),
        ("p99(users) < 5sec", "sec", "no unit of a length of time", "did you mean `5s`?"),
        ("p99(users) < 5users", "users", "no unit of a length of time", "units are ns, us, ms"),
        ("success(users) > 99ms", "ms", "no unit of a share", "99%"),
        ("success(users) > 99", "99", "more than the whole", "did you mean `99%`?"),
        ("success(users) > 101%", "101%", "more than 100%", "between 0% and 100%"),
        ("goodput(users) > 99", "99", "needs a unit", "did you mean `99/s`?"),
        ("goodput(users) > 99/ms", "/ms", "no unit of a rate", "did you mean `99/s`?"),
        ("used(db) > 99", "99", "needs a unit", "such as 80%"),
        ("used(db) > 9gib", "gib", "no unit of a size", "did you mean `9GiB`?"),
        ("queue(db) > 9s", "9s", "not a number", ""),
        ("amplification(db) > 9s", "s", "no unit of a factor", "did you mean `9x`?"),
        ("goodput(users) > 5/s of before after slow", "5/s", "a share of another window", "95% of before"),
        ("goodput(users) > 5% of", "f", "expected a window", "before slow"),
        ("recovery(users) < 5% of before after slow", "of", "already measured against", "15s"),
        ("recovery(users) < 5s", "recovery(users)", "nothing to recover from", "after slow"),
        ("recovery(users) < 5s before spike", "recovery(users)", "nothing to recover from", "after slow"),
        ("p99(users) < 1s durring slow", "durring", "not a window", "did you mean `during`?"),
        ("p99(users) < 1s sometimes", "sometimes", "not a window", "`whole`"),
        ("p99(users) < 1s during slwo", "slwo", "no fault `slwo`", "did you mean `slow`?"),
        ("p99(users) < 1s before elephants", "elephants", "no fault", "slow, spike, both"),
        ("p99(users) < 1s after", "r", "expected the name of a fault", "slow, spike"),
        ("p99(users) < 1s during wipe", "during wipe", "is empty", "use `after wipe`"),
        ("p99(users) < 1s after last", "after last", "is empty", "ends at 200s"),
        ("p99(users) < 1s between 60s and 30s", "between 60s and 30s", "is empty", "the later one"),
        ("p99(users) < 1s between 5s and 30s", "5s", "in the warm-up", "ends at 10s"),
        ("p99(users) < 1s between 30s and 999s", "999s", "after the end of the run", "200s"),
        ("p99(users) < 1s between 30s to 60s", "to", "expected `and`", "between 30s and 60s"),
        ("p99(users) < 1s between 30 and 60s", "30", "needs a unit", "30s"),
        ("p99(users) < 1s during slow and spike ", "and spike", "is left over", "one expectation a line"),
    ];
    for (text, piece, message, help) in cases {
        let error = parse(text, &names()).expect_err(text);
        assert_eq!(&text[error.start..error.end], piece, "{text}: {error:?}");
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert!(error.help.as_deref().unwrap_or("").contains(help), "{text}: {:?}", error.help);
    }
}

#[test]
fn one_error_in_full() {
    let expected = ExpectError {
        start: 16,
        end: 18,
        message: "`5ms`: `ms` is no unit of a rate".to_owned(),
        help: Some("did you mean `5/s`?".to_owned()),
    };
    assert_eq!(parse("fresh(users) < 5ms", &names()), Err(expected));
}

#[test]
fn windows_are_named_after_deploys_too() {
    let window =
        |text: &str| parse(&format!("p99(users) < 1s {text}"), &names()).map(|line| (line.window.from, line.window.to));
    assert_eq!(window("before roll"), Ok((secs(60.0), secs(70.0))), "from the end of the fault before it");
    assert_eq!(window("during roll"), Ok((secs(70.0), secs(200.0))));
    assert_eq!(window("within 5s of roll"), Ok((secs(70.0), secs(75.0))));
    assert!(window("after roll").is_err());
    let alone = Names { faults: Vec::new(), ..names() };
    let error = parse("p99(users) < 1s before", &alone).expect_err("no fault");
    assert_eq!(error.help.as_deref(), Some("write `before roll`"));
}

#[test]
fn without_faults_there_are_no_windows_of_faults() {
    let names = Names { faults: Vec::new(), deploys: Vec::new(), ..names() };
    let error = parse("p99(users) < 1s before", &names).expect_err("no fault");
    assert_eq!(error.help.as_deref(), Some("windows without faults are whole and between 10s and 20s"));
    let error = parse("p99(users) < 1s during x", &names).expect_err("no fault");
    assert_eq!(error.help.as_deref(), Some("the scenario has no faults"));
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = String> {
        let words = [
            "p99", "p99.9", "max", "errors", "used", "recovery", "(", ")", "users", "web->db", ",", "kind=", "timeout",
            "<=", "=", "95%", "15s", "2GiB", ".", "of", "before", "during", "after", "whole", "between", "and", "slow",
            "wipe", " ", "µ", "≤",
        ];
        prop_oneof![8 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_error_points_into_it(pieces in prop::collection::vec(piece(), 0..14), spaced: bool) {
            let text = pieces.join(if spaced { " " } else { "" });
            if let Err(error) = parse(&text, &names()) {
                prop_assert!(text.get(error.start..error.end).is_some(), "{:?}", error);
                prop_assert!(error.start < error.end || text.is_empty(), "{:?}", error);
            }
        }
    }
}
