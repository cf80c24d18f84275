//! Scenario to Plan: names to ids, variants and `--set` applied, faults lowered to a schedule, phases cut, expectations understood.
//! It reads what people wrote and reports every mistake at once; it never plays anything.

mod accepted;
mod alerts;
pub mod catalogue;
mod consumers;
mod controls;
#[cfg(test)]
mod damage_tests;
mod edges;
pub mod expect;
mod facts;
mod faults;
mod graph;
pub mod guardrails;
mod lines;
mod links;
#[cfg(test)]
mod mistakes_tests;
mod phases;
mod places;
#[cfg(test)]
mod plan_tests;
mod pushes;
mod real;
mod real_checks;
mod root;
pub mod schema;
mod sites;
#[cfg(test)]
mod tests;
mod variants;
mod zones;

use crate::plan::{Plan, World};
use crate::scenario::{Diagnostics, Loaded, overlay};
pub use places::Places;
pub use variants::{VariantInfo, variants};

/// What is asked for beside the file.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub variant: Option<String>,
    /// `PATH=VALUE`, applied after the variant.
    pub set: Vec<String>,
    pub seed: Option<u64>,
    pub world: Option<World>,
}

/// Makes a Plan of a scenario that was loaded. `None` when there is any error; all are in `diags`.
pub fn compile(loaded: &mut Loaded, request: &Request, diags: &Diagnostics) -> Option<Plan> {
    placed(loaded, request, diags).map(|(plan, _)| plan)
}

/// The same, and where each part of the Plan is written.
pub fn placed(loaded: &mut Loaded, request: &Request, diags: &Diagnostics) -> Option<(Plan, Places)> {
    if diags.has_errors() {
        return None;
    }
    let mut root = loaded.root.clone();
    let mut still_broken = false;
    if let Some(name) = &request.variant {
        if !overlay::select_variant(&mut root, name, diags) {
            return None;
        }
        still_broken = variants(&loaded.root).iter().any(|variant| variant.name == *name && variant.still_broken);
    }
    let settings: Vec<_> =
        request.set.iter().filter_map(|text| overlay::parse_setting(text, &mut loaded.sources, diags)).collect();
    overlay::apply(&mut root, &settings, diags);
    let (plan, edges) = root::read(&root, &loaded.sources, request, diags)?;
    let plan = Plan { variant: request.variant.clone(), still_broken, ..plan };
    let places = Places::find(&root, &plan, edges);
    (!diags.has_errors()).then_some((plan, places))
}

/// Compiles the base and every variant, so that mistakes inside variants are found too.
pub fn check(loaded: &mut Loaded, diags: &Diagnostics) -> Option<Plan> {
    let base = compile(loaded, &Request::default(), diags)?;
    for variant in variants(&loaded.root) {
        let request = Request { variant: Some(variant.name), ..Request::default() };
        compile(loaded, &request, diags);
    }
    (!diags.has_errors()).then_some(base)
}
