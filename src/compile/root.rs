//! The scenario file: who asks, who answers, what goes wrong and when, and what is expected of it.
//!
//! One YAML file of at most 4MiB. Every length of time, rate and size has its unit (`250ms`, `100/s`, `2GiB`, `30%`); `firedrill explain values`
//! lists them with the distributions. Keys that nobody knows, names that lead nowhere and values that cannot be are mistakes, and
//! `firedrill check` shows all of them at once. `firedrill new` writes a commented file to start from, and `firedrill schema` prints the JSON
//! Schema from which editors complete.
//!
//! A scenario with `symptoms` tells an incident: its base is judged by them (it holds when all are seen), and its `expect` lines show what
//! breaks; variants are judged by `expect`. Without `symptoms` everything is judged by `expect`. Each section has its own page:
//! `firedrill explain client`, `service`, `call`, `latency` (or any other fault), `expectations`, `limits`, `variants`, `live`.
//!
//! ```yaml
//! name: scenario-example
//! title: The database is slow for ten seconds
//! seed: 7
//! length: 40s
//! warmup: 5s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 200/s}
//! services:
//!   web: {workers: 64, work: exp(2ms), calls: [{to: db, timeout: 500ms}]}
//!   db: {workers: 8, work: exp(5ms)}
//! faults:
//!   slow-db: {kind: slow, on: db, factor: 3, at: 12s, for: 10s}
//! expect:
//!   - success(users) >= 99% whole
//!   - recovery(users) <= 5s after slow-db
//! ```

use super::{
    Request, accepted, alerts, controls, edges, facts, faults, graph, guardrails, lines, links, phases, real, variants,
    zones,
};
use crate::base::{ServiceId, Span, Time};
use crate::model::load::client::{self, ClientDraft};
use crate::model::policies::class::Classes;
use crate::model::services::{self, ServiceDraft, Surroundings};
use crate::plan::load::LENGTH_MAX;
use crate::plan::{Plan, Story, World, meters};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, Sources, Value, help_for, quote, values};

/// The keys of a scenario file.
pub static TABLE: [FieldDoc; 29] = [
    FieldDoc::required("name", Shape::Name, "short name, also of the report's folder"),
    FieldDoc::optional("title", Shape::Text, "", "one line for lists and reports"),
    FieldDoc::optional("law", Shape::Text, "", "the one line to remember, also for lists"),
    FieldDoc::optional("about", Shape::Text, "", "the story"),
    FieldDoc::optional("source", Shape::Text, "", "where it comes from"),
    FieldDoc::optional("tags", Shape::List(&Shape::Name), "none", "words to select by"),
    FieldDoc::optional(
        "world",
        Shape::Choice(&["sim", "live"]),
        "sim",
        "where it plays unless the command line says otherwise",
    ),
    FieldDoc::optional("seed", Shape::Count, "1", "the seed of all dice"),
    FieldDoc::required("length", Shape::Span, "how long the run is"),
    FieldDoc::optional("warmup", Shape::Span, "0s", "the beginning that no figure counts"),
    FieldDoc::optional("window", Shape::Span, "about length / 200", "length of one recording window"),
    FieldDoc::required("clients", Shape::MapOf(&Shape::Shared("client", &client::TABLE)), "who asks"),
    FieldDoc::required("services", Shape::MapOf(&Shape::Any), "who answers"),
    FieldDoc::optional("links", Shape::MapOf(&Shape::Shared("link", &links::TABLE)), "none", "links that calls share"),
    FieldDoc::optional("zones", Shape::Object(&zones::TABLE), "none", "regions, and how far apart zones are"),
    FieldDoc::optional("controls", Shape::MapOf(&Shape::Any), "none", "what watches and moves settings by itself"),
    FieldDoc::optional("faults", Shape::MapOf(&Shape::Any), "none", "what goes wrong, and when"),
    FieldDoc::optional(
        "alerts",
        Shape::MapOf(&Shape::Shared("alert", &alerts::TABLE)),
        "none",
        "rules of the monitoring, for `fires(ALERT)`",
    ),
    FieldDoc::optional(
        "stop_if",
        Shape::OneOf(&[Shape::Text, Shape::List(&Shape::Text)]),
        "none",
        "conditions that end the run",
    ),
    FieldDoc::optional("limits", Shape::Object(&guardrails::TABLE), "none", "how much the run may touch"),
    FieldDoc::optional("facts", Shape::Object(&facts::TABLE), "none", "what is known without playing it"),
    FieldDoc::optional(
        "accept_hazards",
        accepted::SHAPE,
        "none",
        "rules of the review that are known and accepted, as a list or each with its reason",
    ),
    FieldDoc::optional("symptoms", Shape::List(&Shape::Text), "none", "what an incident's base must show"),
    FieldDoc::optional("expect", Shape::List(&Shape::Text), "none", "what must hold"),
    FieldDoc::optional(
        "variants",
        Shape::MapOf(&Shape::Shared("variant", &variants::TABLE)),
        "none",
        "changed versions: wrong fixes and right ones",
    ),
    FieldDoc::optional(
        "live",
        Shape::MapOf(&Shape::Shared("live", &real::TABLE)),
        "none",
        "which services are real in the live world",
    ),
    FieldDoc::optional(
        "proxy",
        Shape::Text,
        "firedrill's own",
        "`http://host:port` of a Toxiproxy server that plays the faults of edges in the live world",
    ),
    FieldDoc::optional("generators", Shape::Count, "1", "so many processes make the load together in the live world"),
    FieldDoc::optional("allow", Shape::List(&Shape::Text), "none", "hosts outside of loopback that may be targets"),
];

