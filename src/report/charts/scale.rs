//! Axes and the numbers on them: 1-2-5 ticks, and figures printed as people read them. Never invents digits beyond three.

/// One axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    pub log: bool,
    /// Where a grid line is drawn, and its label (empty: a line only).
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From 0 to a round number at or above `high`, with about `count` labelled steps.
    pub fn from_zero(high: f64, count: usize, label: impl Fn(f64) -> String) -> Axis {
        let high = if high.is_finite() && high > 0.0 { high } else { 1.0 };
        let step = round_step(high / count.max(1) as f64);
        let steps = (high / step - 1e-9).ceil().max(1.0);
        let ticks = (0..=steps as usize).map(|n| n as f64 * step).map(|value| (value, label(value))).collect();
        Axis { low: 0.0, high: steps * step, log: false, ticks }
    }

    /// As `from_zero`, with round numbers of a unit that is so large; 0 is just 0.
    pub fn in_units(high: f64, count: usize, unit: f64, label: impl Fn(f64) -> String) -> Axis {
        let round = Axis::from_zero(high / unit, count, |_| String::new());
        let label = |value: f64| if value == 0.0 { "0".to_owned() } else { label(value) };
        let ticks = round.ticks.iter().map(|(tick, _)| (tick * unit, label(tick * unit))).collect();
        Axis { low: 0.0, high: round.high * unit, log: false, ticks }
    }

    /// Logarithmic, over all of `low..high` and at least a factor of 4, to steps of 1-2-5.
    /// Labels every step while they fit into `pixels`, else every power of ten, else every second one.
    pub fn log(low: f64, high: f64, pixels: f64, label: impl Fn(f64) -> String) -> Axis {
        let (low, high) = if low > 0.0 && high >= low { (low, high) } else { (0.001, 1.0) };
        let (mut first, mut last) = (step_at_most(low), step_at_least(high));
        while step_value(last) / step_value(first) < 4.0 {
            first -= 1;
            last += 1;
        }
        let decades = f64::from(last - first) / 3.0;
        let every = match pixels / decades {
            space if space >= 54.0 => 1,
            space if space >= 16.0 => 3,
            _ => 6,
        };
        let labelled = |n: i32| if n.rem_euclid(every) == 0 { label(step_value(n)) } else { String::new() };
        let ticks = (first..=last).map(|n| (step_value(n), labelled(n))).collect();
        Axis { low: step_value(first), high: step_value(last), log: true, ticks }
    }

    /// Time in seconds over exactly `low..high`, with at most `count` labels.
    pub fn time(low: f64, high: f64, count: usize) -> Axis {
        let step = time_step((high - low) / count.max(1) as f64);
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let ticks = (first..=last).map(|n| n as f64 * step).map(|at| (at, moment(at, high))).collect();
        Axis { low, high, log: false, ticks }
    }

    /// Where a value lies on the axis, in the axis's own (possibly logarithmic) coordinate.
    pub fn place(&self, value: f64) -> f64 {
        if self.log { value.max(self.low).log10() } else { value }
    }

    pub fn placed_range(&self) -> std::ops::Range<f64> {
        self.place(self.low)..self.place(self.high)
    }
}

/// Number `n` of the sequence …, 1, 2, 5, 10, 20, … where 0 is 1.
fn step_value(n: i32) -> f64 {
    [1.0, 2.0, 5.0][n.rem_euclid(3) as usize] * 10f64.powi(n.div_euclid(3))
}

fn step_at_most(value: f64) -> i32 {
    let start = value.log10().floor() as i32 * 3;
    (start..start + 4).rev().find(|n| step_value(*n) <= value * (1.0 + 1e-9)).unwrap_or(start)
}

fn step_at_least(value: f64) -> i32 {
    let start = value.log10().floor() as i32 * 3;
    (start..start + 4).find(|n| step_value(*n) >= value * (1.0 - 1e-9)).unwrap_or(start + 3)
}

fn round_step(raw: f64) -> f64 {
    step_value(step_at_least(raw))
}

fn time_step(raw: f64) -> f64 {
    const NICE: [f64; 13] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0];
    match raw {
        raw if raw <= 0.5 => round_step(raw.max(1e-6)),
        raw => NICE.into_iter().find(|step| *step >= raw).unwrap_or_else(|| round_step(raw / 3600.0) * 3600.0),
    }
}

