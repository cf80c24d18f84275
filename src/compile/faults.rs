//! Faults to a schedule: where each acts, when it begins and heals, and what it does, as steps in order of time.

use crate::base::{EdgeId, FaultId, ServiceId, Span, Time};
use crate::faults::{self, ActsOn, FaultKind, Lasts, Site};
use crate::model::services::{cache, store};
use crate::plan::{Edge, FaultInfo, Party, Plan, Step, World};
use crate::scenario::{Entry, Fields, did_you_mean, help_for, quote, values};

/// Faults may be at most this many.
const FAULTS_MAX: usize = 1000;

pub fn read(fields: &Fields, plan: &mut Plan) {
    let entries = fields.entries("faults");
    if entries.len() > FAULTS_MAX {
        fields.error("faults", format!("more than {FAULTS_MAX} faults")).code("too-large");
        return;
    }
    for entry in entries {
        values::check_name(&entry.key, entry.key_place, fields.diags());
        if let Some((info, steps)) = fault(entry, fields, plan) {
            plan.faults.push(info);
            plan.schedule.extend(steps);
        }
    }
    plan.schedule.sort_by_key(|step| (step.at, step.on, step.fault));
}

fn fault(entry: &Entry, root: &Fields, plan: &Plan) -> Option<(FaultInfo, Vec<Step>)> {
    let what = format!("fault `{}`", entry.key);
    let Some(kind) = kind_of(entry, &what, root) else {
        // As for other mistakes: the name stays, so that the windows named after it are not wrong as well.
        let (name, kind, on) = (entry.key.clone(), String::new(), String::new());
        return Some((
            FaultInfo { name, kind, on, from: stand_in(plan).0, to: stand_in(plan).1, label: String::new() },
            Vec::new(),
        ));
    };
    let fields = Fields::open_all(&entry.value, &what, &kind.tables(), root.diags());
    let window = window(&fields, kind, plan);
    let site = fields.text("on").and_then(|on| site(on, kind, &fields, plan));
    let lowered = site.and_then(|site| (kind.lower)(&fields, &site));
    // A fault that is wrong keeps its name, so that the windows named after it are not wrong as well.
    let (from, to) = window.unwrap_or(stand_in(plan));
    let info = FaultInfo {
        name: entry.key.clone(),
        kind: kind.name.to_owned(),
        on: fields.text("on").unwrap_or_default().to_owned(),
        from,
        to,
        label: lowered.as_ref().map(|lowered| lowered.label.clone()).unwrap_or_default(),
    };
    let steps = lowered.map(|lowered| kind.steps(FaultId::from(plan.faults.len()), lowered, from, to));
    Some((info, steps.unwrap_or_default()))
}

/// A window for a fault whose own is not known: in the middle, so that there is a before and an after.
fn stand_in(plan: &Plan) -> (Time, Time) {
    let third = Span(plan.length.since(plan.warmup).0 / 3);
    (plan.warmup + third, plan.warmup + third + third)
}

fn kind_of(entry: &Entry, what: &str, root: &Fields) -> Option<&'static FaultKind> {
    let diags = root.diags();
    let Some(node) = entry.value.get("kind") else {
        let note = diags.error(entry.key_place, format!("{what} has no `kind`")).code("missing-key");
        note.help("such as `kind: latency`; `firedrill list` shows all of them");
        return None;
    };
    let name = values::read_name(node, diags)?;
    let kind = faults::named(name);
    if kind.is_none() {
        let names = faults::KINDS.iter().map(|kind| kind.name);
        diags
            .error(node.place, format!("there is no fault kind {}", quote(name)))
            .code("unknown-name")
            .maybe_help(help_for(name, names));
    }
    kind
}

/// When it begins and ends; both inside the run.
fn window(fields: &Fields, kind: &FaultKind, plan: &Plan) -> Option<(Time, Time)> {
    let from = Time(fields.span("at")?.0);
    if from >= plan.length {
        fields
            .error("at", format!("the fault begins at {from}, but the run ends at {}", plan.length))
            .code("outside-run");
        return None;
    }
    let lasts = match kind.lasts {
        Lasts::Instantly => return Some((from, from)),
        Lasts::UntilHealed if !fields.has("for") => return Some((from, plan.length)),
        Lasts::Shortly(span) if !fields.has("for") => span,
        _ => fields.span("for")?,
    };
    if lasts == Span::ZERO {
        fields.error("for", "a fault of no length does nothing").code("wrong-value");
        return None;
    }
    let to = from + lasts;
    if to > plan.length {
        let place = if fields.has("for") { "for" } else { "at" };
        let note = fields.error(place, format!("the fault ends at {to}, but the run ends at {}", plan.length));
        note.help("make it shorter, or make the run longer").code("outside-run");
        return None;
    }
    Some((from, to))
}

