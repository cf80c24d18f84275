//! The plan of a game day and the scenario that it names, read together into experiments. Everything that is wrong in either is filed at once.

use super::blanks;
use super::document::{self, Document, Paper};
use super::experiment::{self, Experiment};
use crate::library;
use crate::plan::World;
use crate::scenario::{
    self, Diagnostic, Diagnostics, Entry, Loaded, Node, Place, SourceId, Sources, Value, help_for, overlay, quote,
};
use std::path::Path;

/// A plan without a blank, ready to be played.
#[derive(Clone, Debug)]
pub struct Script {
    pub paper: Paper,
    pub world: World,
    /// In the order in which the scenario has its faults.
    pub experiments: Vec<Experiment>,
    /// The same in the simulated world, for the rehearsal.
    pub rehearsed: Vec<Experiment>,
}

/// What reading a plan gave; `script` only if nothing is wrong.
pub struct Read {
    pub sources: Sources,
    pub diags: Diagnostics,
    pub blanks: usize,
    pub script: Option<Script>,
}

/// Reads the file and its scenario; `world` outweighs what the plan says.
pub fn read(path: &Path, world: Option<World>) -> Read {
    let diags = Diagnostics::new();
    let Loaded { mut sources, mut root, folder } = scenario::load(path, &diags);
    if diags.has_errors() {
        return Read { sources, diags, blanks: 0, script: None };
    }
    let blanks = blanks::report(&mut root, "", &diags);
    let document = document::read(&root, &diags);
    let scenario = open(&document, &folder, &mut sources, &diags);
    let script = scenario.and_then(|scenario| compile(&scenario, document, world, &diags));
    let script = script.filter(|_| !diags.has_errors());
    Read { sources, diags, blanks, script }
}

/// The scenario's tree, its text among the sources of the plan.
fn open(document: &Document, folder: &Path, sources: &mut Sources, diags: &Diagnostics) -> Option<Loaded> {
    let name = document.paper.scenario.as_str();
    if name.is_empty() {
        return None;
    }
    let found = Diagnostics::new();
    let file = folder.join(name);
    let loaded = match library::named(name) {
        Some(entry) if !file.is_file() => {
            scenario::load_text(&format!("built-in/{name}.yaml"), entry.text, Path::new(""), &found)
        }
        _ if file.is_file() => scenario::load(&file, &found),
        _ => {
            let note = diags
                .error(document.scenario_place, format!("there is no built-in scenario and no file {}", quote(name)));
            let help = help_for(name, library::SCENARIOS.iter().map(|entry| entry.name));
            note.code("unknown-name")
                .maybe_help(help.or_else(|| Some("a file's path is relative to this file".into())));
            return None;
        }
    };
    let text = loaded.sources.get(SourceId(0)).cloned();
    let id = text.map_or(SourceId(0), |text| sources.add(text.name, text.text));
    let moved = |place: Place| Place { source: id, ..place };
    found.sorted().into_iter().for_each(|one| diags.push(Diagnostic { place: one.place.map(moved), ..one }));
    let mut root = loaded.root;
    relocate(&mut root, id);
    if let Some(variant) = &document.variant {
        overlay::select_variant(&mut root, variant, diags);
    }
    (!found.has_errors()).then(|| Loaded { sources: sources.clone(), root, folder: loaded.folder })
}

fn relocate(node: &mut Node, id: SourceId) {
    node.place.source = id;
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| relocate(item, id)),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| {
            entry.key_place.source = id;
            relocate(&mut entry.value, id);
        }),
        _ => {}
    }
}

fn compile(scenario: &Loaded, document: Document, world: Option<World>, diags: &Diagnostics) -> Option<Script> {
    let faults: Vec<Entry> = scenario.root.get("faults").map_or(&[][..], Node::entries).to_vec();
    if faults.is_empty() {
        let note = diags.error(document.scenario_place, "the scenario has no fault");
        note.code("no-fault").help("a game day plays the faults of its scenario, one at a time");
    }
    match_up(&faults, &document, diags);
    let world = world.or(document.world).unwrap_or(World::Sim);
    let all = |world: World| -> Option<Vec<Experiment>> {
        let one = |fault: &Entry| {
            let place = document.paper.hypotheses.iter().position(|one| one.fault == fault.key);
            let lines = place.map_or(&[][..], |place| &document.expect[place].1);
            experiment::compile(scenario, fault, lines, &document, world, diags)
        };
        let all: Vec<Option<Experiment>> = faults.iter().map(one).collect();
        all.into_iter().collect()
    };
    let (experiments, rehearsed) = match world {
        World::Sim => (all(World::Sim)?, Vec::new()),
        World::Live => (all(World::Live)?, all(World::Sim)?),
    };
    let rehearsed = if world == World::Sim { experiments.clone() } else { rehearsed };
    Some(Script { paper: document.paper, world, experiments, rehearsed })
}

/// Each fault has its hypothesis, and each hypothesis its fault.
fn match_up(faults: &[Entry], document: &Document, diags: &Diagnostics) {
    let written = &document.paper.hypotheses;
    for fault in faults.iter().filter(|fault| !written.iter().any(|one| one.fault == fault.key)) {
        let note =
            diags.error(document.hypotheses_place, format!("fault `{}` of the scenario has no hypothesis", fault.key));
        note.code("no-hypothesis").help("each has one under `hypotheses:`: when, stays, because, expect");
    }
    for (one, (place, _)) in written.iter().zip(&document.expect) {
        if !faults.iter().any(|fault| fault.key == one.fault) {
            let note = diags.error(*place, format!("the scenario has no fault {}", quote(&one.fault)));
            note.code("unknown-name").maybe_help(help_for(&one.fault, faults.iter().map(|fault| fault.key.as_str())));
        }
    }
}
