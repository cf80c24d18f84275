//! Units as people write them: `250ms`, `400/s`, `2GiB`, `1MiB/s`, `30%`, `5x`. Pure functions from text to value and back;
//! they know nothing of files or places beyond the byte range of the wrong part.

use super::Span;
use std::fmt;
use std::ops::Range;

/// Why a text is no value of this unit, what to write instead, and which bytes of it are wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError {
    pub message: String,
    pub help: Option<String>,
    pub at: Range<usize>,
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for UnitError {}

/// A family of units: what it is called, an example, the factors, and words that people write by mistake.
struct Family {
    what: &'static str,
    bare: &'static [&'static str],
    units: &'static [(&'static str, f64)],
    slips: &'static [(&'static str, &'static str)],
}

/// Longer lengths of time are surely a slip, and far below what nanoseconds in 64 bits can hold.
const SPAN_MAX_NS: f64 = 100.0 * 365.0 * 86_400e9;

const SPANS: Family = Family {
    what: "a length of time",
    bare: &["ms", "s"],
    units: &[
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("μs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 60e9),
        ("h", 3_600e9),
        ("d", 86_400e9),
    ],
    slips: &[
        ("sec", "s"),
        ("secs", "s"),
        ("second", "s"),
        ("seconds", "s"),
        ("min", "m"),
        ("mins", "m"),
        ("minute", "m"),
        ("minutes", "m"),
        ("hr", "h"),
        ("hrs", "h"),
        ("hour", "h"),
        ("hours", "h"),
        ("day", "d"),
        ("days", "d"),
        ("msec", "ms"),
        ("msecs", "ms"),
        ("millis", "ms"),
        ("milliseconds", "ms"),
        ("usec", "us"),
        ("micros", "us"),
        ("nanos", "ns"),
    ],
};

const RATES: Family = Family {
    what: "a rate",
    bare: &["/s"],
    units: &[("/s", 1.0), ("/m", 1.0 / 60.0), ("/h", 1.0 / 3_600.0)],
    slips: &[
        ("/sec", "/s"),
        ("/second", "/s"),
        ("/min", "/m"),
        ("/minute", "/m"),
        ("/hour", "/h"),
        ("rps", "/s"),
        ("qps", "/s"),
        ("tps", "/s"),
        ("hz", "/s"),
        ("s", "/s"),
        ("m", "/m"),
        ("h", "/h"),
        ("ps", "/s"),
        ("req/s", "/s"),
        ("rpm", "/m"),
    ],
};

const BYTES: Family = Family {
    what: "a size",
    bare: &["B", "KiB", "MiB"],
    units: &[
        ("B", 1.0),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("TiB", 1_099_511_627_776.0),
    ],
    slips: &[
        ("k", "KiB"),
        ("m", "MiB"),
        ("g", "GiB"),
        ("t", "TiB"),
        ("ki", "KiB"),
        ("mi", "MiB"),
        ("gi", "GiB"),
        ("ti", "TiB"),
        ("byte", "B"),
        ("bytes", "B"),
    ],
};

const BYTE_RATES: Family = Family {
    what: "a byte rate",
    bare: &["KiB/s", "MiB/s"],
    units: &[
        ("B/s", 1.0),
        ("KB/s", 1e3),
        ("MB/s", 1e6),
        ("GB/s", 1e9),
        ("TB/s", 1e12),
        ("KiB/s", 1024.0),
        ("MiB/s", 1_048_576.0),
        ("GiB/s", 1_073_741_824.0),
        ("TiB/s", 1_099_511_627_776.0),
    ],
    slips: &[
        ("kib", "KiB/s"),
        ("mib", "MiB/s"),
        ("gib", "GiB/s"),
        ("kb", "KB/s"),
        ("mb", "MB/s"),
        ("gb", "GB/s"),
        ("kbps", "KB/s"),
        ("mbps", "MB/s"),
        ("gbps", "GB/s"),
        ("k/s", "KiB/s"),
        ("m/s", "MiB/s"),
        ("g/s", "GiB/s"),
    ],
};

/// A length of time: `250ms`, `1.5s`, `2m`; parts may follow each other, largest first or not (`1m30s`).
pub fn span(text: &str) -> Result<Span, UnitError> {
    let mut total = 0.0;
    let mut from = 0;
    loop {
        let (value, used) = measure_first(&text[from..], &SPANS).map_err(|error| shifted(error, from))?;
        total += value;
        from += used;
        if from >= text.len() {
            break;
        }
    }
    if total > SPAN_MAX_NS {
        return Err(whole(text, format!("`{text}` is longer than 100 years"), None));
    }
    Ok(Span(total.round() as u64))
}

/// Per second: `400/s`, `20/m`, `5/h`.
pub fn rate(text: &str) -> Result<f64, UnitError> {
    measure(text, &RATES)
}

/// Whole bytes: `64KiB`, `1.5GiB`, `2MB`.
pub fn bytes(text: &str) -> Result<u64, UnitError> {
    let value = measure(text, &BYTES)?;
    if value > 2f64.powi(62) {
        return Err(whole(text, format!("`{text}` is more than 4EiB"), None));
    }
    Ok(value.round() as u64)
}

/// Bytes per second: `1MiB/s`.
pub fn byte_rate(text: &str) -> Result<f64, UnitError> {
    measure(text, &BYTE_RATES)
}

/// A share of a whole, 0 to 1: `30%` or `0.3`.
pub fn ratio(text: &str) -> Result<f64, UnitError> {
    let (number, value, unit) = split(text, "a share", "`30%` or `0.3`")?;
    let share = match unit.trim_start() {
        "%" => value / 100.0,
        "" if value <= 1.0 => value,
        "" => {
            return Err(whole(
                text,
                format!("`{text}` is more than the whole"),
                Some(format!("did you mean `{number}%`?")),
            ));
        }
        "‰" => value / 1000.0,
        other => {
            let help = format!("did you mean `{number}%`?");
            return Err(unit_error(text, other, format!("`{text}`: `{other}` is no unit of a share"), Some(help)));
        }
    };
    if share > 1.0 {
        return Err(whole(text, format!("`{text}` is more than 100%"), Some("a share is between 0% and 100%".into())));
    }
    Ok(share)
}

/// A factor: `5` or `5x`.
pub fn factor(text: &str) -> Result<f64, UnitError> {
    let (number, value, unit) = split(text, "a factor", "`5x`")?;
    match unit.trim_start() {
        "" | "x" => Ok(value),
        "%" => {
            let help = format!("write it as a factor: `{}x`", value / 100.0);
            Err(unit_error(text, "%", format!("`{text}` is a percentage, not a factor"), Some(help)))
        }
        other => {
            let help = format!("did you mean `{number}x`?");
            Err(unit_error(text, other, format!("`{text}`: `{other}` is no unit of a factor"), Some(help)))
        }
    }
}

/// A plain number, not negative: `3`, `0.75`, `1e6`.
pub fn number(text: &str) -> Result<f64, UnitError> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        Ok(value) if value < 0.0 => Err(negative(text)),
        _ => Err(whole(text, format!("`{text}` is not a number"), None)),
    }
}

