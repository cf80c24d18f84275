//! The file of a game day: its keys, and what people have written under them. Lines of the expectation language stay nodes here; they mean
//! something only together with a scenario.
//!
//! A plan has nine parts, all of them required: the scenario, the steady state, for each fault a hypothesis ("when X, Y stays because Z") with
//! the lines that would show it, the blast radius, what aborts it, the roll-back, the roles, the comms and the calendar. `firedrill gameday new`
//! writes one with blanks, `check` refuses it while one is left.

use super::blanks::is_blank;
use crate::base::Span;
use crate::plan::World;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, Value};
use serde::{Deserialize, Serialize};

const LINES: Shape = Shape::List(&Shape::Text);

pub static TABLE: [FieldDoc; 12] = [
    FieldDoc::required("gameday", Shape::Name, "short name, also of the folder of its recordings"),
    FieldDoc::required("scenario", Shape::Text, "a built-in scenario, or a file beside this one"),
    FieldDoc::optional("variant", Shape::Name, "the base", "which variant of it"),
    FieldDoc::optional(
        "world",
        Shape::Choice(&["sim", "live"]),
        "sim",
        "where it is played unless the command line says otherwise",
    ),
    FieldDoc::required("steady_state", LINES, "what holds before each fault, and again after each roll-back"),
    FieldDoc::required("hypotheses", Shape::MapOf(&Shape::Object(&HYPOTHESIS)), "one for each fault of the scenario"),
    FieldDoc::required("blast_radius", Shape::Object(&BLAST), "who may notice it at the worst"),
    FieldDoc::required("stop_if", LINES, "conditions that abort it, beside those of the scenario"),
    FieldDoc::required("rollback", Shape::Object(&ROLLBACK), "how it is undone"),
    FieldDoc::required("roles", Shape::Object(&ROLES), "who does what"),
    FieldDoc::required("comms", Shape::Object(&COMMS), "where it is talked about, and who is told"),
    FieldDoc::required("calendar", Shape::Object(&CALENDAR), "when it is"),
];

static HYPOTHESIS: [FieldDoc; 4] = [
    FieldDoc::required("when", Shape::Text, "what happens"),
    FieldDoc::required("stays", Shape::Text, "what stays as it is all the same"),
    FieldDoc::required("because", Shape::Text, "why"),
    FieldDoc::required("expect", LINES, "what would show it, in the expectation language"),
];

static BLAST: [FieldDoc; 2] = [
    FieldDoc::required("who", Shape::Text, "who may notice, and what keeps it to them"),
    FieldDoc::optional(
        "limits",
        Shape::Any,
        "the scenario's",
        "as `limits:` of a scenario: replicas, requests, connections, longest_fault",
    ),
];

static ROLLBACK: [FieldDoc; 3] = [
    FieldDoc::required("how", Shape::Text, "what undoes it, beside firedrill itself"),
    FieldDoc::required("within", Shape::Span, "so long after a fault is healed the steady state must be back"),
    FieldDoc::required("verified", Shape::Text, "who has tried it, and when"),
];

static ROLES: [FieldDoc; 4] = [
    FieldDoc::required("owner", Shape::Text, "answers for the system, and decides to abort"),
    FieldDoc::required("coordinator", Shape::Text, "leads through the day: go, no-go"),
    FieldDoc::required("reporter", Shape::Text, "writes down what is seen"),
    FieldDoc::required("observers", Shape::List(&Shape::Text), "watch the charts and the pagers"),
];

static COMMS: [FieldDoc; 2] = [
    FieldDoc::required("channel", Shape::Text, "where it is talked about while it lasts"),
    FieldDoc::required("announced_to", Shape::Text, "who was told beforehand"),
];

static CALENDAR: [FieldDoc; 3] = [
    FieldDoc::required("begins", Shape::Text, "day and time, with the time zone"),
    FieldDoc::required("ends", Shape::Text, "when it is over at the latest"),
    FieldDoc::required("clear_of", Shape::Text, "what it must not meet: freezes, releases, sales"),
];

