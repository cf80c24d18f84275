//! Whose figures a line is about: a name to an index into the Plan's tables.

use super::cursor::{Piece, did_you_mean, listed};
use super::{ExpectError, Names};
use crate::plan::expectation::Subject;
use crate::plan::meters::Known;

/// Whom a metric can be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Client,
    ClientOrService,
    ClientOrEdge,
    Anyone,
    Service,
    Cache,
    /// A store, or a service on a volume of limited size.
    Volume,
    /// Whoever has the meter of this name.
    Metered(&'static str),
}

/// The subject of a metric. A client and a service of one name: the client, where the metric can be asked of it.
pub fn find(piece: &Piece, metric: &str, of: Of, names: &Names) -> Result<Subject, ExpectError> {
    // `opens(breaker web->db)` is what people say.
    let text = if matches!(of, Of::Metered("opens" | "open")) {
        piece.text.trim_start_matches("breaker ")
    } else {
        piece.text
    };
    let wanted: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let all = everyone(names);
    let same = || all.iter().filter(|(name, _)| *name == wanted);
    if let Some((_, subject)) = same().find(|(name, subject)| fits(of, *subject, name, names)) {
        return Ok(*subject);
    }
    let fitting = || all.iter().filter(|(name, subject)| fits(of, *subject, name, names)).map(|(name, _)| *name);
    if let Some((_, subject)) = same().next() {
        let message = format!("`{metric}` is measured for {}, and `{wanted}` is {}", group(of), what(*subject, names));
        return Err(piece.error(message).help(choices(of, fitting())));
    }
    let message = format!("there is no client, service or edge `{wanted}`");
    let help = did_you_mean(&wanted, fitting()).unwrap_or_else(|| choices(of, fitting()));
    Err(piece.error(message).help(help))
}

fn everyone(names: &Names) -> Vec<(&str, Subject)> {
    let clients = names.clients.iter().zip(0..).map(|(name, index)| (name.as_str(), Subject::Client(index)));
    let services = names.services.iter().zip(0..).map(|((name, _), index)| (name.as_str(), Subject::Service(index)));
    let edges = names.edges.iter().zip(0..).map(|(name, index)| (name.as_str(), Subject::Edge(index)));
    let controls = names.controls.iter().zip(0..).map(|(name, index)| (name.as_str(), Subject::Control(index)));
    let segments = names.segments.iter().zip(0..).map(|(name, index)| (name.as_str(), Subject::Segment(index)));
    clients.chain(services).chain(edges).chain(controls).chain(segments).collect()
}

fn fits(of: Of, subject: Subject, name: &str, names: &Names) -> bool {
    let kind_is = |wanted: &str| kind(subject, names) == Some(wanted);
    match of {
        Of::Anyone => !matches!(subject, Subject::Control(_) | Subject::Segment(_)),
        Of::Client => matches!(subject, Subject::Client(_)),
        Of::ClientOrService => matches!(subject, Subject::Client(_) | Subject::Service(_)),
        Of::ClientOrEdge => matches!(subject, Subject::Client(_) | Subject::Edge(_)),
        Of::Service => matches!(subject, Subject::Service(_)),
        Of::Cache => kind_is("cache"),
        Of::Metered(meter) => names.meters.iter().any(|known| known.name == meter && known.of == subject),
        Of::Volume => {
            kind_is("store")
                || matches!(subject, Subject::Service(_)) && names.volumes.iter().any(|volume| volume == name)
        }
    }
}

fn kind(subject: Subject, names: &Names) -> Option<&str> {
    let Subject::Service(index) = subject else { return None };
    names.services.get(index as usize).map(|(_, kind)| kind.as_str())
}

fn group(of: Of) -> &'static str {
    match of {
        Of::Anyone => "everyone",
        Of::Client => "clients",
        Of::ClientOrService => "clients and services",
        Of::ClientOrEdge => "clients and edges",
        Of::Service => "services",
        Of::Cache => "caches",
        Of::Volume => "stores and services with a volume",
        Of::Metered(meter) => Known::named(meter).map_or("those that have it", |known| known.of),
    }
}

fn what(subject: Subject, names: &Names) -> String {
    match subject {
        Subject::Client(_) => "a client".to_owned(),
        Subject::Edge(_) => "an edge".to_owned(),
        Subject::Control(_) => "a control".to_owned(),
        Subject::Segment(_) => "a shared link".to_owned(),
        Subject::Service(_) => format!("a service of kind `{}`", kind(subject, names).unwrap_or("service")),
    }
}

fn choices<'n>(of: Of, fitting: impl Iterator<Item = &'n str>) -> String {
    let mut fitting = fitting.peekable();
    match fitting.peek() {
        None => format!("this scenario has no {}", group(of).replace(" and ", " or ")),
        Some(_) => format!("choose from {}", listed(fitting)),
    }
}
