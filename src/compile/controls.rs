//! The entries of `controls:` to the Plan's table. Each kind reads its own fields; what it names must exist.

use crate::base::Span;
use crate::model::controls::{self, ControlKind};
use crate::plan::{Control, Does, Plan};
use crate::scenario::{Entry, Fields, help_for, quote, values};

/// Controls may be at most this many.
const CONTROLS_MAX: usize = 1000;

pub fn read(root: &Fields, plan: &Plan) -> Vec<Control> {
    let entries = root.entries("controls");
    if entries.len() > CONTROLS_MAX {
        root.error("controls", format!("more than {CONTROLS_MAX} controls")).code("too-large");
        return Vec::new();
    }
    let mut all: Vec<Control> = Vec::new();
    for entry in entries {
        values::check_name(&entry.key, entry.key_place, root.diags());
        let Some(control) = control(entry, root, plan) else { continue };
        if let Some(other) = all.iter().find(|other| moves_the_same(&control.does, &other.does)) {
            let message = format!("`{}` and `{}` move the same thing", other.name, control.name);
            let note = root.diags().error(entry.key_place, message).code("wrong-value");
            note.help("each would undo what the other does; leave one of them out");
        }
        all.push(control);
    }
    all
}

/// Rollouts of one service follow each other.
fn moves_the_same(one: &Does, other: &Does) -> bool {
    one.lever() == other.lever() && !matches!(one, Does::Roll(_))
}

fn control(entry: &Entry, root: &Fields, plan: &Plan) -> Option<Control> {
    let what = format!("control `{}`", entry.key);
    let kind = kind_of(entry, &what, root)?;
    let fields = Fields::open_all(&entry.value, &what, &kind.tables(), root.diags());
    let every = every(&fields, plan);
    let does = (kind.read)(&fields, plan);
    Some(Control { name: entry.key.clone(), kind: kind.name.to_owned(), every: every?, does: does? })
}

fn every(fields: &Fields, plan: &Plan) -> Option<Span> {
    let every = fields.span("every").unwrap_or(Span::from_secs(10));
    if every < Span::from_millis(1) || every.0 > plan.length.0 {
        let note = fields.error("every", format!("a control looks every 1ms to {}", plan.length));
        note.help("such as `every: 10s`").code("wrong-value");
        return None;
    }
    Some(every)
}

fn kind_of(entry: &Entry, what: &str, root: &Fields) -> Option<&'static ControlKind> {
    let diags = root.diags();
    let Some(node) = entry.value.get("kind") else {
        let note = diags.error(entry.key_place, format!("{what} has no `kind`")).code("missing-key");
        note.help("such as `kind: autoscaler`; `firedrill list` shows all of them");
        return None;
    };
    let name = values::read_name(node, diags)?;
    let kind = controls::named(name);
    if kind.is_none() {
        let names = controls::KINDS.iter().map(|kind| kind.name);
        let note = diags.error(node.place, format!("there is no kind of control {}", quote(name))).code("unknown-name");
        note.maybe_help(help_for(name, names));
    }
    kind
}