/// What people have written, for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    pub name: String,
    pub scenario: String,
    pub hypotheses: Vec<Hypothesis>,
    pub blast_radius: String,
    pub rollback: String,
    pub verified: String,
    pub roles: Roles,
    pub comms: Comms,
    pub calendar: Calendar,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    pub fault: String,
    pub when: String,
    pub stays: String,
    pub because: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roles {
    pub owner: String,
    pub coordinator: String,
    pub reporter: String,
    pub observers: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comms {
    pub channel: String,
    pub announced_to: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calendar {
    pub begins: String,
    pub ends: String,
    pub clear_of: String,
}

/// The file, read.
#[derive(Clone, Debug)]
pub struct Document {
    pub paper: Paper,
    pub scenario_place: Place,
    pub variant: Option<String>,
    pub world: Option<World>,
    pub steady: Vec<Node>,
    /// The lines of each hypothesis, and where its name stands, in the order of `paper.hypotheses`.
    pub expect: Vec<(Place, Vec<Node>)>,
    pub hypotheses_place: Place,
    pub stop_if: Vec<Node>,
    pub limits: Option<Node>,
    pub within: Option<Span>,
}

pub fn read(root: &Node, diags: &Diagnostics) -> Document {
    let fields = Fields::open(root, "the plan of the game day", &TABLE, diags);
    let mut expect = Vec::new();
    let mut hypotheses = Vec::new();
    let is_open = |node: &&Node| !is_blank(node);
    let written = fields.node("hypotheses").filter(is_open).map_or(&[][..], |_| fields.entries("hypotheses"));
    for entry in written.iter().filter(|entry| !is_blank(&entry.value)) {
        let own = Fields::open(&entry.value, &format!("the hypothesis of `{}`", entry.key), &HYPOTHESIS, diags);
        expect.push((entry.key_place, lines(&own, "expect")));
        let text = |name: &str| text(&own, name);
        hypotheses.push(Hypothesis {
            fault: entry.key.clone(),
            when: text("when"),
            stays: text("stays"),
            because: text("because"),
        });
    }
    let part = |name: &str, table: &'static [FieldDoc]| {
        fields
            .node(name)
            .filter(|node| !is_blank(node))
            .map(|node| Fields::open(node, &format!("`{name}`"), table, diags))
    };
    let of = |part: &Option<Fields>, name: &str| part.as_ref().map(|part| text(part, name)).unwrap_or_default();
    let (blast, rollback, roles) = (part("blast_radius", &BLAST), part("rollback", &ROLLBACK), part("roles", &ROLES));
    let (comms, calendar) = (part("comms", &COMMS), part("calendar", &CALENDAR));
    let paper = Paper {
        name: text(&fields, "gameday"),
        scenario: text(&fields, "scenario"),
        hypotheses,
        blast_radius: of(&blast, "who"),
        rollback: of(&rollback, "how"),
        verified: of(&rollback, "verified"),
        roles: Roles {
            owner: of(&roles, "owner"),
            coordinator: of(&roles, "coordinator"),
            reporter: of(&roles, "reporter"),
            observers: roles
                .iter()
                .flat_map(|roles| lines(roles, "observers"))
                .filter_map(|node| node.scalar().map(str::to_owned))
                .collect(),
        },
        comms: Comms { channel: of(&comms, "channel"), announced_to: of(&comms, "announced_to") },
        calendar: Calendar {
            begins: of(&calendar, "begins"),
            ends: of(&calendar, "ends"),
            clear_of: of(&calendar, "clear_of"),
        },
    };
    Document {
        paper,
        scenario_place: fields.place_of("scenario"),
        variant: fields.has("variant").then(|| text(&fields, "variant")).filter(|name| !name.is_empty()),
        world: fields.choice("world").map(|word| if word == "live" { World::Live } else { World::Sim }),
        steady: lines(&fields, "steady_state"),
        expect,
        hypotheses_place: fields.key_place("hypotheses"),
        stop_if: lines(&fields, "stop_if"),
        limits: blast.as_ref().and_then(|blast| blast.node("limits")).filter(|node| !is_blank(node)).cloned(),
        within: rollback
            .as_ref()
            .filter(|own| own.node("within").is_some_and(|node| !is_blank(node)))
            .and_then(|own| own.span("within")),
    }
}

/// What was written; nothing where it is blank, which is told elsewhere.
fn text(fields: &Fields, name: &str) -> String {
    match fields.node(name) {
        Some(node) if !is_blank(node) => fields.text(name).unwrap_or_default().trim().to_owned(),
        _ => String::new(),
    }
}

/// One line or a list of them, without the blanks.
fn lines(fields: &Fields, name: &str) -> Vec<Node> {
    let all: Vec<Node> = match fields.node(name) {
        Some(node) if matches!(node.value, Value::Scalar(..)) => vec![node.clone()],
        Some(_) => fields.list(name).to_vec(),
        None => Vec::new(),
    };
    all.into_iter().filter(|node| !is_blank(node)).collect()
}
