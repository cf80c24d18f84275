//! The kinds of controls: things with a clock of their own that read signals and move settings. One file a kind, whose head is its manual
//! page, with its fields and their reader. They run nothing: how they behave is `engine::controls`.
//!
//! Adding one: a file here and its line in [`KINDS`].

pub mod autoscaler;
pub mod controller;
pub mod deploy;

use crate::base::ServiceId;
use crate::plan::{Does, Plan, Signal};
use crate::scenario::{FieldDoc, Fields, Node, Shape, help_for, quote, values};

/// One kind of control.
pub struct ControlKind {
    pub name: &'static str,
    pub page: &'static str,
    /// Fields beside [`COMMON`].
    pub fields: &'static [FieldDoc],
    /// Reads what it does. `None` when a value is wrong, which is then reported.
    pub read: fn(&Fields, &Plan) -> Option<Does>,
}

/// Every kind, in the order of the manual.
pub static KINDS: &[ControlKind] = &[controller::KIND, autoscaler::KIND, deploy::KIND];

/// The fields that every control has.
pub static COMMON: &[FieldDoc] = &[
    FieldDoc::required("kind", Shape::Name, "what sort of control it is, such as `autoscaler`"),
    FieldDoc::optional("every", Shape::Span, "10s", "time between two looks"),
    FieldDoc::optional("note", Shape::Text, "", "a remark for readers"),
];

pub fn named(name: &str) -> Option<&'static ControlKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl ControlKind {
    pub fn tables(&self) -> Vec<&'static [FieldDoc]> {
        vec![COMMON, self.fields]
    }
}

/// The words for signals.
const SIGNALS: &[&str] = &["utilisation", "cpu", "queue", "inflight", "rate", "errors"];

/// A figure of a signal or of what is moved: a share, a rate or a plain number.
const FIGURE: Shape = Shape::OneOf(&[Shape::Ratio, Shape::Rate, Shape::Number]);

/// The signal that a field names.
fn signal(fields: &Fields, name: &str) -> Signal {
    match fields.choice(name) {
        Some("cpu") => Signal::Cpu,
        Some("queue") => Signal::Queue,
        Some("inflight") => Signal::Inflight,
        Some("rate") => Signal::Rate,
        Some("errors") => Signal::Errors,
        _ => Signal::Utilisation,
    }
}

/// A figure of this signal, in its own unit.
fn figure(fields: &Fields, name: &str, of: Signal) -> Option<f64> {
    match of {
        Signal::Utilisation | Signal::Cpu | Signal::Errors => fields.ratio(name),
        Signal::Queue | Signal::Inflight => fields.number(name),
        Signal::Rate => fields.rate(name),
    }
}

/// The service that a node names.
fn service(node: &Node, fields: &Fields, plan: &Plan) -> Option<ServiceId> {
    let name = values::read_name(node, fields.diags())?;
    let found = plan.service_named(name);
    if found.is_none() {
        let note = fields.diags().error(node.place, format!("there is no service {}", quote(name)));
        let names = plan.services.iter().map(|service| service.name.as_str());
        note.code("unknown-name").maybe_help(help_for(name, names));
    }
    found
}

/// Can the number of its replicas be moved? Copies of the same data are as many all the time.
fn is_scalable(fields: &Fields, id: ServiceId, plan: &Plan) -> bool {
    let service = plan.service(id);
    if service.has_copies() {
        let message =
            format!("each replica of `{}` is a copy of its data: there are as many all the time", service.name);
        fields.error("on", message).code("wrong-kind");
    }
    !service.has_copies()
}

/// Utilisation is of workers or cores: a service with any number of them has none.
fn is_seen(fields: &Fields, name: &str, of: Signal, id: ServiceId, plan: &Plan) -> bool {
    let service = plan.service(id);
    let is_seen = !matches!(of, Signal::Utilisation | Signal::Cpu) || service.slots().is_some();
    if !is_seen {
        let message = format!("`{}` has any number of workers, so no part of them is busy", service.name);
        let note = fields.error(name, message).code("wrong-value");
        note.help("give it `workers` or `cores`, or read `inflight` or `rate`");
    }
    is_seen
}