/// A whole number: `12`.
pub fn count(text: &str) -> Result<u64, UnitError> {
    if text.starts_with('-') {
        return Err(negative(text));
    }
    if let Ok(value) = text.parse::<u64>() {
        return Ok(value);
    }
    let digits: String = text.chars().filter(|c| !matches!(c, '_' | ',' | '\'' | ' ')).collect();
    let help = digits.parse::<u64>().ok().map(|value| format!("write it without separators: `{value}`"));
    Err(whole(text, format!("`{text}` is not a whole number"), help))
}

/// `30%`, `0.1%`.
pub fn show_ratio(share: f64) -> String {
    format!("{}%", trimmed(share * 100.0))
}

/// `400/s`; slow rates in the unit in which they read best.
pub fn show_rate(per_second: f64) -> String {
    let slow = per_second > 0.0 && per_second < 1.0;
    match per_second {
        p if slow && p * 60.0 >= 1.0 => format!("{}/m", trimmed(p * 60.0)),
        p if slow => format!("{}/h", trimmed(p * 3_600.0)),
        p => format!("{}/s", trimmed(p)),
    }
}

/// `64KiB`, `1.5GiB`, `500B`.
pub fn show_bytes(bytes: u64) -> String {
    show_size(bytes as f64)
}

/// `1MiB/s`.
pub fn show_byte_rate(per_second: f64) -> String {
    format!("{}/s", show_size(per_second))
}

