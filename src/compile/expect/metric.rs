//! The left side of a line: `p99(users)`, `errors(web->db, kind=timeout)`, `max(queue(db))`. Words to a draft of a metric;
//! what the draft still lacks (the unit of `used`, the window of `recovery`) is settled when the rest of the line is known.

use super::cursor::{Cursor, Piece, did_you_mean, listed_all};
use super::subject::{self, Of};
use super::{ExpectError, Names};
use crate::base::ErrorKind;
use crate::plan::Window;
use crate::plan::expectation::{Aggregate, Gauge, Metric, Subject, Take};
use crate::plan::meters::{self, KNOWN, Known};

/// What a bound of the metric may be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Duration,
    /// 0 to 1, or up to 100%.
    Share,
    PerSecond,
    /// Bytes, or a share of the capacity.
    Bytes,
    /// A plain number: things that are counted.
    Count,
    /// A plain number, a factor (`1.5x`) or a percentage, without an upper limit.
    Factor,
}

/// A metric whose words are understood.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    pub piece: Piece<'a>,
    pub unit: Unit,
    form: Form,
    of: Subject,
    /// Index of the meter, for one.
    meter: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Quantile(f64),
    Mean,
    Max,
    Success,
    Errors(Option<ErrorKind>),
    Goodput,
    Offered,
    Fresh,
    Amplification,
    Waste,
    Throughput,
    Retries,
    Gauge(Gauge, Aggregate),
    Hits,
    Recovery,
    Meter(&'static Known, Option<Take>),
}

#[derive(Clone, Copy)]
struct Entry {
    name: &'static str,
    unit: Unit,
    of: Of,
    form: Form,
}

const fn entry(name: &'static str, unit: Unit, of: Of, form: Form) -> Entry {
    Entry { name, unit, of, form }
}

/// Every metric but the quantiles, whose names are numbers.
static METRICS: [Entry; 19] = [
    entry("mean", Unit::Duration, Of::ClientOrService, Form::Mean),
    entry("max", Unit::Duration, Of::ClientOrService, Form::Max),
    entry("success", Unit::Share, Of::Anyone, Form::Success),
    entry("errors", Unit::Share, Of::Anyone, Form::Errors(None)),
    entry("goodput", Unit::PerSecond, Of::Anyone, Form::Goodput),
    entry("offered", Unit::PerSecond, Of::Anyone, Form::Offered),
    entry("fresh", Unit::PerSecond, Of::Client, Form::Fresh),
    entry("amplification", Unit::Factor, Of::ClientOrService, Form::Amplification),
    entry("waste", Unit::Share, Of::Service, Form::Waste),
    entry("throughput", Unit::PerSecond, Of::Service, Form::Throughput),
    entry("retries", Unit::Factor, Of::ClientOrEdge, Form::Retries),
    entry("utilisation", Unit::Share, Of::Service, Form::Gauge(Gauge::Utilisation, Aggregate::Mean)),
    entry("utilization", Unit::Share, Of::Service, Form::Gauge(Gauge::Utilisation, Aggregate::Mean)),
    entry("queue", Unit::Count, Of::Service, Form::Gauge(Gauge::Queue, Aggregate::Mean)),
    entry("inflight", Unit::Count, Of::Service, Form::Gauge(Gauge::Inflight, Aggregate::Mean)),
    entry("used", Unit::Bytes, Of::Volume, Form::Gauge(Gauge::Used, Aggregate::Max)),
    entry("cold", Unit::Share, Of::Cache, Form::Gauge(Gauge::Cold, Aggregate::Mean)),
    entry("hits", Unit::Share, Of::Cache, Form::Hits),
    entry("recovery", Unit::Duration, Of::ClientOrService, Form::Recovery),
];

const P99: Entry = entry("p99", Unit::Duration, Of::ClientOrService, Form::Quantile(0.99));

/// What people coming from other tools write, and what it is called here.
static ELSEWHERE: [(&str, &str); 12] = [
    ("latency", "p99"),
    ("median", "p50"),
    ("avg", "mean"),
    ("average", "mean"),
    ("availability", "success"),
    ("error_rate", "errors"),
    ("failures", "errors"),
    ("rps", "offered"),
    ("rate", "offered"),
    ("cpu", "utilisation"),
    ("in_flight", "inflight"),
    ("hit_rate", "hits"),
];

