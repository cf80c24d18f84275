//! The kinds of faults. A fault speaks and never acts: it is read once and lowered to a few [`Effect`]s with the moment at which
//! each begins and the moment at which it is healed. It never does I/O and never sees a world.
//!
//! Adding a kind: one file here (its `//!` head is its manual page with one example) and its line in [`KINDS`].

mod bandwidth;
mod blackout;
mod blind;
mod certificate;
mod change;
mod clock_skew;
mod config;
mod cpu;
mod cut;
mod detour;
mod disable;
mod disconnect;
mod disk_error;
mod dns;
mod down;
mod drain;
mod errors;
mod expire;
mod fill;
mod forget;
mod forget_names;
mod freeze;
mod hot_key;
mod http;
mod isolate;
mod latency;
mod leak;
mod loss;
mod memory;
mod open_files;
mod packets;
mod partition;
mod pause;
mod poison;
mod postgres;
mod power_cut;
mod processes;
mod query_of_death;
mod ramp;
mod redis;
mod refuse;
mod release;
mod reset;
mod restart;
mod scale;
mod short_writes;
mod site;
mod slow;
mod slow_disk;
mod surge;
mod toxic;
mod unresolved;
mod wake;
mod which;
mod zones;

pub use change::Change;
pub use site::{ActsOn, Site};

use crate::base::{FaultId, Span, Time};
use crate::plan::{Effect, Step, Target};
use crate::scenario::{FieldDoc, Fields, Shape, Value};

/// One kind of fault.
pub struct FaultKind {
    pub name: &'static str,
    /// The source of the kind's own file; its `//!` head is the manual page.
    pub page: &'static str,
    pub acts_on: ActsOn,
    pub lasts: Lasts,
    pub worlds: Worlds,
    /// Fields beside [`COMMON`].
    pub fields: &'static [FieldDoc],
    /// Reads the fields and says what is done to the site. `None` when a value is wrong, which is then reported.
    pub lower: fn(&Fields, &Site) -> Option<Lowered>,
}

/// How long a fault of a kind lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// As long as `for` says, else to the end of the run.
    UntilHealed,
    /// As long as `for` says, else this long.
    Shortly(Span),
    /// Done at once; there is no `for`.
    Instantly,
}

/// Which worlds can play a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worlds {
    Both,
    /// It has no honest meaning in the model, such as a limit on memory that the model does not have. Its example says `world: live`.
    LiveOnly,
}

/// What a fault does while it lasts, and one line about it for people.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    pub label: String,
    pub effects: Vec<(Target, Effect)>,
    /// New values, which the compiler turns into effects.
    pub changes: Vec<Change>,
    /// What is added while it lasts, each so long after the beginning.
    pub later: Vec<(Span, Deed)>,
}

/// One of the things that a fault does.
#[derive(Clone, Debug)]
pub enum Deed {
    Effect(Target, Effect),
    Change(Change),
}

/// Every kind, in the order of the manual.
pub static KINDS: &[FaultKind] = &[
    surge::KIND,
    disconnect::KIND,
    wake::KIND,
    release::KIND,
    hot_key::KIND,
    latency::KIND,
    bandwidth::KIND,
    loss::KIND,
    packets::KIND,
    cut::KIND,
    partition::KIND,
    detour::KIND,
    unresolved::KIND,
    forget_names::KIND,
    expire::KIND,
    certificate::KIND,
    clock_skew::KIND,
    refuse::KIND,
    reset::KIND,
    toxic::KIND,
    http::KIND,
    redis::KIND,
    postgres::KIND,
    dns::KIND,
    slow::KIND,
    cpu::KIND,
    memory::KIND,
    open_files::KIND,
    processes::KIND,
    slow_disk::KIND,
    disk_error::KIND,
    short_writes::KIND,
    leak::KIND,
    errors::KIND,
    down::KIND,
    restart::KIND,
    power_cut::KIND,
    pause::KIND,
    forget::KIND,
    fill::KIND,
    isolate::KIND,
    poison::KIND,
    query_of_death::KIND,
    blackout::KIND,
    blind::KIND,
    config::KIND,
    scale::KIND,
    drain::KIND,
    disable::KIND,
    freeze::KIND,
    ramp::KIND,
];