fn site<'a>(on: &str, kind: &FaultKind, fields: &Fields, plan: &'a Plan) -> Option<Site<'a>> {
    match kind.acts_on {
        ActsOn::Client => match plan.client_named(on) {
            Some(id) => Some(Site::Client(id, plan.client(id))),
            None => unknown(on, kind, fields, plan.clients.iter().map(|client| client.name.as_str()), plan),
        },
        ActsOn::Edge => edges(on, kind, fields, plan).map(Site::Edges),
        ActsOn::Service | ActsOn::Cache | ActsOn::Storage => service(on, kind, fields, plan),
    }
}

fn service<'a>(on: &str, kind: &FaultKind, fields: &Fields, plan: &'a Plan) -> Option<Site<'a>> {
    let Some(id) = plan.service_named(on) else {
        return unknown(on, kind, fields, plan.services.iter().map(|service| service.name.as_str()), plan);
    };
    let fits = match kind.acts_on {
        ActsOn::Cache => plan.service(id).kind == cache::KIND.name,
        ActsOn::Storage => plan.service(id).kind == store::KIND.name || has_volume(id, plan),
        _ => true,
    };
    if !fits {
        let message = format!(
            "`{}` acts on {}, and {} is a {}",
            kind.name,
            kind.acts_on.words(),
            quote(on),
            plan.service(id).kind
        );
        fields.error("on", message).code("wrong-kind");
        return None;
    }
    if kind.acts_on == ActsOn::Storage && plan.world == World::Sim && plan.service(id).kind != store::KIND.name {
        let note = fields.warning(
            "on",
            format!("{} has a volume in the live world only: nothing is filled in the simulator", quote(on)),
        );
        note.help("play it with `--world live`, or model the storage as a service of kind `store`").code("live-only");
    }
    Some(Site::Service(id, plan.service(id)))
}

fn has_volume(id: ServiceId, plan: &Plan) -> bool {
    plan.real.services.iter().any(|real| real.service == id && real.volume_bytes.is_some())
}

fn edges(on: &str, kind: &FaultKind, fields: &Fields, plan: &Plan) -> Option<Vec<EdgeId>> {
    let wanted: String = on.split_whitespace().collect();
    if let Some(id) = plan.service_named(&wanted) {
        let into: Vec<EdgeId> =
            (0..plan.edges.len()).map(EdgeId::from).filter(|edge| plan.edge(*edge).to == id).collect();
        if into.is_empty() {
            fields.error("on", format!("nobody calls service {}", quote(on))).code("unknown-name");
            return None;
        }
        return Some(into);
    }
    // `web->db` stands for every call from web to db, also the second one and the one after a miss.
    let same = |name: &str| name == wanted || name.split_once('#').is_some_and(|(head, _)| head == wanted);
    let found: Vec<EdgeId> =
        (0..plan.edges.len()).map(EdgeId::from).filter(|edge| same(&plan.edge(*edge).name)).collect();
    if found.is_empty() {
        let services = plan.services.iter().map(|service| service.name.as_str());
        return unknown(on, kind, fields, plan.edges.iter().map(|edge| edge.name.as_str()).chain(services), plan);
    }
    Some(found)
}

fn unknown<'n, T>(
    on: &str,
    kind: &FaultKind,
    fields: &Fields,
    candidates: impl Iterator<Item = &'n str> + Clone,
    plan: &Plan,
) -> Option<T> {
    let is_client = plan.client_named(on).is_some();
    let is_known = is_client || plan.service_named(on).is_some() || plan.edges.iter().any(|edge| edge.name == on);
    let message = match is_known {
        true => format!("`{}` acts on {}, not on {}", kind.name, kind.acts_on.words(), quote(on)),
        false => format!("there is nothing called {} for `{}` to act on", quote(on), kind.name),
    };
    let meant = near(on, kind, plan).or_else(|| did_you_mean(on, candidates.clone()));
    let help = meant.map(|word| format!("did you mean `{word}`?")).or_else(|| help_for(on, candidates));
    fields.error("on", message).code(if is_known { "wrong-kind" } else { "unknown-name" }).maybe_help(help);
    None
}

/// What was probably meant by something that exists but is of the wrong sort: the service at the end of an edge, the call of a client.
fn near(on: &str, kind: &FaultKind, plan: &Plan) -> Option<String> {
    let edge = |wanted: &dyn Fn(&Edge) -> bool| plan.edges.iter().find(|edge| wanted(edge));
    match kind.acts_on {
        ActsOn::Client => None,
        ActsOn::Edge => {
            let client = Party::Client(plan.client_named(on)?);
            edge(&|edge| edge.from == client).map(|edge| edge.name.clone())
        }
        ActsOn::Service | ActsOn::Cache | ActsOn::Storage => {
            edge(&|edge| edge.name == on).map(|edge| plan.service(edge.to).name.clone())
        }
    }
}