/// `5x`.
pub fn show_factor(factor: f64) -> String {
    format!("{}x", trimmed(factor))
}

fn show_size(bytes: f64) -> String {
    let binary = [("TiB", 4), ("GiB", 3), ("MiB", 2), ("KiB", 1)];
    let fitting = binary.iter().map(|(unit, power)| (*unit, 1024f64.powi(*power))).find(|(_, size)| bytes >= *size);
    let (unit, size) = fitting.unwrap_or(("B", 1.0));
    format!("{}{unit}", trimmed(bytes / size))
}

/// At most four decimals, without trailing zeros.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn measure(text: &str, family: &Family) -> Result<f64, UnitError> {
    let (number, value, unit) = split(text, family.what, &example(family))?;
    scaled(text, number, value, unit, family)
}

/// Measures the number and unit that `text` begins with; also says how many bytes they took.
fn measure_first(text: &str, family: &Family) -> Result<(f64, usize), UnitError> {
    let (number, value, rest) = split(text, family.what, &example(family))?;
    let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let used = number.len() + end;
    Ok((scaled(&text[..used], number, value, &rest[..end], family)?, used))
}

fn scaled(text: &str, number: &str, value: f64, unit: &str, family: &Family) -> Result<f64, UnitError> {
    let unit = unit.trim_start();
    if unit.is_empty() {
        let options: Vec<String> = family.bare.iter().map(|unit| format!("`{number}{unit}`")).collect();
        let message = format!("`{text}` needs a unit, because it is {}", family.what);
        return Err(whole(text, message, Some(format!("did you mean {}?", options.join(" or ")))));
    }
    if let Some((_, size)) = family.units.iter().find(|(name, _)| *name == unit) {
        return Ok(value * size);
    }
    let help = match nearest_unit(unit, family) {
        Some(meant) => format!("did you mean `{number}{meant}`?"),
        None => format!("the units are {}", unit_list(family)),
    };
    Err(unit_error(text, unit, format!("`{text}`: `{unit}` is no unit of {}", family.what), Some(help)))
}

/// The number that a text begins with, as written and as value, and what follows it.
fn split<'a>(text: &'a str, what: &str, example: &str) -> Result<(&'a str, f64, &'a str), UnitError> {
    if text.starts_with('-') && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(negative(text));
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((number, value, rest)),
        Ok(_) => Err(whole(text, format!("`{}…` is too large", first(text, 20)), None)),
        Err(_) => Err(whole(text, format!("`{text}` is not {what}"), Some(format!("write {what} like {example}")))),
    }
}

fn nearest_unit(unit: &str, family: &Family) -> Option<&'static str> {
    let lower = unit.to_lowercase();
    let by_slip = family.slips.iter().find(|(slip, _)| *slip == lower).map(|(_, meant)| *meant);
    let by_case = family.units.iter().find(|(name, _)| name.to_lowercase() == lower).map(|(name, _)| *name);
    by_case.or(by_slip).or_else(|| {
        let scored =
            family.units.iter().map(|(name, _)| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), *name));
        // An equal distance is settled by the longer unit: of `ms` and `s`, `mss` means the former.
        let best = scored.min_by_key(|(distance, name)| (*distance, std::cmp::Reverse(name.len())))?;
        (best.0 == 1).then_some(best.1)
    })
}

fn example(family: &Family) -> String {
    let examples: Vec<String> = family.bare.iter().map(|unit| format!("`100{unit}`")).collect();
    examples.join(" or ")
}

fn unit_list(family: &Family) -> String {
    let shown = family.units.iter().map(|(name, _)| *name).filter(|name| name.is_ascii());
    shown.collect::<Vec<_>>().join(", ")
}

fn negative(text: &str) -> UnitError {
    whole(text, format!("`{text}` is negative"), Some("it must be 0 or more".into()))
}

fn whole(text: &str, message: String, help: Option<String>) -> UnitError {
    UnitError { message, help, at: 0..text.len() }
}

fn unit_error(text: &str, unit: &str, message: String, help: Option<String>) -> UnitError {
    UnitError { message, help, at: text.len() - unit.len()..text.len() }
}

fn shifted(error: UnitError, by: usize) -> UnitError {
    UnitError { at: error.at.start + by..error.at.end + by, ..error }
}

fn first(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
#[path = "units_tests.rs"]
mod tests;