/// Reads up to and including the closing parenthesis.
pub fn read<'a>(cursor: &mut Cursor<'a>, names: &Names) -> Result<Draft<'a>, ExpectError> {
    let name = read_name(cursor)?;
    open(cursor, &name)?;
    let Some(outer) = outer_of(name.text) else { return read_args(cursor, name, None, names) };
    let mut ahead = Cursor { text: cursor.text, at: cursor.at };
    let inner = ahead.take_while(is_name_char);
    if ahead.eat('(') && !inner.text.is_empty() {
        cursor.at = ahead.at;
        let draft = read_args(cursor, inner, Some((outer, name)), names)?;
        close(cursor)?;
        return Ok(Draft { piece: piece_between(cursor.text, name.start, cursor.at), ..draft });
    }
    read_args(cursor, name, None, names)
}

impl Draft<'_> {
    /// The metric, once it is known whether the bound is a share and which window counts as `before`.
    pub fn finish(&self, bound_is_share: bool, before: Option<Window>) -> Metric {
        let of = self.of;
        match self.form {
            Form::Quantile(quantile) => Metric::Quantile { of, quantile },
            Form::Mean => Metric::LatencyMean { of },
            Form::Max => Metric::LatencyMax { of },
            Form::Success => Metric::Success { of },
            Form::Errors(kind) => Metric::Errors { of, kind },
            Form::Goodput => Metric::Goodput { of },
            Form::Offered => Metric::Offered { of },
            Form::Fresh => Metric::Fresh { of },
            Form::Amplification => Metric::Amplification { of },
            Form::Waste => Metric::Waste { of },
            Form::Throughput => Metric::Throughput { of },
            Form::Retries => Metric::Retries { of },
            Form::Gauge(Gauge::Used, aggregate) if bound_is_share => {
                Metric::Gauge { gauge: Gauge::UsedShare, of, aggregate }
            }
            Form::Gauge(gauge, aggregate) => Metric::Gauge { gauge, of, aggregate },
            Form::Hits => Metric::Hits { of },
            Form::Meter(known, take) => {
                Metric::Meter { meter: self.meter, take: take.unwrap_or(default_take(known.form)), unit: known.unit }
            }
            Form::Recovery => Metric::Recovery { of, before: before.expect("a recovery is read with its window") },
        }
    }

    pub fn of(&self) -> Subject {
        self.of
    }

    /// Is it a number of things that happened?
    pub fn is_count(&self) -> bool {
        matches!(self.form, Form::Meter(known, None) if known.form == meters::Form::Count)
    }

    pub fn is_recovery(&self) -> bool {
        self.form == Form::Recovery
    }
}

fn read_name<'a>(cursor: &mut Cursor<'a>) -> Result<Piece<'a>, ExpectError> {
    let name = cursor.take_while(is_name_char);
    if name.text.is_empty() {
        return Err(cursor.error_here("expected a metric").help("for example: p99(users) < 250ms during slow-db"));
    }
    Ok(name)
}

fn open(cursor: &mut Cursor, name: &Piece) -> Result<(), ExpectError> {
    if cursor.eat('(') {
        return Ok(());
    }
    // A misspelt metric is the better thing to say than a missing parenthesis.
    look_up(name)?;
    Err(name.error(format!("`{}` of whom?", name.text)).help(format!("write `{}(NAME)`", name.text)))
}

fn close(cursor: &mut Cursor) -> Result<(), ExpectError> {
    if cursor.eat(')') { Ok(()) } else { Err(cursor.error_here("expected `)`")) }
}

