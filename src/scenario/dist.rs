//! Distributions as people write them: `exp(200ms)`, `lognormal(p50=10ms, p99=50ms)`, `mixture(90%: exp(5ms), 10%: 1s)`.
//! Text to [`Dist`], mistakes with the range of the wrong part; the only thing read beside the text are the files of `empirical`.

use super::suggest::help_for;
use crate::base::units::{self, UnitError};
use crate::base::{Dist, Span};
use std::ops::Range;

const NAMES: &[&str] = &[
    "constant",
    "uniform",
    "exp",
    "exponential",
    "lognormal",
    "normal",
    "pareto",
    "percentiles",
    "empirical",
    "mixture",
];
const NORMAL: &str = "normal(mean=10ms, sd=2ms)";
const PERCENTILES: &str = "percentiles(p0=1ms, p50=10ms, p99=80ms, p100=1s)";
const DEPTH_MAX: usize = 8;
const PARTS_MAX: usize = 100;
/// Shares of a mixture may miss 100% by this much, for thirds written as 33.3%.
const SHARE_TOLERANCE: f64 = 0.001_000_1;

/// Reads a distribution over times. `values_of` gives the values of a file named in `empirical(…)`.
pub fn parse(text: &str, values_of: &dyn Fn(&str) -> Result<Vec<f64>, UnitError>) -> Result<Dist, UnitError> {
    Reader { text, values_of }.dist(0..text.len(), 0)
}

struct Reader<'a> {
    text: &'a str,
    values_of: &'a dyn Fn(&str) -> Result<Vec<f64>, UnitError>,
}

/// One argument: `p50=10ms` has a name, `90%: 1s` a share, `1s` neither.
struct Argument {
    name: Option<Range<usize>>,
    value: Range<usize>,
}

