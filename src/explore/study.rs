//! What is explored: one form of a scenario, what must hold in it, and under which seeds. Compiles it with other values put in; every point is
//! played under the same seeds, so that neighbours differ by their values and not by luck (common random numbers). It plays nothing.

use crate::compile::{self, Request};
use crate::plan::{Plan, World, digest};
use crate::scenario::{Diagnostics, Loaded, Value, render};

#[derive(Clone, Debug)]
pub struct Study {
    pub scenario: Loaded,
    /// As the command line names it.
    pub name: String,
    pub variant: Option<String>,
    /// `PATH=VALUE`, for every point.
    pub set: Vec<String>,
    /// Lines in place of the scenario's `expect:`; empty: the scenario's own.
    pub hold: Vec<String>,
    /// `None`: the scenario's own.
    pub seed: Option<u64>,
}

impl Study {
    /// The plan with these values as well; what cannot be compiled is told as the compiler does.
    pub fn plan(&self, values: &[String], seed: Option<u64>) -> Result<Plan, String> {
        self.compiled(values, seed).map(|(plan, _)| plan)
    }

    /// The files that the scenario names with these values, relative to its folder.
    pub fn files(&self, values: &[String]) -> Result<Vec<String>, String> {
        self.compiled(values, None).map(|(_, files)| files)
    }

    fn compiled(&self, values: &[String], seed: Option<u64>) -> Result<(Plan, Vec<String>), String> {
        let (mut loaded, diags) = (self.scenario.clone(), Diagnostics::new());
        diags.set_folder(&loaded.folder);
        // Whether it survives is asked, not whether it shows its symptoms.
        if let Value::Map(entries) = &mut loaded.root.value {
            entries.retain(|entry| entry.key != "symptoms");
        }
        let mut set = self.set.clone();
        if !self.hold.is_empty() {
            // A list of JSON strings is one of YAML.
            set.push(format!("expect={}", serde_json::to_string(&self.hold).expect("texts are plain data")));
        }
        set.extend(values.iter().cloned());
        let seed = seed.or(self.seed);
        let request = Request { variant: self.variant.clone(), set, seed, world: Some(World::Sim) };
        let plan = compile::compile(&mut loaded, &request, &diags);
        let mut plan = plan.ok_or_else(|| render::render_lines(&diags, &loaded.sources).trim_end().to_owned())?;
        if plan.expectations.is_empty() {
            return Err("nothing is expected of it: say what must hold with --hold LINE, such as --hold 'success(users) >= 99%'".to_owned());
        }
        plan.still_broken = false;
        Ok((plan, diags.files()))
    }

    /// What decides the outcome of every point, in one digest: the plan without the values that are varied, and these.
    pub fn digest(&self, base: &Plan, varied: &str) -> String {
        // Where a line stands is no part of it: the same scenario may lie in another folder on another machine.
        let mut base = base.clone();
        base.expectations.iter_mut().for_each(|line| line.place.clear());
        base.stop_if.iter_mut().for_each(|line| line.place.clear());
        let parts = [digest::of(&base), self.set.join("\n"), self.hold.join("\n"), varied.to_owned()];
        digest::of_bytes(parts.join("\0").as_bytes())
    }

    /// The command that plays one point alone.
    pub fn again(&self, values: &[String], seed: u64) -> Vec<String> {
        let mut words = vec!["firedrill".to_owned(), "run".to_owned(), self.name.clone()];
        if let Some(variant) = &self.variant {
            words.extend(["--variant".to_owned(), variant.clone()]);
        }
        for value in self.set.iter().chain(values) {
            words.extend(["--set".to_owned(), value.clone()]);
        }
        words.extend(["--seed".to_owned(), seed.to_string(), "--world".to_owned(), "sim".to_owned()]);
        words
    }
}