/// Reads `SUBJECT[, kind=KIND])` of a metric whose name is read.
fn read_args<'a>(
    cursor: &mut Cursor<'a>,
    name: Piece<'a>,
    outer: Option<(Outer, Piece<'a>)>,
    names: &Names,
) -> Result<Draft<'a>, ExpectError> {
    let found = look_up(&name)?;
    let form = with_aggregate(found.form, outer, &name)?;
    let subject = cursor.take_while(|c| !matches!(c, ',' | ')' | '(' | '<' | '=')).trimmed();
    if subject.text.is_empty() {
        let message = format!("`{}` of whom?", name.text);
        return Err(cursor.error_here(message).help(format!("write `{}(NAME)`", name.text)));
    }
    let of = subject::find(&subject, name.text, found.of, names)?;
    let form = if cursor.eat(',') { with_kind(form, of, cursor, &name)? } else { form };
    close(cursor)?;
    let meter = match form {
        Form::Meter(known, _) => names.meters.iter().position(|meter| meter.name == known.name && meter.of == of),
        _ => None,
    };
    let piece = piece_between(cursor.text, name.start, cursor.at);
    let unit = if matches!(form, Form::Meter(_, Some(Take::Rate))) { Unit::PerSecond } else { found.unit };
    Ok(Draft { piece, unit, form, of, meter: meter.unwrap_or_default() as u32 })
}

/// The entry of the table, or one made up for a quantile.
fn look_up(name: &Piece) -> Result<Entry, ExpectError> {
    if let Some(found) = METRICS.iter().find(|entry| entry.name == name.text) {
        return Ok(*found);
    }
    if let Some(digits) = name.text.strip_prefix('p').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Ok(Entry { form: Form::Quantile(quantile(digits, name)?), ..P99 });
    }
    if let Some(known) = Known::named(name.text) {
        let unit = match known.unit {
            meters::Unit::Number => Unit::Count,
            meters::Unit::Seconds => Unit::Duration,
            meters::Unit::Bytes => Unit::Bytes,
            // More may be offered than a link carries.
            meters::Unit::Ratio if known.form == meters::Form::Load => Unit::Factor,
            meters::Unit::Ratio => Unit::Share,
        };
        return Ok(Entry { name: known.name, unit, of: Of::Metered(known.name), form: Form::Meter(known, None) });
    }
    let here = ELSEWHERE.iter().find(|(word, _)| *word == name.text).map(|(_, here)| format!("it is called `{here}`"));
    let known = || METRICS.iter().map(|entry| entry.name).chain(KNOWN.iter().map(|known| known.name));
    let help = here.or_else(|| did_you_mean(name.text, known()));
    let help = help.unwrap_or_else(|| format!("metrics are p50 to p99.99, {}", listed_all(known())));
    Err(name.error(format!("there is no metric `{}`", name.text)).help(help))
}

