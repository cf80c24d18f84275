//! Simulated runs are the same to the last byte or they are not: under one seed and one plan every difference is a finding, and is told exactly.

use super::Captured;
use super::captured::{ClientFigures, ServiceFigures};
use serde::Serialize;
use serde_json::Value;

/// What equal seeds say.
#[derive(Clone, Debug, PartialEq)]
pub enum Exact {
    /// Other seeds, another plan, or the live world: nothing can be said.
    Unknown,
    /// So many seeds were recorded byte for byte as before.
    Identical(usize),
    /// Same plan and seed, and yet not the same: every figure that differs, `p50(users) whole`.
    Differs(Vec<String>),
}

pub fn exact(base: &Captured, new: &Captured, simulated: bool) -> Exact {
    let pairs = || new.seeds.iter().filter_map(|now| Some((base.seeds.iter().find(|old| old.seed == now.seed)?, now)));
    let same = pairs().filter(|(old, now)| old.recording_digest == now.recording_digest).count();
    let parted: Vec<u64> = pairs()
        .filter(|(old, now)| old.plan_digest == now.plan_digest && old.recording_digest != now.recording_digest)
        .map(|(_, now)| now.seed)
        .collect();
    match () {
        () if !simulated || new.seeds.is_empty() => Exact::Unknown,
        () if same == new.seeds.len() => Exact::Identical(same),
        () if parted.is_empty() => Exact::Unknown,
        () => Exact::Differs(parted.into_iter().flat_map(|seed| under(base, new, seed)).collect()),
    }
}

fn under(base: &Captured, new: &Captured, seed: u64) -> Vec<String> {
    let of_client =
        |one: &ClientFigures| (one.seed == seed).then(|| (format!("{} {}", one.client, one.phase), fields(one)));
    let of_service =
        |one: &ServiceFigures| (one.seed == seed).then(|| (format!("{} {}", one.service, one.phase), fields(one)));
    let all = |of: &Captured| -> Vec<(String, Value)> {
        of.clients.iter().filter_map(of_client).chain(of.services.iter().filter_map(of_service)).collect()
    };
    let told: Vec<String> = all(base).into_iter().zip(all(new)).flat_map(|(old, now)| differing(&old, &now)).collect();
    let versions =
        if base.version == new.version { String::new() } else { format!(" ({}, {})", base.version, new.version) };
    match told.is_empty() {
        true => vec![format!("seed {seed}{versions}: recorded otherwise, in what a baseline does not keep")],
        false => told.into_iter().map(|line| format!("seed {seed}{versions}: {line}")).collect(),
    }
}

fn fields(figures: &impl Serialize) -> Value {
    serde_json::to_value(figures).expect("figures are plain data")
}

/// Every field of one place that is not what it was.
fn differing(old: &(String, Value), now: &(String, Value)) -> Vec<String> {
    let (Some(before), Some(after)) = (old.1.as_object(), now.1.as_object()) else { return Vec::new() };
    let changed = before.iter().filter(|(key, value)| after.get(*key) != Some(value));
    let shown = |key: &str, value: Option<&Value>| match key {
        // A histogram says nothing to people; its quantiles stand beside it.
        "latency" | "failed_latency" => "another distribution".to_owned(),
        _ => value.map_or_else(|| "missing".to_owned(), Value::to_string),
    };
    let told = |key: &str, value: &Value| match shown(key, Some(value)) {
        words if words == "another distribution" => format!("{} {key}: {words}", old.0),
        words => format!("{} {key}: {words} before, {} now", old.0, shown(key, after.get(key))),
    };
    changed.map(|(key, value)| told(key, value)).collect()
}