const CELLS_MAX: u64 = 20_000;

/// The Plan, and for each of its edges where its call names the service.
pub fn read(root: &Node, sources: &Sources, request: &Request, diags: &Diagnostics) -> Option<(Plan, Vec<Place>)> {
    let fields = Fields::open(root, "the scenario", &TABLE, diags);
    let mut plan = read_head(&fields, request);
    check_variants(&fields);
    let clients = read_clients(&fields, plan.length);
    let classes = Classes::gather(fields.entries("services"), fields.entries("faults"), diags);
    let services = read_services(&fields, &clients, &classes);
    check_names(&clients, &services, diags);
    plan.services = services.iter().map(|draft| draft.service.clone()).collect();
    plan.clients = clients.iter().map(|draft| draft.client.clone()).collect();
    plan.segments = links::read(&fields);
    zones::read(&fields, &mut plan);
    let places = edges::connect(&mut plan, &clients, &services, &classes, diags);
    graph::check(&plan, &services, &places, diags);
    plan.accepted = accepted::read(&fields);
    plan.real = real::read(&fields, &plan);
    plan.controls = controls::read(&fields, &plan);
    check_other_names(&fields, &plan);
    faults::read(root, &fields, &classes, &mut plan);
    plan.meters = meters::declared(&plan);
    phases::cut(&mut plan);
    plan.facts = facts::read(&fields);
    alerts::read(&fields, &mut plan);
    guardrails::read(&fields, &mut plan, sources);
    lines::read(&fields, &mut plan, sources, request.variant.is_some());
    plan.drop_unasked_meters();
    Some((plan, places))
}

/// The services, calls and clients of a changed scenario, in a Plan that is otherwise as it was.
pub(super) fn topology(root: &Node, plan: &Plan, diags: &Diagnostics) -> Option<Plan> {
    let fields = Fields::open(root, "the scenario", &TABLE, diags);
    let clients = read_clients(&fields, plan.length);
    let classes = Classes::gather(fields.entries("services"), fields.entries("faults"), diags);
    let services = read_services(&fields, &clients, &classes);
    let mut changed = Plan { edges: Vec::new(), ..plan.clone() };
    changed.services = services.iter().map(|draft| draft.service.clone()).collect();
    changed.clients = clients.iter().map(|draft| draft.client.clone()).collect();
    let places = edges::connect(&mut changed, &clients, &services, &classes, diags);
    if let Some(new) = changed.locks.get(plan.locks.len()) {
        diags.error(root.place, format!("the lock {} is not there at the start", quote(new))).code("wrong-value");
    }
    graph::check(&changed, &services, &places, diags);
    (!diags.has_errors()).then_some(changed)
}

fn read_head(fields: &Fields, request: &Request) -> Plan {
    let text = |name: &str| fields.text(name).unwrap_or_default().to_owned();
    for tag in fields.list("tags") {
        values::read_name(tag, fields.diags());
    }
    let scenario_world = if fields.choice("world") == Some("live") { World::Live } else { World::Sim };
    let scenario_seed = fields.count("seed").unwrap_or(1);
    let length = read_length(fields);
    let warmup = read_warmup(fields, length);
    Plan {
        scenario: text("name"),
        title: text("title"),
        story: Story { law: text("law"), about: text("about"), source: text("source") },
        variant: None,
        world: request.world.unwrap_or(scenario_world),
        seed: request.seed.unwrap_or(scenario_seed),
        length,
        warmup: Time(warmup.0),
        window: read_window(fields, length),
        services: Vec::new(),
        edges: Vec::new(),
        clients: Vec::new(),
        locks: Vec::new(),
        faults: Vec::new(),
        schedule: Vec::new(),
        phases: Vec::new(),
        expectations: Vec::new(),
        alerts: Vec::new(),
        symptoms: Vec::new(),
        still_broken: false,
        real: Default::default(),
        controls: Vec::new(),
        segments: Vec::new(),
        zones: Default::default(),
        stop_if: Vec::new(),
        accepted: Vec::new(),
        limits: Default::default(),
        facts: Default::default(),
        meters: Vec::new(),
    }
}

fn read_length(fields: &Fields) -> Time {
    let length = fields.span("length").unwrap_or(Span::from_secs(60));
    if length < Span::from_millis(1) || length > LENGTH_MAX {
        fields.error("length", format!("a run is 1ms to {LENGTH_MAX} long")).code("wrong-value");
        return Time(Span::from_secs(60).0);
    }
    Time(length.0)
}

