//! A table of distributions that are read, and of mistakes with the exact part they point at.

use super::*;
use proptest::prelude::*;

fn no_files(_: &str) -> Result<Vec<f64>, UnitError> {
    Ok(vec![2.0, 1.0])
}

fn read(text: &str) -> Result<Dist, UnitError> {
    parse(text, &no_files)
}

#[test]
fn every_distribution_is_read() {
    for (text, expected) in [
        ("5ms", Dist::Constant(0.005)),
        ("constant(5ms)", Dist::Constant(0.005)),
        ("uniform(1s, 2s)", Dist::Uniform { low: 1.0, high: 2.0 }),
        ("exp(200ms)", Dist::Exponential { mean: 0.2 }),
        ("exponential( 200ms )", Dist::Exponential { mean: 0.2 }),
        ("lognormal(p50=10ms, p99=50ms)", Dist::lognormal_quantiles(0.01, 0.05)),
        ("lognormal(cv=1.5, mean=10ms)", Dist::lognormal_moments(0.01, 1.5)),
        ("normal(mean=10ms, sd=2ms)", Dist::Normal { mean: 0.01, sd: 0.002 }),
        (
            "percentiles(p0=1s, p99.9=2s, p100=3s)",
            Dist::Percentiles(vec![(0.0, 1.0), (0.9990000000000001, 2.0), (1.0, 3.0)]),
        ),
        ("pareto(scale=1ms, shape=2.5)", Dist::Pareto { scale: 0.001, shape: 2.5 }),
        ("empirical(file.csv)", Dist::Empirical(vec![1.0, 2.0])),
        (
            "mixture(90%: exp(5ms), 10%: constant(1s))",
            Dist::Mixture { upto: vec![0.9, 1.0], parts: vec![Dist::Exponential { mean: 0.005 }, Dist::Constant(1.0)] },
        ),
    ] {
        assert_eq!(read(text), Ok(expected), "{text}");
    }
    assert!(read("mixture(33.3%: 1s, 33.3%: 2s, 33.3%: 3s)").is_ok(), "thirds");
}

#[test]
fn mistakes_point_at_the_wrong_part() {
    for (text, part, message, help) in [
        ("unifrom(1s, 2s)", "unifrom", "`unifrom` is no distribution", "did you mean `uniform`?"),
        ("uniform(2s, 1s)", "2s, 1s", "the low end is above the high end", "swap them: `uniform(1s, 2s)`"),
        ("uniform(1s)", "uniform(1s", "`uniform` does not take these parameters", "write `uniform(1s, 2s)`"),
        ("uniform(1s, 2q)", "q", "`2q`: `q` is no unit of a length of time", "did you mean `2s`?"),
        ("exp(0s)", "0s", "the mean must be above 0", ""),
        ("exp(5)", "5", "`5` needs a unit, because it is a length of time", "did you mean `5ms` or `5s`?"),
        ("exp(5ms", "exp(5ms", "a closing `)` is missing", ""),
        ("exp(5ms))", ")", "one `)` too many", ""),
        ("exp", "exp", "`exp` needs its parameters", "write `exp(200ms)`"),
        (
            "lognormal(p50=50ms, p99=10ms)",
            "10ms",
            "p99 must be larger than p50",
            "p50 is the median; p99 is exceeded once in a hundred",
        ),
        ("lognormal(p50=5ms, p95=10ms)", "p95", "unknown parameter `p95`", "did you mean `p99`?"),
        ("lognormal(5ms, 10ms)", "5ms", "this parameter needs a name", "write `lognormal(p50=10ms, p99=50ms)`"),
        ("pareto(scale=1ms, shape=0)", "0", "the shape must be above 0", ""),
        ("mixture(90%: 1s, 20%: 2s)", "90%: 1s, 20%: 2s", "the shares sum to 110%, not 100%", ""),
        ("mixture(90%: 1s, 2s)", "2s", "this part has no share", "write `90%: exp(5ms)`"),
        ("mixture(90%: exp(5x), 10%: 2s)", "x", "`5x`: `x` is no unit of a length of time", "did you mean `5s`?"),
        ("normal(5ms, 1ms)", "5ms", "this parameter needs a name", "write `normal(mean=10ms, sd=2ms)`"),
        ("percentiles(p0=1ms, p50=9ms, p90=5ms, p100=1s)", "5ms", "percentiles and their values only rise", ""),
        (
            "percentiles(p50=1ms, p99=9ms)",
            "1ms, p99=9ms",
            "the table does not go from `p0` to `p100`",
            "say where it begins (`p0`) and where it ends (`p100`), as in `percentiles(p0=1ms, p50=10ms, p99=80ms, p100=1s)`",
        ),
        (
            "quick",
            "quick",
            "`quick` is neither a length of time nor a distribution",
            "write `5ms`, `exp(5ms)`, `uniform(1ms, 5ms)` or another distribution",
        ),
    ] {
        let error = read(text).expect_err(text);
        let found = (&text[error.at.clone()], error.message.as_str(), error.help.as_deref().unwrap_or(""));
        assert_eq!(found, (part, message, help), "{text}");
    }
}

#[test]
fn nesting_is_limited() {
    let deep = |levels: usize| format!("{}1s{}", "mixture(100%: ".repeat(levels), ")".repeat(levels));
    assert!(read(&deep(DEPTH_MAX)).is_ok());
    assert_eq!(
        read(&deep(DEPTH_MAX + 1)).expect_err("too deep").message,
        "distributions nested more than 8 levels deep"
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,30}|(mixture|exp|uniform|lognormal)[(),:=%0-9a-z é]{0,30}\\)?") {
        if let Err(error) = read(&text) {
            prop_assert!(error.at.end <= text.len() && text.get(error.at.clone()).is_some(), "{text} {error:?}");
        }
    }
}
