//! What may happen in a hunt: kinds of fault and where, how many at once, how long each, and when. Without a list it is every kind below at every
//! place where it applies; whether it applies the compiler says.

use crate::base::{Span, Time};
use crate::explore::quantity;
use crate::explore::study::Study;
use crate::plan::Plan;

/// The parts of a run's length that are left in peace, before the first fault and behind the last.
const CALM: f64 = 0.1;

/// One fault that may happen: its kind and place, and how strong it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub kind: &'static str,
    pub on: String,
    pub size: Option<Size>,
    /// It has no end: what was lost comes back by use.
    pub is_moment: bool,
}

/// A field that says how strong it is, from barely to fully; drawn by ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub field: &'static str,
    pub least: f64,
    pub most: f64,
    pub unit: &'static str,
}

#[derive(Clone, Debug)]
pub struct Budget {
    pub templates: Vec<Template>,
    /// So many faults in one schedule.
    pub most: usize,
    /// None lasts longer.
    pub longest: Span,
    pub from: Time,
    pub to: Time,
    /// The scenario's own faults, which are taken away.
    pub removed: Vec<String>,
}

/// `KIND[:PLACE][<=STRENGTH]`: what may happen, where, and how strong at the most.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    text: String,
    kind: String,
    place: Option<String>,
    most: Option<f64>,
}

impl Wish {
    pub fn read(text: &str) -> Result<Wish, String> {
        let (what, most) = text.split_once("<=").map_or((text, None), |(what, most)| (what, Some(most)));
        let (kind, place) = what.split_once(':').map_or((what, None), |(kind, place)| (kind, Some(place)));
        let known = KINDS.iter().find(|(known, ..)| *known == kind.trim());
        let (.., size, _) =
            known.ok_or_else(|| format!("a hunt knows {}, and not `{}`", kinds().join(", "), kind.trim()))?;
        let most = match (most, size) {
            (None, _) => None,
            (Some(most), Some(size)) => {
                let read = quantity::split(most)
                    .filter(|(value, unit)| *unit == size.unit && (size.least..=size.most).contains(value));
                let range = || format!("{}{unit} to {}{unit}", size.least, size.most, unit = size.unit);
                Some(read.ok_or_else(|| format!("`{most}`: the `{}` of `{kind}` is from {}", size.field, range()))?.0)
            }
            (Some(_), None) => return Err(format!("`{kind}` is not more or less strong")),
        };
        Ok(Wish {
            text: text.to_owned(),
            kind: kind.trim().to_owned(),
            place: place.map(|place| place.trim().to_owned()),
            most,
        })
    }

    fn is_for(&self, kind: &str, on: &str) -> bool {
        self.kind == kind && self.place.as_ref().is_none_or(|place| place == on)
    }
}

/// Where a kind may strike.
enum Place {
    Edge,
    Service,
    Client,
}

const fn size(field: &'static str, least: f64, most: f64, unit: &'static str) -> Option<Size> {
    Some(Size { field, least, most, unit })
}

/// Kinds that a hunt knows to vary, the commonest first.
const KINDS: [(&str, Place, Option<Size>, bool); 8] = [
    ("latency", Place::Edge, size("by", 5.0, 2000.0, "ms"), false),
    ("refuse", Place::Edge, None, false),
    ("cut", Place::Edge, None, false),
    ("slow", Place::Service, size("factor", 1.2, 20.0, ""), false),
    ("errors", Place::Service, size("share", 2.0, 100.0, "%"), false),
    ("down", Place::Service, None, false),
    ("forget", Place::Service, size("share", 10.0, 100.0, "%"), true),
    ("surge", Place::Client, size("factor", 1.1, 5.0, ""), false),
];

/// The kinds that can be asked for.
pub fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|(kind, ..)| *kind).collect()
}

impl Budget {
    /// Which of the wanted (none: all) apply to this plan. Words on one that does not.
    pub fn new(
        study: &Study,
        calm: &Plan,
        removed: Vec<String>,
        wanted: &[Wish],
        most: usize,
        longest: Option<Span>,
    ) -> Result<Budget, String> {
        let length = calm.length.as_secs_f64();
        let from = calm.warmup + Span::from_secs_f64(CALM * length);
        let to = Time::ZERO + Span::from_secs_f64((1.0 - CALM) * length);
        let longest = longest.unwrap_or(Span::from_secs_f64(0.2 * length));
        let mut budget =
            Budget { templates: Vec::new(), most, longest: longest.min(to.since(from)), from, to, removed };
        for (kind, place, size, is_moment) in &KINDS {
            for on in places(place, calm) {
                let wish = wanted.iter().find(|wish| wish.is_for(kind, &on));
                if wish.is_some() || wanted.is_empty() {
                    let size =
                        size.map(|size| Size { most: wish.and_then(|wish| wish.most).unwrap_or(size.most), ..size });
                    budget.templates.push(Template { kind, on, size, is_moment: *is_moment });
                }
            }
        }
        let applies = |template: &Template| {
            let blow = super::schedule::Blow::strongest(template, &budget);
            study
                .plan(&super::Schedule(vec![blow]).settings_with(&budget, std::slice::from_ref(template)), None)
                .is_ok()
        };
        let (fit, _): (Vec<Template>, Vec<Template>) = budget.templates.iter().cloned().partition(applies);
        let is_lost = |wish: &&Wish| !fit.iter().any(|template| wish.is_for(template.kind, &template.on));
        if let Some(lost) = wanted.iter().find(is_lost) {
            return Err(format!("`{}` applies to nothing here", lost.text));
        }
        if fit.is_empty() {
            return Err("no fault applies to anything here".to_owned());
        }
        Ok(Budget { templates: fit, ..budget })
    }
}

fn places(place: &Place, plan: &Plan) -> Vec<String> {
    match place {
        Place::Edge => plan.edges.iter().map(|edge| edge.name.clone()).collect(),
        Place::Service => plan.services.iter().map(|service| service.name.clone()).collect(),
        Place::Client => plan.clients.iter().map(|client| client.name.clone()).collect(),
    }
}