fn read_warmup(fields: &Fields, length: Time) -> Span {
    let warmup = fields.span("warmup").unwrap_or(Span::ZERO);
    if warmup.0 < length.0 {
        return warmup;
    }
    let note = fields.error("warmup", format!("a warm-up of {warmup} leaves nothing of a run of {length}"));
    note.code("wrong-value").help("make `warmup` shorter, or `length` longer");
    // Windows of expectations are then judged as if there were none: one mistake is told once.
    Span::ZERO
}

fn read_window(fields: &Fields, length: Time) -> Span {
    let Some(window) = fields.span("window") else {
        let most = guardrails::window_at_most(fields, length);
        return most.map_or(default_window(length), |most| most.min(default_window(length)));
    };
    if window.0 > length.0 {
        let note = fields.error("window", format!("a window of {window} is longer than the run of {length}"));
        note.help(format!("{} would do", default_window(length))).code("wrong-value");
        return default_window(length);
    }
    if window == Span::ZERO || length.0 / window.0.max(1) > CELLS_MAX {
        let note = fields.error("window", format!("this makes more than {CELLS_MAX} windows"));
        note.help(format!("{} would do", default_window(length))).code("wrong-value");
        return default_window(length);
    }
    window
}

/// A two-hundredth of the run, rounded up to 1, 2 or 5 times a power of ten; at least 100 ms.
fn default_window(length: Time) -> Span {
    let wanted = (length.0 / 200).max(Span::from_millis(100).0);
    let power = 10u64.pow(wanted.ilog10());
    let step = [1, 2, 5, 10].into_iter().find(|step| step * power >= wanted).unwrap_or(10);
    Span(step * power)
}

/// Shapes of the variants' own keys; what they set is checked where it is applied.
fn check_variants(fields: &Fields) {
    for entry in fields.entries("variants") {
        values::check_name(&entry.key, entry.key_place, fields.diags());
        let variant = Fields::open(&entry.value, &format!("variant `{}`", entry.key), &variants::TABLE, fields.diags());
        variant.text("title");
        variant.flag("still_broken");
        variant.choice("world");
        variant.entries("set");
        variant.list("expect");
    }
}

fn read_clients(fields: &Fields, length: Time) -> Vec<ClientDraft> {
    let diags = fields.diags();
    let entries = fields.entries("clients");
    if entries.is_empty() && fields.has("clients") {
        fields.error("clients", "nobody asks: there is no client").code("missing-key");
    }
    let read = |entry: &crate::scenario::Entry| {
        values::check_name(&entry.key, entry.key_place, diags);
        client::read(&entry.key, entry.key_place, &entry.value, length, diags)
    };
    entries.iter().filter_map(read).collect()
}

fn read_services(fields: &Fields, clients: &[ClientDraft], classes: &Classes) -> Vec<ServiceDraft> {
    let diags = fields.diags();
    let entries = fields.entries("services");
    let keys = clients.iter().filter_map(|draft| draft.client.keys).map(|keys| keys.count).max();
    let around = Surroundings { keys, classes: classes.clone() };
    if entries.is_empty() && fields.has("services") {
        fields.error("services", "nobody answers: there is no service").code("missing-key");
    }
    let read = |entry: &crate::scenario::Entry| {
        values::check_name(&entry.key, entry.key_place, diags);
        services::read(&entry.key, entry.key_place, &entry.value, &around, diags)
    };
    entries.iter().filter_map(read).collect()
}

fn check_names(clients: &[ClientDraft], services: &[ServiceDraft], diags: &Diagnostics) {
    for client in clients {
        if let Some(service) = services.iter().find(|draft| draft.service.name == client.client.name) {
            let message = format!("{} is a client and a service", quote(&service.service.name));
            diags.error(service.name_place, message).help("give one of them another name").code("duplicate-name");
        }
    }
}

/// Controls and links are asked for by name too.
fn check_other_names(fields: &Fields, plan: &Plan) {
    let is_taken = |name: &str| plan.service_named(name).is_some() || plan.client_named(name).is_some();
    let is_link = |name: &str| plan.segments.iter().any(|segment| segment.name == name);
    for (section, other) in [("links", false), ("controls", true)] {
        for entry in fields.entries(section) {
            if is_taken(&entry.key) || other && is_link(&entry.key) {
                let message = format!("{} is the name of something else already", quote(&entry.key));
                let note = fields.diags().error(entry.key_place, message).code("duplicate-name");
                note.help("give one of them another name");
            }
        }
    }
}

/// The service of this name, or an error at the place with a suggestion.
pub(super) fn service_named(
    name: &str,
    place: crate::scenario::Place,
    plan: &Plan,
    diags: &Diagnostics,
) -> Option<ServiceId> {
    let found = plan.service_named(name);
    if found.is_none() {
        let names = plan.services.iter().map(|service| service.name.as_str());
        let note = diags.error(place, format!("there is no service {}", quote(name))).code("unknown-name");
        note.maybe_help(help_for(name, names));
    }
    found
}

/// Does the scenario's text define nothing at all under this key?
pub(super) fn is_empty_map(node: &Node) -> bool {
    matches!(&node.value, Value::Map(entries) if entries.is_empty())
}
