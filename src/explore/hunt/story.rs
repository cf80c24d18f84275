//! What a hunt found, as a scenario file of its own that shows it again, and in words.

use super::budget::Budget;
use super::schedule::{self, Schedule};
use crate::explore::study::Study;
use crate::plan::Plan;
use crate::scenario::{Diagnostics, Entry, Node, Quoting, Value, overlay, write};

/// Sections that belong to the old faults, or to people who read about them.
const LEFT_OUT: [&str; 6] = ["symptoms", "variants", "law", "about", "source", "tags"];

/// The text of a scenario that reproduces it: the same system, the faults that were found, the lines that must hold, the seed.
pub fn scenario(study: &Study, budget: &Budget, schedule: &Schedule, plan: &Plan) -> Result<String, String> {
    let (mut root, mut sources, diags) =
        (study.scenario.root.clone(), study.scenario.sources.clone(), Diagnostics::new());
    if let Some(variant) = &study.variant {
        overlay::select_variant(&mut root, variant, &diags);
    }
    let settings: Vec<_> = study
        .set
        .iter()
        .chain(&schedule.settings(budget))
        .filter_map(|text| overlay::parse_setting(text, &mut sources, &diags))
        .collect();
    overlay::apply(&mut root, &settings, &diags);
    if diags.has_errors() {
        return Err(crate::scenario::render_lines(&diags, &sources));
    }
    let place = root.place;
    let text = |words: &str| Node { place, value: Value::Scalar(words.to_owned(), Quoting::Quoted) };
    let lines = plan.expectations.iter().map(|line| text(&line.text)).collect();
    let name = format!("{}-hunted", plan.scenario);
    let title = format!("What a hunt found in {}", plan.scenario);
    put(&mut root, "name", Node { place, value: Value::Scalar(name, Quoting::Plain) });
    put(&mut root, "title", text(&title));
    put(&mut root, "seed", Node { place, value: Value::Scalar(plan.seed.to_string(), Quoting::Plain) });
    put(&mut root, "expect", Node { place, value: Value::List(lines) });
    if let Value::Map(entries) = &mut root.value {
        entries.retain(|entry| !LEFT_OUT.contains(&entry.key.as_str()));
    }
    Ok(write::text(&root))
}

/// In the place where the key is, or at the end.
fn put(root: &mut Node, key: &str, value: Node) {
    let place = root.place;
    let Value::Map(entries) = &mut root.value else { return };
    match entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) => entry.value = value,
        None => entries.push(Entry { key: key.to_owned(), key_place: place, value }),
    }
}

/// Each fault of a schedule, in the order of time.
pub fn told(schedule: &Schedule, budget: &Budget) -> Vec<String> {
    let one = |(index, blow): (usize, &schedule::Blow)| {
        format!("{}: {}", schedule::name(index), blow.written(&budget.templates[blow.template]))
    };
    schedule.in_order().into_iter().enumerate().map(one).collect()
}
