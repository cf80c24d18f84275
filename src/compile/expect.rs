//! The parser of the expectation language: one line such as `p99(users) < 250ms during db-slow` to the parts of a
//! [`plan::Expectation`](crate::plan::Expectation). It resolves names, units and windows, and never measures anything.

mod cursor;
mod fact;
mod figure;
mod metric;
mod plane;
mod stop;
mod subject;
mod together;
mod value;
mod window;

use crate::base::Time;
use crate::plan::expectation::{Bound, Compare, Metric};
use crate::plan::facts::{Facts, Graph};
use crate::plan::{Control, Does, Edge, Meter, Plan, Service, Window};
use cursor::Cursor;
pub use fact::CALLS;
pub use figure::parse_figure;
use metric::Draft;
pub use stop::parse_stop;
use value::Value;

/// What a line may refer to. Clients, services and edges are in the order of the Plan's tables: a subject is an index into them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub clients: Vec<String>,
    /// Name and kind (`service`, `cache`, `store`).
    pub services: Vec<(String, String)>,
    pub edges: Vec<String>,
    pub controls: Vec<String>,
    /// Shared links.
    pub segments: Vec<String>,
    /// Name, begin and end; an instant fault ends where it begins.
    pub faults: Vec<(String, Time, Time)>,
    /// Name and begin of the deploys, whose windows are asked for like those of faults.
    pub deploys: Vec<(String, Time)>,
    /// Services of any kind that live on a volume of limited size, beside the stores.
    pub volumes: Vec<String>,
    pub meters: Vec<Meter>,
    pub alerts: Vec<String>,
    /// The scenario's, and the graph of its calls.
    pub facts: Facts,
    pub warmup: Time,
    pub length: Time,
}

impl Names {
    /// What the lines of this plan may refer to.
    pub fn of(plan: &Plan) -> Names {
        let started = plan.real.services.iter().filter(|real| real.volume_bytes.is_some());
        let started = started.map(|real| plan.service(real.service));
        let has_end = |service: &&Service| service.volume.as_ref().is_some_and(|volume| volume.size_bytes.is_some());
        let with_volume = started.chain(plan.services.iter().filter(has_end));
        Names {
            clients: plan.clients.iter().map(|client| client.name.clone()).collect(),
            services: plan.services.iter().map(|service| (service.name.clone(), service.kind.clone())).collect(),
            edges: plan.edges.iter().map(|edge| edge.name.clone()).collect(),
            controls: plan.controls.iter().map(|control| control.name.clone()).collect(),
            segments: plan.segments.iter().map(|segment| segment.name.clone()).collect(),
            faults: plan.faults.iter().map(|fault| (fault.name.clone(), fault.from, fault.to)).collect(),
            deploys: plan.controls.iter().filter_map(deploy).collect(),
            meters: plan.meters.clone(),
            alerts: plan.alerts.iter().map(|alert| alert.name.clone()).collect(),
            facts: facts(plan),
            volumes: with_volume.map(|service| service.name.clone()).collect(),
            warmup: plan.warmup,
            length: plan.length,
        }
    }
}

/// A deploy begins at a moment; when it is done only the run can tell.
fn deploy(control: &Control) -> Option<(String, Time)> {
    match &control.does {
        Does::Roll(roll) => Some((control.name.clone(), roll.at)),
        _ => None,
    }
}

fn facts(plan: &Plan) -> Facts {
    let needed = plan.edges.iter().filter(|edge| !edge.optional);
    let arrow = |edge: &Edge| (plan.party_name(edge.from).to_owned(), plan.service(edge.to).name.clone());
    let calls = Graph { name: CALLS.to_owned(), arrows: needed.map(arrow).collect() };
    let mut facts = plan.facts.clone();
    facts.graphs.push(calls);
    facts
}

/// One understood line.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    pub metric: Metric,
    pub compare: Compare,
    pub bound: Bound,
    pub window: Window,
}

/// A mistake in a line. `start` and `end` are bytes inside the text, on character boundaries; empty only for an empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectError {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: Option<String>,
}

/// Reads one line of `expect:` or `symptoms:`: `METRIC(SUBJECT[, kind=KIND]) OP VALUE [of WINDOW] [WINDOW]`.
/// Of things that are counted, `COUNT(SUBJECT) within SPAN of FAULT` asks for at least one.
pub fn parse(text: &str, names: &Names) -> Result<Parsed, ExpectError> {
    if let Some(parsed) = plane::fires(text, names)? {
        return Ok(parsed);
    }
    if let Some(parsed) = fact::read(text, names)? {
        return Ok(parsed);
    }
    if let Some(parsed) = together::read(text, names)? {
        return Ok(parsed);
    }
    let mut cursor = Cursor::new(text);
    let plane = plane::read(&mut cursor);
    let draft = metric::read(&mut cursor, names)?;
    let seen = |metric| {
        let of = draft.of();
        let seen = plane.of(metric, of, names);
        seen.ok_or_else(|| draft.piece.error("this plane of telemetry has no such figure").help(plane.help()))
    };
    if draft.is_count() && cursor.peek_word().text == "within" {
        let window = window::read(&mut cursor, names)?;
        nothing_left(&mut cursor)?;
        let bound = Bound::Value(1.0);
        return Ok(Parsed {
            metric: seen(draft.finish(false, None))?,
            compare: Compare::GreaterOrEqual,
            bound,
            window,
        });
    }
    let compare = value::compare(&mut cursor)?;
    let value = value::read(&mut cursor)?;
    let bound = bound(&mut cursor, &draft, &value, names)?;
    let window = if cursor.done() { window::whole(names) } else { window::read(&mut cursor, names)? };
    let before = if draft.is_recovery() { Some(recovery_base(&draft, &window, names)?) } else { None };
    nothing_left(&mut cursor)?;
    let is_share = matches!(bound, Bound::Value(_)) && value.is_share();
    Ok(Parsed { metric: seen(draft.finish(is_share, before))?, compare, bound, window })
}

fn nothing_left(cursor: &mut Cursor) -> Result<(), ExpectError> {
    if cursor.done() {
        return Ok(());
    }
    let rest = cursor.take(cursor.rest().len()).trimmed();
    Err(rest.error(format!("`{}` is left over", rest.text)).help("one expectation a line"))
}

fn bound(cursor: &mut Cursor, draft: &Draft, value: &Value, names: &Names) -> Result<Bound, ExpectError> {
    if cursor.peek_word().text != "of" {
        return Ok(Bound::Value(value.resolve(draft.unit)?));
    }
    let of = cursor.word();
    if draft.is_recovery() {
        return Err(of.error("a recovery is already measured against what was before").help("write `<= 15s`"));
    }
    let Ok(factor) = value.factor() else {
        let message = "a share of another window is expected before `of`";
        return Err(value.piece.error(message).help("for example `95% of before` or `1.2x of before`"));
    };
    Ok(Bound::Of { factor, window: window::read(cursor, names)? })
}

/// The stretch with which a recovery is compared.
fn recovery_base(draft: &Draft, window: &Window, names: &Names) -> Result<Window, ExpectError> {
    let fault = names.faults.first().map_or("FAULT", |(name, ..)| name.as_str());
    window::before_of(window, names).ok_or_else(|| {
        let message = format!("nothing to recover from in the window `{}`", window.name);
        draft
            .piece
            .error(message)
            .help(format!("write `after {fault}`; the run must also have a stretch before the fault"))
    })
}

#[cfg(test)]
mod tests;