/// A moment on a time axis that ends at `end`: `40 s`, `4:30`, `2:05:00`.
pub fn moment(at: f64, end: f64) -> String {
    if end <= 300.0 {
        return if at == 0.0 { "0".to_owned() } else { format!("{} s", digits(at)) };
    }
    let whole = at.round() as i64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 || end > 7200.0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A length of time in seconds with a unit that fits: `850 µs`, `12.4 ms`, `1.25 s`.
pub fn latency(seconds: f64) -> String {
    match seconds {
        s if s < 0.000_999_5 => format!("{} µs", digits(s * 1e6)),
        s if s < 0.999_5 => format!("{} ms", digits(s * 1e3)),
        s => format!("{} s", digits(s)),
    }
}

const LONG: [(f64, &str); 3] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];
const BYTES: [(f64, &str); 5] =
    [(1_099_511_627_776.0, "TiB"), (1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")];

/// The unit in which a longer length of time reads best, in seconds.
pub fn unit_of_time(seconds: f64) -> f64 {
    LONG.iter().find(|(unit, _)| seconds >= 2.0 * unit).map_or(1.0, |(unit, _)| *unit)
}

/// A longer length of time: `45 s`, `12 min`, `36 h`, `12.5 d`.
pub fn lasting(seconds: f64) -> String {
    let unit = unit_of_time(seconds);
    let name = LONG.iter().find(|(long, _)| *long == unit);
    name.map_or_else(|| latency(seconds), |(_, name)| format!("{} {name}", digits(seconds / unit)))
}

/// The unit in which a number of bytes reads best.
pub fn unit_of_bytes(value: f64) -> f64 {
    BYTES.iter().find(|(unit, _)| value >= *unit).map_or(1.0, |(unit, _)| *unit)
}

/// A number of bytes: `512 B`, `1.5 GiB`.
pub fn bytes(value: f64) -> String {
    let unit = unit_of_bytes(value);
    let name = BYTES.iter().find(|(bytes, _)| *bytes == unit).map_or("B", |(_, name)| name);
    format!("{} {name}", digits(value / unit))
}

/// A rate or another plain number: `0.25`, `12.4`, `1 240`, `1.2 M`.
pub fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 999_950_000.0 => format!("{} G", digits(value / 1e9)),
        v if v >= 999_950.0 => format!("{} M", digits(value / 1e6)),
        v if v >= 9_999.5 => format!("{} k", digits(value / 1e3)),
        _ => digits(value),
    }
}

/// A count with a thin space between thousands, every digit kept.
pub fn count(value: u64) -> String {
    let plain = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A share as a percentage; what is not quite all or none never prints as `100%` or `0%`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    match value {
        v if v > 0.0 && v < 0.01 => "<0.01%".to_owned(),
        v if (99.995..100.0).contains(&v) => ">99.99%".to_owned(),
        v if !(1.0..99.0).contains(&v) => format!("{}%", trim(format!("{v:.2}"))),
        v => format!("{}%", trim(format!("{v:.1}"))),
    }
}

/// Three significant digits, without trailing zeros.
pub fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { "–".to_owned() };
    }
    let before = value.abs().log10().floor() as i32 + 1;
    let after = (3 - before).clamp(0, 6) as usize;
    trim(format!("{value:.after$}"))
}

fn trim(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_axis_covers_its_values_in_steps_of_1_2_5() {
        let axis = Axis::log(0.0031, 0.9, 300.0, latency);
        assert_eq!((axis.low, axis.high), (0.002, 1.0));
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s"]);
        let crowded = Axis::log(1e-5, 50.0, 120.0, latency);
        assert!(crowded.ticks.iter().filter(|(_, label)| !label.is_empty()).count() <= 8);
        let flat = Axis::log(0.01, 0.01, 200.0, latency);
        assert!(flat.high / flat.low >= 4.0);
    }

    #[test]
    fn time_ticks_stay_inside_and_few() {
        let axis = Axis::time(0.0, 200.0, 10);
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels[..3], ["0", "20 s", "40 s"]);
        assert_eq!(labels.len(), 11);
        assert_eq!(Axis::time(0.0, 1800.0, 8).ticks[1].1, "5:00");
        assert!(Axis::time(0.0, 0.003, 6).ticks.len() <= 8);
        assert!(Axis::time(0.0, 9e6, 6).ticks.len() <= 8);
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(latency(0.2534), "253 ms");
        assert_eq!(latency(0.9999), "1 s");
        assert_eq!(latency(0.00085), "850 µs");
        assert_eq!([lasting(45.0), lasting(720.0), lasting(129_600.0)], ["45 s", "12 min", "36 h"]);
        assert_eq!([bytes(512.0), bytes(1_610_612_736.0)], ["512 B", "1.5 GiB"]);
        assert_eq!(number(12_400.0), "12.4 k");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(percent(0.99999), ">99.99%");
        assert_eq!(percent(0.00001), "<0.01%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.123), "12.3%");
    }

    #[test]
    fn an_axis_from_zero_reaches_its_highest_value() {
        for high in [0.7, 1.0, 3.0, 99.0, 101.0, 54_321.0] {
            let axis = Axis::from_zero(high, 4, number);
            assert!(axis.high >= high && axis.ticks.len() <= 6, "{high}: {axis:?}");
        }
        assert_eq!(Axis::from_zero(0.0, 4, number).high, 1.0);
    }
}