/// The fields that every fault has.
pub static COMMON: &[FieldDoc] = &[
    FieldDoc { name: "kind", shape: Shape::Name, required: true, default: "", doc: "what happens, such as `latency`" },
    FieldDoc { name: "at", shape: Shape::Span, required: true, default: "", doc: "when it begins" },
];

/// The field of the kinds that act on one thing.
pub static ON: &[FieldDoc] = &[FieldDoc {
    name: "on",
    shape: Shape::Text,
    required: true,
    default: "",
    doc: "where: a service, a client, or an edge such as `web->cache`; a service's name stands for every edge into it where an edge is meant",
}];

/// The field of the kinds that last.
pub static FOR: &[FieldDoc] = &[FieldDoc {
    name: "for",
    shape: Shape::Span,
    required: false,
    default: "to the end of the run",
    doc: "how long it lasts until it is healed",
}];

pub fn named(name: &str) -> Option<&'static FaultKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl FaultKind {
    /// Every table of fields that a fault of this kind may use.
    pub fn tables(&self) -> Vec<&'static [FieldDoc]> {
        let mut tables = vec![COMMON, self.fields];
        if self.acts_on != ActsOn::Anything {
            tables.insert(0, ON);
        }
        if self.lasts != Lasts::Instantly {
            tables.push(FOR);
        }
        tables
    }

    /// The beginning and the healing of each effect.
    pub fn steps(&self, fault: FaultId, lowered: Lowered, from: Time, to: Time) -> Vec<Step> {
        let mut steps = Vec::with_capacity(2 * lowered.effects.len());
        for (target, effect) in lowered.effects {
            if self.lasts != Lasts::Instantly {
                steps.push(Step { at: to, on: false, fault, target, effect: effect.clone() });
            }
            steps.push(Step { at: from, on: true, fault, target, effect });
        }
        for (after, deed) in lowered.later.into_iter().filter(|(after, _)| from + *after < to) {
            if let Deed::Effect(target, effect) = deed {
                steps.push(Step { at: to, on: false, fault, target, effect: effect.clone() });
                steps.push(Step { at: from + after, on: true, fault, target, effect });
            }
        }
        steps
    }
}

impl Lowered {
    fn one(label: String, target: Target, effect: Effect) -> Option<Lowered> {
        Some(Lowered { label, effects: vec![(target, effect)], ..Lowered::default() })
    }

    fn on_each(label: String, targets: &[Target], effect: &Effect) -> Option<Lowered> {
        let effects = targets.iter().map(|target| (*target, effect.clone())).collect();
        Some(Lowered { label, effects, ..Lowered::default() })
    }

    fn changes(label: String, changes: Vec<Change>) -> Lowered {
        Lowered { label, changes, ..Lowered::default() }
    }
}

/// The field of kinds that can act on some of a service's replicas.
const fn replicas(doc: &'static str) -> FieldDoc {
    FieldDoc::optional("replicas", Shape::Count, "all", doc)
}

/// The field of kinds that can act on the replicas of one zone.
const ZONE: FieldDoc =
    FieldDoc::optional("zone", Shape::Name, "all", "the zone whose replicas it acts on, instead of `replicas`");

/// The fields of kinds that can act on some requests of a service only: asked for by the compiler, for all of them.
const CLASS: FieldDoc = FieldDoc::optional(
    "class",
    Shape::OneOf(&[Shape::Count, Shape::Name]),
    "all",
    "the class of the requests that it acts on",
);
const KEY: FieldDoc = FieldDoc::optional("key", Shape::Count, "all", "the key of the requests that it acts on");

/// The field of kinds that can stay when their cause is gone.
const UNTIL: FieldDoc = FieldDoc::optional(
    "until",
    Shape::Choice(&["restart"]),
    "its end",
    "`restart`: it stays on each replica until that is started anew, or until its end",
);

/// A value in the author's own words, for labels.
fn words(fields: &Fields, name: &str, default: &str) -> String {
    match fields.node(name).map(|node| &node.value) {
        Some(Value::Scalar(text, _)) => text.clone(),
        _ => default.to_owned(),
    }
}
