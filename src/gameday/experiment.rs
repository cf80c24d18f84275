//! One fault of a game day as a run of its own: the scenario with only that fault, judged by its hypothesis and by the steady state around it.
//! Everything is made from the scenario's text by the compiler; only windows are set here.

use super::document::Document;
use crate::base::{Span, Time};
use crate::compile::{self, Request};
use crate::plan::expectation::Bound;
use crate::plan::{Expectation, FaultInfo, Phase, Plan, Window, World};
use crate::scenario::{Diagnostics, Entry, Loaded, Node, Severity, Value};

/// How the windows of the steady state are called.
pub const STEADY: &str = "steady state";

/// One fault, alone.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub fault: FaultInfo,
    /// The run with the fault: the lines of the hypothesis, then those of the steady state before it and after its roll-back.
    pub plan: Plan,
    /// The same without any fault, until the fault would begin: what must hold before anybody says go.
    pub steady: Plan,
    pub within: Span,
}

/// Compiles the scenario with this fault alone. What is wrong is filed; it may be the same for every fault and is told once.
pub fn compile(
    scenario: &Loaded,
    fault: &Entry,
    lines: &[Node],
    document: &Document,
    world: World,
    diags: &Diagnostics,
) -> Option<Experiment> {
    let mut loaded = scenario.clone();
    alone(&mut loaded.root, fault, lines, document);
    let found = Diagnostics::new();
    found.set_folder(&loaded.folder);
    let request = Request { world: Some(world), ..Request::default() };
    let plan = compile::compile(&mut loaded, &request, &found);
    found.sorted().into_iter().filter(|one| one.severity == Severity::Error).for_each(|one| diags.push(one));
    let plan = Plan { variant: document.variant.clone(), ..plan? };
    let fault_info = plan.faults.first()?.clone();
    let within = document.within.unwrap_or(Span::ZERO);
    let split = document.steady.len().min(plan.expectations.len());
    let steady_is_fine = absolute(&plan.expectations[..split], document, diags);
    let has_room = room(&plan, &fault_info, within, fault, diags);
    (steady_is_fine && has_room).then(|| assemble(plan, fault_info, split, within))
}

fn assemble(mut plan: Plan, fault: FaultInfo, split: usize, within: Span) -> Experiment {
    let hypothesis = plan.expectations.split_off(split);
    let steady = std::mem::replace(&mut plan.expectations, hypothesis);
    let before = at(&steady, "before", plan.warmup, fault.from);
    let back = at(&steady, "after the roll-back", fault.to + within, plan.length);
    plan.expectations.extend(before.iter().cloned().chain(back));
    let calm = calm(&plan, fault.from, before);
    Experiment { fault, plan, steady: calm, within }
}

/// Lines over a window of their own.
pub fn at(lines: &[Expectation], which: &str, from: Time, to: Time) -> Vec<Expectation> {
    let window = Window { name: format!("{STEADY} {which}"), from, to };
    lines.iter().map(|line| Expectation { window: window.clone(), ..line.clone() }).collect()
}

fn calm(plan: &Plan, length: Time, expectations: Vec<Expectation>) -> Plan {
    let whole = Phase { name: "whole".to_owned(), from: plan.warmup, to: length };
    Plan { length, faults: Vec::new(), schedule: Vec::new(), phases: vec![whole], expectations, ..plan.clone() }
}

/// The scenario with one fault, the lines of the plan in place of its own, and its guardrails beside those of the plan.
fn alone(root: &mut Node, fault: &Entry, lines: &[Node], document: &Document) {
    let place = root.place;
    let list = |items: Vec<Node>| Node { place, value: Value::List(items) };
    let mut stops: Vec<Node> = match root.get("stop_if").map(|node| (&node.value, node)) {
        Some((Value::List(items), _)) => items.clone(),
        Some((Value::Scalar(..), node)) => vec![node.clone()],
        _ => Vec::new(),
    };
    stops.extend(document.stop_if.iter().cloned());
    let expect = document.steady.iter().chain(lines).cloned().collect();
    put(root, "faults", Some(Node { place, value: Value::Map(vec![fault.clone()]) }));
    put(root, "expect", Some(list(expect)));
    put(root, "symptoms", None);
    put(root, "variants", None);
    put(root, "stop_if", (!stops.is_empty()).then(|| list(stops)));
    if let Some(limits) = &document.limits {
        put(root, "limits", Some(limits.clone()));
    }
}

fn put(root: &mut Node, key: &str, value: Option<Node>) {
    let place = root.place;
    let Value::Map(entries) = &mut root.value else { return };
    entries.retain(|entry| entry.key != key);
    entries.extend(value.map(|value| Entry { key: key.to_owned(), key_place: place, value }));
}

/// A steady state has no window of its own and is measured against nothing else.
fn absolute(lines: &[Expectation], document: &Document, diags: &Diagnostics) -> bool {
    let wrong = |line: &Expectation| line.window.name != "whole" || !matches!(line.bound, Bound::Value(_));
    let mut is_fine = true;
    for (line, node) in lines.iter().zip(&document.steady).filter(|(line, _)| wrong(line)) {
        let message =
            format!("`{}` says when it holds; a steady state holds before each fault and after it", line.text);
        diags.error(node.place, message).code("bad-expectation").help("leave the window out: success(users) >= 99%");
        is_fine = false;
    }
    is_fine
}

/// The steady state must be seen before the fault and after its roll-back.
fn room(plan: &Plan, fault: &FaultInfo, within: Span, entry: &Entry, diags: &Diagnostics) -> bool {
    let name = &fault.name;
    let trouble = match () {
        () if fault.from <= plan.warmup => {
            Some((format!("fault `{name}` begins before the warm-up is over"), "let it begin later: the steady state must be seen before it".to_owned()))
        }
        () if fault.to >= plan.length => {
            Some((format!("fault `{name}` lasts until the end of the run"), "end it with `for:`: the steady state must be seen to come back".to_owned()))
        }
        () if fault.to + within >= plan.length => Some((
            format!("{within} after fault `{name}` is healed the run is over"),
            "make the scenario's `length` greater, or `rollback.within` smaller: the steady state must be seen to come back".to_owned(),
        )),
        () => None,
    };
    if let Some((message, help)) = &trouble {
        diags.error(entry.key_place, message).help(help).code("no-room");
    }
    trouble.is_none()
}
