//! `--vary PATH=SPEC`: which values of a scenario are varied. A spec is a list (`8,16,32`), a range with a step (`50/s..400/s:50/s`), a factor
//! (`8..64:*2`) or a number of points (`8..64:#5`), or a bare range (`8..64`) for those who choose their own values in it. What stands
//! around a range stays: `services.db.work=exp(5ms..50ms:5ms)`.

use super::quantity::{self, Range};

/// More values of one path are surely a slip.
const VALUES_MAX: usize = 10_000;

/// One path and what is put there.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub path: String,
    pub values: Values,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    List(Vec<String>),
    /// To be sampled or halved.
    Within(Range),
}

impl Axis {
    /// Reads `PATH=SPEC`; words on what is wrong with it.
    pub fn read(text: &str) -> Result<Axis, String> {
        let (path, spec) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` has no `=`: write PATH=VALUES, such as services.db.workers=8..64:8"))?;
        let (path, spec) = (path.trim(), spec.trim());
        if path.is_empty() || spec.is_empty() {
            return Err(format!("`{text}`: write PATH=VALUES, such as services.db.workers=8..64:8"));
        }
        let items = items(spec);
        if let [one] = items.as_slice()
            && let Some((range, None)) = range(one)?
        {
            return Ok(Axis { path: path.to_owned(), values: Values::Within(range) });
        }
        let mut values = Vec::new();
        for item in items {
            match range(item)? {
                None => values.push(item.to_owned()),
                Some((range, Some(step))) => values.extend(stepped(item, &range, &step)?),
                Some((_, None)) => {
                    return Err(format!("`{item}` has no step: write it like {item}:5, {item}:*2 or {item}:#5"));
                }
            }
        }
        if values.len() > VALUES_MAX {
            return Err(format!("`{text}` has {} values, more than {VALUES_MAX}", values.len()));
        }
        Ok(Axis { path: path.to_owned(), values: Values::List(values) })
    }

    pub fn range(&self) -> Option<&Range> {
        match &self.values {
            Values::Within(range) => Some(range),
            Values::List(_) => None,
        }
    }

    pub fn list(&self) -> Option<&[String]> {
        match &self.values {
            Values::List(values) => Some(values),
            Values::Within(_) => None,
        }
    }

    /// For `--set`.
    pub fn setting(&self, value: &str) -> String {
        format!("{}={value}", self.path)
    }
}

/// Parts at commas that no bracket holds together.
fn items(spec: &str) -> Vec<&str> {
    let (mut items, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in spec.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(spec[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    items.push(spec[from..].trim());
    items
}

/// How to go from one end to the other.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Add(f64),
    Times(f64),
    Points(usize),
}

/// The range in a text, and its step if it has one; nothing if there is no `..` in it.
fn range(item: &str) -> Result<Option<(Range, Option<Step>)>, String> {
    let Some(dots) = item.find("..") else { return Ok(None) };
    let is_edge = |c: char| matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | ',' | ' ');
    let begin = item[..dots].rfind(is_edge).map_or(0, |at| at + 1);
    let behind = dots + 2;
    let end = item[behind..].find(is_edge).map_or(item.len(), |at| behind + at);
    let (to, step) =
        item[behind..end].split_once(':').map_or((&item[behind..end], None), |(to, step)| (to, Some(step)));
    let wrong = |text: &str| format!("`{text}` in `{item}` is not a number, with or without a unit");
    let (from, of_from) = quantity::split(&item[begin..dots]).ok_or_else(|| wrong(&item[begin..dots]))?;
    let (to, unit) = quantity::split(to).ok_or_else(|| wrong(to))?;
    if !of_from.is_empty() && of_from != unit {
        return Err(format!("`{item}`: write both ends in the same unit ({of_from} and {unit} differ)"));
    }
    if to <= from {
        return Err(format!("`{item}` goes backwards: the smaller end comes first"));
    }
    let is_whole = unit.is_empty() && !item[begin..end].replace("..", "").contains('.');
    let (before, after, unit) = (item[..begin].to_owned(), item[end..].to_owned(), unit.to_owned());
    let range = Range { before, after, from, to, unit, is_whole };
    let step = step.map(|text| read_step(text, &range)).transpose()?;
    Ok(Some((range, step)))
}

fn read_step(text: &str, range: &Range) -> Result<Step, String> {
    let wrong = || {
        format!(
            "`{text}` is no step: a difference like 5{}, a factor like *2, or a number of points like #5",
            range.unit
        )
    };
    if let Some(points) = text.strip_prefix('#') {
        return points.parse().ok().filter(|points| *points >= 2).map(Step::Points).ok_or_else(wrong);
    }
    if let Some(factor) = text.strip_prefix('*') {
        let factor = factor.parse().ok().filter(|factor: &f64| *factor > 1.0 && factor.is_finite());
        return factor.filter(|_| range.from > 0.0).map(Step::Times).ok_or_else(wrong);
    }
    let (step, unit) = quantity::split(text).filter(|(step, _)| *step > 0.0).ok_or_else(wrong)?;
    if unit.is_empty() || unit == range.unit { Ok(Step::Add(step)) } else { Err(wrong()) }
}

fn stepped(item: &str, range: &Range, step: &Step) -> Result<Vec<String>, String> {
    // A hair beyond the end is the end: steps of 0.1 do not add up to it.
    let last = range.to + range.span() * 1e-9;
    let value = |index: usize| match step {
        Step::Add(step) => range.from + step * index as f64,
        Step::Times(factor) => range.from * factor.powi(index as i32),
        Step::Points(points) => range.from + range.span() * index as f64 / (points - 1) as f64,
    };
    let values: Vec<f64> = (0..=VALUES_MAX).map(value).take_while(|value| *value <= last).collect();
    if values.len() > VALUES_MAX {
        return Err(format!("`{item}` has more than {VALUES_MAX} values"));
    }
    let mut written: Vec<String> = values.into_iter().map(|value| range.written(value)).collect();
    written.dedup();
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        Axis::read(text).expect("it can be read").list().expect("it is a list").to_vec()
    }

    #[test]
    fn lists_steps_factors_and_numbers_of_points() {
        assert_eq!(list("a.b=8..32:8"), ["8", "16", "24", "32"]);
        assert_eq!(list("a=50/s..200/s:50/s"), ["50/s", "100/s", "150/s", "200/s"]);
        assert_eq!(list("a=0.1..0.5:0.1"), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(list("a=1..8:*2"), ["1", "2", "4", "8"]);
        assert_eq!(list("a=0s..1s:#3"), ["0s", "0.5s", "1s"]);
        assert_eq!(list("a=exp(5ms..15ms:5ms)"), ["exp(5ms)", "exp(10ms)", "exp(15ms)"]);
        assert_eq!(list("a=uniform(1s, 2s),3s,4..6s:1s"), ["uniform(1s, 2s)", "3s", "4s", "5s", "6s"]);
        assert_eq!(list("a=round-robin,random"), ["round-robin", "random"]);
    }

    #[test]
    fn a_bare_range_is_kept_as_one() {
        let range = Axis::read("a.b=1.5s..4s").expect("it can be read").range().expect("a range").clone();
        assert_eq!((range.from, range.to, range.unit.as_str(), range.is_whole), (1.5, 4.0, "s", false));
        assert!(Axis::read("a=1..9").expect("it can be read").range().expect("a range").is_whole);
        assert!(!Axis::read("a=0.0..1").expect("it can be read").range().expect("a range").is_whole);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for wrong in [
            "a",
            "=1",
            "a=",
            "a=5..1:1",
            "a=1s..2m:1s",
            "a=x..y",
            "a=1..9:0",
            "a=1..9:#1",
            "a=0..9:*2",
            "a=1,2..5",
            "a=1..9:1s",
        ] {
            assert!(Axis::read(wrong).is_err(), "{wrong}");
        }
        assert!(Axis::read("a=0..1:0.00001").is_err());
    }
}
