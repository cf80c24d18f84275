//! The left side of a line: `p99(users)`, `errors(web->db, kind=timeout)`, `max(queue(db))`. Words to a draft of a metric;
//! what the draft still lacks (the unit of `used`, the window of `recovery`) is settled when the rest of the line is known.

use super::cursor::{Cursor, Piece, did_you_mean, listed_all};
use super::subject::{self, Of};
use super::{ExpectError, Names};
use crate::base::ErrorKind;
use crate::plan::Window;
use crate::plan::expectation::{Aggregate, Gauge, Metric, Subject};

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

/// Named in the language's description, but this version measures nothing for them.
static LATER: [&str; 3] = ["opens", "lost", "lag"];

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
    let Some(aggregate) = aggregate_of(name.text) else { return read_args(cursor, name, None, names) };
    let mut ahead = Cursor { text: cursor.text, at: cursor.at };
    let inner = ahead.take_while(is_name_char);
    if ahead.eat('(') && !inner.text.is_empty() {
        cursor.at = ahead.at;
        let draft = read_args(cursor, inner, Some((aggregate, name)), names)?;
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
            Form::Recovery => Metric::Recovery { of, before: before.expect("a recovery is read with its window") },
        }
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
    aggregate: Option<(Aggregate, Piece<'a>)>,
    names: &Names,
) -> Result<Draft<'a>, ExpectError> {
    let found = look_up(&name)?;
    let form = with_aggregate(found.form, aggregate, &name)?;
    let subject = cursor.take_while(|c| !matches!(c, ',' | ')' | '(' | '<' | '=')).trimmed();
    if subject.text.is_empty() {
        let message = format!("`{}` of whom?", name.text);
        return Err(cursor.error_here(message).help(format!("write `{}(NAME)`", name.text)));
    }
    let of = subject::find(&subject, name.text, found.of, names)?;
    let form = if cursor.eat(',') { with_kind(form, of, cursor, &name)? } else { form };
    close(cursor)?;
    Ok(Draft { piece: piece_between(cursor.text, name.start, cursor.at), unit: found.unit, form, of })
}

/// The entry of the table, or one made up for a quantile.
fn look_up(name: &Piece) -> Result<Entry, ExpectError> {
    if let Some(found) = METRICS.iter().find(|entry| entry.name == name.text) {
        return Ok(*found);
    }
    if let Some(digits) = name.text.strip_prefix('p').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Ok(Entry { form: Form::Quantile(quantile(digits, name)?), ..P99 });
    }
    if LATER.contains(&name.text) {
        let message = format!("`{}` is part of the language, but this version does not measure it", name.text);
        return Err(name
            .error(message)
            .help("remove the line, or judge by what callers see: success, errors, goodput"));
    }
    let here = ELSEWHERE.iter().find(|(word, _)| *word == name.text).map(|(_, here)| format!("it is called `{here}`"));
    let known = || METRICS.iter().map(|entry| entry.name);
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

fn with_aggregate(form: Form, outer: Option<(Aggregate, Piece)>, name: &Piece) -> Result<Form, ExpectError> {
    match (form, outer) {
        (form, None) => Ok(form),
        (Form::Gauge(gauge, _), Some((aggregate, _))) => Ok(Form::Gauge(gauge, aggregate)),
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

fn aggregate_of(word: &str) -> Option<Aggregate> {
    match word {
        "mean" => Some(Aggregate::Mean),
        "min" => Some(Aggregate::Min),
        "max" => Some(Aggregate::Max),
        _ => None,
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
        let metrics = METRICS.iter().map(|entry| entry.name).filter(|name| *name != "utilization");
        for word in metrics.chain(ErrorKind::ALL.map(ErrorKind::word)) {
            assert!(reference.contains(&format!("`{word}`")), "`{word}` is not in docs/reference/expectations.md");
        }
    }
}
