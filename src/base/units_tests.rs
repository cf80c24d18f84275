//! A table per unit: what is read, and the exact words for what is not.

use super::*;
use proptest::prelude::*;

fn words<T: fmt::Debug>(result: Result<T, UnitError>) -> String {
    match result {
        Ok(value) => panic!("{value:?} was read"),
        Err(error) => format!("{} | {} | {:?}", error.message, error.help.unwrap_or_default(), error.at),
    }
}

#[test]
fn spans_are_read_in_every_unit() {
    for (text, nanos) in [
        ("3ns", 3),
        ("3us", 3_000),
        ("3µs", 3_000),
        ("3μs", 3_000),
        ("250ms", 250_000_000),
        ("0.1s", 100_000_000),
        ("1.5s", 1_500_000_000),
        ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000),
        ("1d", 86_400_000_000_000),
        ("1m30s", 90_000_000_000),
        ("0s", 0),
        ("5 ms", 5_000_000),
    ] {
        assert_eq!(span(text), Ok(Span(nanos)), "{text}");
    }
}

#[test]
fn wrong_spans_say_what_to_write() {
    for (text, expected) in [
        ("250", "`250` needs a unit, because it is a length of time | did you mean `250ms` or `250s`? | 0..3"),
        ("250mss", "`250mss`: `mss` is no unit of a length of time | did you mean `250ms`? | 3..6"),
        ("5sec", "`5sec`: `sec` is no unit of a length of time | did you mean `5s`? | 1..4"),
        ("5 minutes", "`5 minutes`: `minutes` is no unit of a length of time | did you mean `5m`? | 2..9"),
        ("5MS", "`5MS`: `MS` is no unit of a length of time | did you mean `5ms`? | 1..3"),
        ("1m30q", "`30q`: `q` is no unit of a length of time | did you mean `30s`? | 4..5"),
        ("5parsec", "`5parsec`: `parsec` is no unit of a length of time | the units are ns, us, ms, s, m, h, d | 1..7"),
        ("-5s", "`-5s` is negative | it must be 0 or more | 0..3"),
        ("fast", "`fast` is not a length of time | write a length of time like `100ms` or `100s` | 0..4"),
        ("NaN", "`NaN` is not a length of time | write a length of time like `100ms` or `100s` | 0..3"),
        ("", "`` is not a length of time | write a length of time like `100ms` or `100s` | 0..0"),
        ("99999999d", "`99999999d` is longer than 100 years |  | 0..9"),
        ("1.2.3s", "`1.2.3s` is not a length of time | write a length of time like `100ms` or `100s` | 0..6"),
    ] {
        assert_eq!(words(span(text)), expected, "{text}");
    }
    assert!(span(&"9".repeat(400)).is_err());
}

#[test]
fn rates_sizes_and_byte_rates() {
    assert_eq!(rate("400/s"), Ok(400.0));
    assert_eq!(rate("30/m"), Ok(0.5));
    assert_eq!(rate("36/h"), Ok(0.01));
    assert_eq!(bytes("64KiB"), Ok(65_536));
    assert_eq!(bytes("1.5GiB"), Ok(1_610_612_736));
    assert_eq!(bytes("2MB"), Ok(2_000_000));
    assert_eq!(byte_rate("1MiB/s"), Ok(1_048_576.0));
    for (error, expected) in [
        (words(rate("400")), "`400` needs a unit, because it is a rate | did you mean `400/s`? | 0..3"),
        (words(rate("400rps")), "`400rps`: `rps` is no unit of a rate | did you mean `400/s`? | 3..6"),
        (words(rate("400/sec")), "`400/sec`: `/sec` is no unit of a rate | did you mean `400/s`? | 3..7"),
        (
            words(bytes("64")),
            "`64` needs a unit, because it is a size | did you mean `64B` or `64KiB` or `64MiB`? | 0..2",
        ),
        (words(bytes("2gib")), "`2gib`: `gib` is no unit of a size | did you mean `2GiB`? | 1..4"),
        (words(bytes("2G")), "`2G`: `G` is no unit of a size | did you mean `2GiB`? | 1..2"),
        (words(bytes("9999999TiB")), "`9999999TiB` is more than 4EiB |  | 0..10"),
        (words(byte_rate("10Mbps")), "`10Mbps`: `Mbps` is no unit of a byte rate | did you mean `10MB/s`? | 2..6"),
        (words(byte_rate("1MiB")), "`1MiB`: `MiB` is no unit of a byte rate | did you mean `1MiB/s`? | 1..4"),
    ] {
        assert_eq!(error, expected);
    }
}

#[test]
fn ratios_factors_and_counts() {
    assert_eq!(ratio("30%"), Ok(0.3));
    assert_eq!(ratio("0.3"), Ok(0.3));
    assert_eq!(ratio("1"), Ok(1.0));
    assert_eq!(factor("5"), Ok(5.0));
    assert_eq!(factor("0.5x"), Ok(0.5));
    assert_eq!(count("48000"), Ok(48_000));
    assert_eq!(number("1e3"), Ok(1000.0));
    for (error, expected) in [
        (words(ratio("30")), "`30` is more than the whole | did you mean `30%`? | 0..2"),
        (words(ratio("130%")), "`130%` is more than 100% | a share is between 0% and 100% | 0..4"),
        (words(ratio("-1%")), "`-1%` is negative | it must be 0 or more | 0..3"),
        (words(factor("300%")), "`300%` is a percentage, not a factor | write it as a factor: `3x` | 3..4"),
        (words(count("48,000")), "`48,000` is not a whole number | write it without separators: `48000` | 0..6"),
        (words(count("-1")), "`-1` is negative | it must be 0 or more | 0..2"),
        (words(count("1.5")), "`1.5` is not a whole number |  | 0..3"),
        (words(number("inf")), "`inf` is not a number |  | 0..3"),
        (words(number("NaN")), "`NaN` is not a number |  | 0..3"),
    ] {
        assert_eq!(error, expected);
    }
}

#[test]
fn values_print_short() {
    assert_eq!(show_ratio(0.3), "30%");
    assert_eq!(show_ratio(0.0015), "0.15%");
    assert_eq!(show_rate(400.0), "400/s");
    assert_eq!(show_rate(0.5), "30/m");
    assert_eq!(show_rate(0.01), "36/h");
    assert_eq!(show_bytes(500), "500B");
    assert_eq!(show_bytes(65_536), "64KiB");
    assert_eq!(show_byte_rate(1_572_864.0), "1.5MiB/s");
    assert_eq!(show_factor(2.5), "2.5x");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,12}|[0-9.]{0,5} ?[a-zA-Zµ/%-]{0,5}|-?[0-9]{0,400}") {
        let _ = (span(&text), rate(&text), bytes(&text), byte_rate(&text), ratio(&text), factor(&text), number(&text), count(&text));
    }

    #[test]
    fn printed_spans_are_read_back(nanos in 0u64..=100 * 365 * 86_400 * 1_000_000_000) {
        let read = span(&Span(nanos).to_string()).expect("it is a span");
        // Seconds with nine decimals exceed a float's 53 bits from about 100 days on.
        prop_assert!(read.0.abs_diff(nanos) <= nanos >> 51, "{nanos} {read:?}");
    }
}
