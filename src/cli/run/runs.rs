//! From scenarios and options to the list of runs: which variant, which seeds, which folder.

use super::RunArgs;
use crate::cli::compiled::Source;
use crate::cli::ending::Failure;
use crate::explore::runset;
use crate::plan::{Plan, World};
use std::collections::BTreeMap;
use std::path::{Component, Path};
use std::sync::Arc;

/// One variant of one scenario under one or more seeds; judged together, reported once.
pub struct Group {
    pub scenario_text: String,
    pub runs: Vec<Run>,
    /// The name of its folder below --out.
    pub folder: String,
}

pub struct Run {
    pub plan: Arc<Plan>,
    /// What tells it from all others.
    pub name: String,
    /// So many processes make its load.
    pub generators: u32,
    /// Which of several with the same seed, from 1.
    pub turn: u32,
    /// The command that plays exactly this again.
    pub again: String,
}

impl Run {
    /// Who it is, whatever else is played beside it: the name says how many seeds there are, too.
    pub fn identity(&self) -> String {
        format!("{}.seed-{}.{}.{}", name(&self.plan), self.plan.seed, self.plan.world.word(), self.turn)
    }
}

impl Group {
    /// What decides how it comes out.
    pub fn head(&self) -> runset::Group {
        runset::Group::new(&self.folder, &self.runs[0].plan, self.runs.len())
    }
}

/// What is for live runs only is refused where there is none: simulated, the same seed gives the same bytes.
pub fn check_worlds(groups: &[Group], args: &RunArgs) -> Result<(), Failure> {
    let (option, next) = match (args.repeat.is_some_and(|n| n > 1), args.retries.is_some_and(|n| n > 0)) {
        (true, _) => ("--repeat", "`--seeds N` plays N seeds, each with other luck; `--world live` plays for real"),
        (_, true) => (
            "--retries",
            "a seed that does not hold is a finding; leave out --retries, or play live with `--world live`",
        ),
        _ => return Ok(()),
    };
    if groups.iter().flat_map(|group| &group.runs).any(|run| run.plan.world == World::Live) {
        return Ok(());
    }
    let message = "is for live runs, and there is none: simulated, the same seed comes out the same each time";
    Err(Failure::usage(format!("{option} {message}"), next))
}

/// Compiles everything that was asked for; what is wrong with a scenario is kept in its [`Source`].
pub fn plan(sources: &mut [Source], args: &RunArgs) -> Result<Vec<Group>, Failure> {
    let mut groups = Vec::new();
    for source in sources.iter_mut() {
        for variant in wanted(source, args) {
            groups.extend(group(source, variant.as_deref(), args));
        }
    }
    distinct(&groups)?;
    Ok(groups)
}

fn wanted(source: &Source, args: &RunArgs) -> Vec<Option<String>> {
    forms(source, args).into_iter().filter(|variant| args.filter.wants(source, variant.as_deref())).collect()
}

/// The base, a variant, or all: before any filter.
pub fn forms(source: &Source, args: &RunArgs) -> Vec<Option<String>> {
    match (&args.shape.variant, args.all_variants) {
        (Some(name), _) => vec![Some(name.clone())],
        (None, false) => vec![None],
        (None, true) => std::iter::once(None).chain(source.variants.iter().cloned().map(Some)).collect(),
    }
}

fn group(source: &mut Source, variant: Option<&str>, args: &RunArgs) -> Option<Group> {
    let first = source.plan(&args.shape, variant, args.shape.seed)?;
    let seed = first.seed;
    let mut plans = vec![first];
    for offset in 1..args.seeds.unwrap_or(1) {
        plans.push(source.plan(&args.shape, variant, Some(seed.wrapping_add(offset)))?);
    }
    let with_seed = args.shape.seed.is_some() || args.seeds.is_some();
    let repeats = if plans[0].world == World::Live { args.repeat.unwrap_or(1) } else { 1 };
    let folder = folder(&plans, with_seed, repeats);
    let several = plans.len() > 1;
    let run = |plan: &Arc<Plan>, turn: u32| {
        let mut again = args.shape.again(&source.chosen.name, variant, plan.seed, plan.world);
        if let Some(generators) = args.generators.filter(|_| plan.world == World::Live) {
            again.push_str(&format!(" --generators {generators}"));
        }
        let generators = args.generators.or(plan.real.generators).unwrap_or(1);
        let mut name = if several { format!("{folder}.seed-{}", plan.seed) } else { folder.clone() };
        if repeats > 1 {
            name.push_str(&format!(".repeat-{turn}"));
        }
        Run { again, plan: plan.clone(), name, generators, turn }
    };
    let scenario_text = source.text().to_owned();
    let plans: Vec<Arc<Plan>> = plans.into_iter().map(Arc::new).collect();
    let runs =
        plans.iter().flat_map(|plan| (1..=repeats).map(move |turn| (plan, turn))).map(|(plan, turn)| run(plan, turn));
    let runs = runs.collect();
    Some(Group { scenario_text, runs, folder })
}

/// A scenario and its variant, as in the names of folders.
pub fn name(plan: &Plan) -> String {
    plan.variant.as_ref().map_or(plan.scenario.clone(), |variant| format!("{}.{variant}", plan.scenario))
}

fn folder(plans: &[Plan], with_seed: bool, repeats: u32) -> String {
    let plan = &plans[0];
    let mut name = name(plan);
    match plans {
        [_, .., last] => name.push_str(&format!(".seeds-{}-to-{}", plan.seed, last.seed)),
        _ if with_seed => name.push_str(&format!(".seed-{}", plan.seed)),
        _ => {}
    }
    if repeats > 1 {
        name.push_str(&format!(".repeats-{repeats}"));
    }
    if plan.world == World::Live {
        name.push_str(".live");
    }
    name
}

/// Two runs must not write over each other's reports, and no name may lead out of the folder for reports.
fn distinct(groups: &[Group]) -> Result<(), Failure> {
    let mut seen: BTreeMap<&str, &Run> = BTreeMap::new();
    for (group, run) in groups.iter().filter_map(|group| Some((group, group.runs.first()?))) {
        let mut parts = Path::new(&group.folder).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(Failure::usage(
                format!("`{}` cannot be the name of a folder", group.folder),
                "rename the scenario",
            ));
        }
        if let Some(other) = seen.insert(&group.folder, run) {
            return Err(Failure::usage(
                format!("two runs have the same name, {}:\n  {}\n  {}", group.folder, other.again, run.again),
                "give the scenarios different names (`name:`), or play them one after the other with another --out",
            ));
        }
    }
    Ok(())
}