impl Reader<'_> {
    fn dist(&self, at: Range<usize>, depth: usize) -> Result<Dist, UnitError> {
        let at = self.trim(at);
        let text = &self.text[at.clone()];
        let Some(open) = text.find('(') else { return self.plain(at) };
        if depth >= DEPTH_MAX {
            return fail(at, format!("distributions nested more than {DEPTH_MAX} levels deep"), None);
        }
        let name = self.trim(at.start..at.start + open);
        if !text.ends_with(')') {
            return fail(at, "a closing `)` is missing".into(), None);
        }
        let arguments = self.arguments(at.start + open + 1..at.end - 1)?;
        match &self.text[name.clone()] {
            "constant" => Ok(Dist::Constant(self.only(&name, &arguments, "constant(5ms)")?)),
            "exp" | "exponential" => self.exponential(&name, &arguments),
            "uniform" => self.uniform(&name, &arguments),
            "lognormal" => self.lognormal(&name, &arguments),
            "pareto" => self.pareto(&name, &arguments),
            "empirical" => self.empirical(&name, &arguments),
            "mixture" => self.mixture(&name, &arguments, depth),
            "normal" => self.normal(&name, &arguments),
            "percentiles" => self.percentiles(&name, &arguments),
            other => {
                fail(name.clone(), format!("`{other}` is no distribution"), help_for(other, NAMES.iter().copied()))
            }
        }
    }

    /// A plain length of time, or the name of a distribution without its arguments.
    fn plain(&self, at: Range<usize>) -> Result<Dist, UnitError> {
        let text = &self.text[at.clone()];
        if NAMES.contains(&text) {
            return fail(at, format!("`{text}` needs its parameters"), Some(format!("write {}", usage(text))));
        }
        self.seconds(at).map(Dist::Constant).map_err(|mut error| {
            if error.help.as_deref().is_some_and(|help| help.starts_with("write ")) {
                error.message = format!("`{text}` is neither a length of time nor a distribution");
                error.help = Some("write `5ms`, `exp(5ms)`, `uniform(1ms, 5ms)` or another distribution".into());
            }
            error
        })
    }

    fn exponential(&self, name: &Range<usize>, arguments: &[Argument]) -> Result<Dist, UnitError> {
        let mean = match arguments {
            [one] if self.name_of(one) == Some("mean") => self.seconds(one.value.clone())?,
            _ => self.only(name, arguments, "exp(200ms)")?,
        };
        self.above_zero(mean, arguments[0].value.clone(), "the mean")?;
        Ok(Dist::Exponential { mean })
    }

    fn uniform(&self, name: &Range<usize>, arguments: &[Argument]) -> Result<Dist, UnitError> {
        let [low, high] = arguments else { return self.misuse(name, arguments, "uniform(1s, 2s)") };
        if low.name.is_some() || high.name.is_some() {
            return self.misuse(name, arguments, "uniform(1s, 2s)");
        }
        let (from, to) = (self.seconds(low.value.clone())?, self.seconds(high.value.clone())?);
        if from > to {
            let help =
                format!("swap them: `uniform({}, {})`", &self.text[high.value.clone()], &self.text[low.value.clone()]);
            return fail(low.value.start..high.value.end, "the low end is above the high end".into(), Some(help));
        }
        Ok(Dist::Uniform { low: from, high: to })
    }

    fn lognormal(&self, name: &Range<usize>, arguments: &[Argument]) -> Result<Dist, UnitError> {
        const USAGE: &str = "lognormal(p50=10ms, p99=50ms)";
        self.check_names(arguments, &["p50", "p99", "mean", "cv"], USAGE)?;
        if let (Some(p50), Some(p99), 2) = (self.named(arguments, "p50"), self.named(arguments, "p99"), arguments.len())
        {
            let (low, high) = (self.seconds(p50.clone())?, self.seconds(p99.clone())?);
            self.above_zero(low, p50, "p50")?;
            if high <= low {
                let message = "p99 must be larger than p50".into();
                return fail(p99, message, Some("p50 is the median; p99 is exceeded once in a hundred".into()));
            }
            return Ok(Dist::lognormal_quantiles(low, high));
        }
        if let (Some(mean), Some(cv), 2) = (self.named(arguments, "mean"), self.named(arguments, "cv"), arguments.len())
        {
            let (average, spread) = (self.seconds(mean.clone())?, self.number(cv.clone())?);
            self.above_zero(average, mean, "the mean")?;
            self.above_zero(spread, cv, "cv (standard deviation / mean)")?;
            return Ok(Dist::lognormal_moments(average, spread));
        }
        self.misuse(name, arguments, "lognormal(p50=10ms, p99=50ms)` or `lognormal(mean=10ms, cv=1.5)")
    }

    fn normal(&self, name: &Range<usize>, arguments: &[Argument]) -> Result<Dist, UnitError> {
        self.check_names(arguments, &["mean", "sd"], NORMAL)?;
        let (Some(mean), Some(sd), 2) = (self.named(arguments, "mean"), self.named(arguments, "sd"), arguments.len())
        else {
            return self.misuse(name, arguments, NORMAL);
        };
        Ok(Dist::Normal { mean: self.seconds(mean)?, sd: self.seconds(sd)? })
    }

    /// `p50=10ms` and so on, from `p0` to `p100`.
    fn percentiles(&self, name: &Range<usize>, arguments: &[Argument]) -> Result<Dist, UnitError> {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for argument in arguments {
            let percent = self.name_of(argument).and_then(|word| word.strip_prefix('p')?.parse::<f64>().ok());
            let Some(percent) = percent.filter(|percent| (0.0..=100.0).contains(percent)) else {
                return self.misuse(name, arguments, PERCENTILES);
            };
            let point = (percent / 100.0, self.seconds(argument.value.clone())?);
            if points.last().is_some_and(|last| point.0 <= last.0 || point.1 < last.1) {
                return fail(argument.value.clone(), "percentiles and their values only rise".into(), None);
            }
            points.push(point);
        }
        let ends = points.first().zip(points.last()).is_some_and(|(first, last)| first.0 == 0.0 && last.0 == 1.0);
        if !ends {
            let all = arguments
                .first()
                .map_or(name.clone(), |first| first.value.start..arguments[arguments.len() - 1].value.end);
            let help = format!("say where it begins (`p0`) and where it ends (`p100`), as in `{PERCENTILES}`");
            return fail(all, "the table does not go from `p0` to `p100`".into(), Some(help));
        }
        Ok(Dist::Percentiles(points))
    }

    fn pareto(&self, name: &Range<usize>, arguments: &[Argument]) -> Result<Dist, UnitError> {
        const USAGE: &str = "pareto(scale=1ms, shape=2.5)";
        self.check_names(arguments, &["scale", "shape"], USAGE)?;
        let (Some(scale), Some(shape), 2) =
            (self.named(arguments, "scale"), self.named(arguments, "shape"), arguments.len())
        else {
            return self.misuse(name, arguments, USAGE);
        };
        let (least, tail) = (self.seconds(scale.clone())?, self.number(shape.clone())?);
        self.above_zero(least, scale, "the scale")?;
        self.above_zero(tail, shape, "the shape")?;
        Ok(Dist::Pareto { scale: least, shape: tail })
    }

    fn empirical(&self, name: &Range<usize>, arguments: &[Argument]) -> Result<Dist, UnitError> {
        let [Argument { name: None, value }] = arguments else {
            return self.misuse(name, arguments, "empirical(file.csv)");
        };
        let mut values =
            (self.values_of)(&self.text[value.clone()]).map_err(|error| UnitError { at: value.clone(), ..error })?;
        values.sort_by(f64::total_cmp);
        Ok(Dist::Empirical(values))
    }

    fn mixture(&self, name: &Range<usize>, arguments: &[Argument], depth: usize) -> Result<Dist, UnitError> {
        if arguments.is_empty() || arguments.len() > PARTS_MAX {
            return self.misuse(name, arguments, "mixture(90%: exp(5ms), 10%: constant(1s))");
        }
        let (mut upto, mut parts, mut sum) = (Vec::new(), Vec::new(), 0.0);
        for argument in arguments {
            let Some((share, part)) = self.share_of(argument) else {
                return fail(
                    argument.value.clone(),
                    "this part has no share".into(),
                    Some("write `90%: exp(5ms)`".into()),
                );
            };
            sum += units::ratio(&self.text[share.clone()]).map_err(|error| moved(error, share.start))?;
            upto.push(sum);
            parts.push(self.dist(part, depth + 1)?);
        }
        if (sum - 1.0).abs() > SHARE_TOLERANCE {
            let all = arguments[0].value.start..arguments[arguments.len() - 1].value.end;
            return fail(all, format!("the shares sum to {}, not 100%", units::show_ratio(sum)), None);
        }
        upto.iter_mut().for_each(|edge| *edge /= sum);
        upto[arguments.len() - 1] = 1.0;
        Ok(Dist::Mixture { upto, parts })
    }

    /// Splits at the commas outside inner parentheses.
    fn arguments(&self, at: Range<usize>) -> Result<Vec<Argument>, UnitError> {
        let (mut found, mut depth, mut from) = (Vec::new(), 0usize, at.start);
        for (index, c) in self.text[at.clone()].char_indices().map(|(index, c)| (at.start + index, c)) {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return fail(index..index + 1, "one `)` too many".into(), None),
                ')' => depth -= 1,
                ',' if depth == 0 => {
                    found.push(self.argument(from..index)?);
                    from = index + 1;
                }
                _ => {}
            }
        }
        if depth > 0 {
            return fail(at, "a closing `)` is missing".into(), None);
        }
        if !found.is_empty() || !self.text[from..at.end].trim().is_empty() {
            found.push(self.argument(from..at.end)?);
        }
        Ok(found)
    }

    fn argument(&self, at: Range<usize>) -> Result<Argument, UnitError> {
        let trimmed = self.trim(at.clone());
        if trimmed.is_empty() {
            return fail(at, "a parameter is missing here".into(), None);
        }
        let text = &self.text[trimmed.clone()];
        let equals = text.find('=').filter(|equals| !text[..*equals].contains(['(', ':']));
        Ok(match equals {
            Some(equals) => Argument {
                name: Some(self.trim(trimmed.start..trimmed.start + equals)),
                value: self.trim(trimmed.start + equals + 1..trimmed.end),
            },
            None => Argument { name: None, value: trimmed },
        })
    }

    fn share_of(&self, argument: &Argument) -> Option<(Range<usize>, Range<usize>)> {
        let Argument { name: None, value } = argument else { return None };
        let text = &self.text[value.clone()];
        let colon = text.find(':').filter(|colon| !text[..*colon].contains('('))?;
        Some((self.trim(value.start..value.start + colon), self.trim(value.start + colon + 1..value.end)))
    }

    /// The value of the only argument, unnamed.
    fn only(&self, name: &Range<usize>, arguments: &[Argument], usage: &str) -> Result<f64, UnitError> {
        match arguments {
            [Argument { name: None, value }] => self.seconds(value.clone()),
            _ => self.misuse(name, arguments, usage),
        }
    }

    fn name_of(&self, argument: &Argument) -> Option<&str> {
        argument.name.clone().map(|at| &self.text[at])
    }

    fn named(&self, arguments: &[Argument], name: &str) -> Option<Range<usize>> {
        arguments.iter().find(|argument| self.name_of(argument) == Some(name)).map(|argument| argument.value.clone())
    }

    fn check_names(&self, arguments: &[Argument], known: &[&str], usage: &str) -> Result<(), UnitError> {
        for argument in arguments {
            match argument.name.clone() {
                Some(at) if known.contains(&&self.text[at.clone()]) => {}
                Some(at) => {
                    let word = &self.text[at.clone()];
                    return fail(at, format!("unknown parameter `{word}`"), help_for(word, known.iter().copied()));
                }
                None => {
                    return fail(
                        argument.value.clone(),
                        "this parameter needs a name".into(),
                        Some(format!("write `{usage}`")),
                    );
                }
            }
        }
        Ok(())
    }

    fn misuse<T>(&self, name: &Range<usize>, arguments: &[Argument], usage: &str) -> Result<T, UnitError> {
        let word = &self.text[name.clone()];
        let end = arguments.last().map_or(name.end, |argument| argument.value.end);
        let at = arguments.first().map_or(name.clone(), |_| name.start..end);
        fail(at, format!("`{word}` does not take these parameters"), Some(format!("write `{usage}`")))
    }

    fn seconds(&self, at: Range<usize>) -> Result<f64, UnitError> {
        units::span(&self.text[at.clone()]).map(Span::as_secs_f64).map_err(|error| moved(error, at.start))
    }

    fn number(&self, at: Range<usize>) -> Result<f64, UnitError> {
        units::number(&self.text[at.clone()]).map_err(|error| moved(error, at.start))
    }

    fn above_zero(&self, value: f64, at: Range<usize>, what: &str) -> Result<(), UnitError> {
        if value > 0.0 { Ok(()) } else { fail(at, format!("{what} must be above 0"), None) }
    }

    fn trim(&self, at: Range<usize>) -> Range<usize> {
        let text = &self.text[at.clone()];
        let start = at.start + (text.len() - text.trim_start().len());
        start..start + text.trim().len()
    }
}

fn usage(name: &str) -> &'static str {
    match name {
        "constant" => "`constant(5ms)`",
        "uniform" => "`uniform(1s, 2s)`",
        "lognormal" => "`lognormal(p50=10ms, p99=50ms)`",
        "normal" => "`normal(mean=10ms, sd=2ms)`",
        "percentiles" => "`percentiles(p0=1ms, p50=10ms, p99=80ms, p100=1s)`",
        "pareto" => "`pareto(scale=1ms, shape=2.5)`",
        "empirical" => "`empirical(file.csv)`",
        "mixture" => "`mixture(90%: exp(5ms), 10%: constant(1s))`",
        _ => "`exp(200ms)`",
    }
}

fn fail<T>(at: Range<usize>, message: String, help: Option<String>) -> Result<T, UnitError> {
    Err(UnitError { message, help, at })
}

fn moved(error: UnitError, by: usize) -> UnitError {
    UnitError { at: error.at.start + by..error.at.end + by, ..error }
}

#[cfg(test)]
#[path = "dist_tests.rs"]
mod tests;