/// `99.9` to 0.999, from the digits, so that the quantile is the number nearest to what was written.
fn quantile(digits: &str, name: &Piece) -> Result<f64, ExpectError> {
    let number = digits.parse::<f64>().ok().filter(|_| digits.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let Some(percent) = number else {
        return Err(name
            .error(format!("`{}` is not a quantile", name.text))
            .help("quantiles look like p50, p99 or p99.9"));
    };
    if percent > 0.0 && percent < 100.0 {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let shifted = format!("0.{:0>2}{fraction}", whole.trim_start_matches('0'));
        return Ok(shifted.parse().expect("digits with one point are a number"));
    }
    let message = format!("`{}`: a quantile lies between 0 and 100%", name.text);
    let help = match digits {
        "999" => "did you mean `p99.9`?",
        "9999" => "did you mean `p99.99`?",
        "100" => "the largest latency is `max(NAME)`",
        "0" => "the smallest latency is not measured; p1 comes close",
        _ => "quantiles look like p50, p99 or p99.9",
    };
    Err(name.error(message).help(help))
}

fn with_aggregate(form: Form, outer: Option<(Outer, Piece)>, name: &Piece) -> Result<Form, ExpectError> {
    match (form, outer) {
        (form, None) => Ok(form),
        (Form::Gauge(gauge, _), Some((Outer::Of(aggregate), _))) => Ok(Form::Gauge(gauge, aggregate)),
        (Form::Meter(known, _), Some((outer, piece))) => match (known.form, outer) {
            (meters::Form::Count, Outer::Rate) => Ok(Form::Meter(known, Some(Take::Rate))),
            (meters::Form::Gauge, Outer::Of(Aggregate::Mean)) => Ok(Form::Meter(known, Some(Take::Mean))),
            (meters::Form::Gauge, Outer::Of(Aggregate::Min)) => Ok(Form::Meter(known, Some(Take::Min))),
            (meters::Form::Gauge, Outer::Of(Aggregate::Max)) => Ok(Form::Meter(known, Some(Take::Max))),
            (meters::Form::Gauge, Outer::Last) => Ok(Form::Meter(known, Some(Take::Last))),
            _ => {
                let message = format!("`{}(…)` cannot be taken of `{}`", piece.text, name.text);
                Err(piece
                    .error(message)
                    .help("`rate` is of things that are counted; mean, min, max and last of levels"))
            }
        },
        (Form::Gauge(..), Some((_, outer))) => {
            let message = format!("`{}(…)` cannot be taken of `{}`", outer.text, name.text);
            Err(outer.error(message).help("of utilisation, queue, inflight, used and cold take mean, min or max"))
        }
        (_, Some((_, outer))) => {
            let message = format!("`{}(…)` is taken of gauges, and `{}` is not one", outer.text, name.text);
            Err(outer.error(message).help("gauges are utilisation, queue, inflight, used and cold"))
        }
    }
}

fn with_kind(form: Form, of: Subject, cursor: &mut Cursor, name: &Piece) -> Result<Form, ExpectError> {
    let key = cursor.take_while(is_name_char);
    if form != Form::Errors(None) || key.text != "kind" {
        let piece = if key.text.is_empty() { *name } else { key };
        let message = format!("`{}` takes no `{}` here", name.text, piece.text);
        return Err(piece.error(message).help("only `errors(NAME, kind=KIND)` takes a second part"));
    }
    if !cursor.eat('=') {
        return Err(cursor.error_here("expected `=` after `kind`").help("write `kind=timeout`"));
    }
    let word = cursor.take_while(is_name_char);
    if word.text.is_empty() {
        return Err(cursor.error_here("expected the kind of error").help(kinds_help()));
    }
    let Some(kind) = ErrorKind::from_word(word.text) else {
        let help = did_you_mean(word.text, ErrorKind::ALL.map(ErrorKind::word)).unwrap_or_else(kinds_help);
        return Err(word.error(format!("there is no kind of error `{}`", word.text)).help(help));
    };
    if matches!(of, Subject::Service(_)) && kind != ErrorKind::Rejected {
        let message = "a service tells only `rejected` apart from its other errors";
        return Err(word.error(message).help("ask the caller or the edge: errors(web->db, kind=timeout)"));
    }
    Ok(Form::Errors(Some(kind)))
}

fn kinds_help() -> String {
    format!("kinds are {}", listed_all(ErrorKind::ALL.map(ErrorKind::word)))
}

/// The word around a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outer {
    Of(Aggregate),
    Rate,
    Last,
}

fn outer_of(word: &str) -> Option<Outer> {
    match word {
        "mean" => Some(Outer::Of(Aggregate::Mean)),
        "min" => Some(Outer::Of(Aggregate::Min)),
        "max" => Some(Outer::Of(Aggregate::Max)),
        "rate" => Some(Outer::Rate),
        "last" => Some(Outer::Last),
        _ => None,
    }
}

fn default_take(form: meters::Form) -> Take {
    match form {
        meters::Form::Count => Take::Total,
        meters::Form::Gauge | meters::Form::Load => Take::Mean,
        meters::Form::Share => Take::Share,
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn piece_between(text: &str, start: usize, end: usize) -> Piece<'_> {
    Piece { start, end, text: &text[start..end] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_names_every_metric_and_kind() {
        let reference = include_str!("../../../docs/reference/expectations.md");
        let columns = METRICS.iter().map(|entry| entry.name).filter(|name| *name != "utilization");
        let metrics = columns.chain(KNOWN.iter().map(|known| known.name));
        for word in metrics.chain(ErrorKind::ALL.map(ErrorKind::word)) {
            assert!(reference.contains(&format!("`{word}`")), "`{word}` is not in docs/reference/expectations.md");
        }
    }
}
