//! The fields by which a fault picks some of the messages that it could act on, and those that say what becomes of them in the same
//! words for every protocol. It reads and never acts.

use super::{Lowered, Site, words};
use crate::base::{Dist, Which};
use crate::plan::spoil::{Does, Glob, Wanted};
use crate::plan::{Effect, Spoil};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const SHARE: FieldDoc = FieldDoc::optional("share", Shape::Ratio, "100%", "each is picked with this chance");
pub const FIRST: FieldDoc =
    FieldDoc::optional("first", Shape::Count, "no limit", "only of the first so many that come while it lasts");
pub const EVERY: FieldDoc = FieldDoc::optional("every", Shape::Count, "1", "the n-th, the 2n-th and so on of them");

/// Of the messages that match: all, a share, the first so many, every so-manieth.
pub fn which(fields: &Fields) -> Option<Which> {
    let share = if fields.has("share") { fields.ratio("share")? } else { 1.0 };
    let first = if fields.has("first") { Some(fields.count("first")?) } else { None };
    let every = if fields.has("every") { fields.count("every")? } else { 1 };
    let nothing = [("share", share == 0.0), ("first", first == Some(0)), ("every", every == 0)];
    for (name, _) in nothing.iter().filter(|(_, is_so)| *is_so) {
        fields.error(name, "this picks nothing at all").help("leave it out for all of them").code("wrong-value");
    }
    nothing.iter().all(|(_, is_so)| !is_so).then_some(Which { share, first, every })
}

/// The same fields for kinds that act on connections.
pub mod connections {
    use super::{FieldDoc, Shape};

    pub const SHARE: FieldDoc =
        FieldDoc::optional("share", Shape::Ratio, "100%", "each connection is picked with this chance");
    pub const FIRST: FieldDoc = FieldDoc::optional(
        "first",
        Shape::Count,
        "no limit",
        "only of the first so many connections that are opened while it lasts; live only",
    );
    pub const EVERY: FieldDoc = FieldDoc::optional(
        "every",
        Shape::Count,
        "1",
        "the n-th, the 2n-th and so on of the connections that are opened while it lasts; live only",
    );
}

/// The effects act on the connections that the fields pick, and the label says so.
pub fn on_connections(fields: &Fields, lowered: Lowered) -> Option<Lowered> {
    let which = which(fields)?;
    let effects = lowered.effects.into_iter().map(|(target, effect)| (target, effect.on(which))).collect();
    let picked = picked(fields);
    let of = if picked.is_empty() { "" } else { " of the connections" };
    Some(Lowered { effects, label: format!("{}{picked}{of}", lowered.label), ..lowered })
}

/// `None`: it is not there.
pub fn glob(fields: &Fields, name: &str) -> Option<Glob> {
    fields.text(name).map(|text| Glob(text.to_owned()))
}

pub fn dist(fields: &Fields, name: &str) -> Option<Dist> {
    fields.node(name).and_then(|_| fields.dist(name))
}

/// The same for every edge, each with a count of its own.
pub fn lower(
    fields: &Fields,
    site: &Site,
    label: String,
    of: Wanted,
    does: Does,
    late: Option<Dist>,
) -> Option<Lowered> {
    let which = which(fields)?;
    let label = format!("{label}{}", picked(fields));
    Lowered::on_each(label, &site.edges(), &Effect::Spoil(Box::new(Spoil { of, which, late, does })))
}

/// In the author's words.
fn picked(fields: &Fields) -> String {
    let said = |name: &str| fields.has(name).then(|| words(fields, name, ""));
    let parts = [
        said("share").map(|share| format!(" on {share}")),
        said("every").map(|every| format!(", every {every}.")),
        said("first").map(|first| format!(", of the first {first}")),
    ];
    parts.into_iter().flatten().collect()
}
