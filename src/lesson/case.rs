//! A lesson together with its scenario: compiles and plays the forms of it that the lesson asks about. It scores and prints nothing.

use super::line::Line;
use super::story::Lesson;
use crate::compile::{self, Request};
use crate::judge::{Judged, judge_line};
use crate::plan::{Expectation, Plan, World};
use crate::record::Recording;
use crate::scenario::{Diagnostics, Loaded, render};
use crate::sim;

#[derive(Clone, Debug)]
pub struct Case {
    pub lesson: Lesson,
    /// The scenario as it is written, at its own seed.
    pub base: Plan,
    pub scenario: Loaded,
}

/// A run in which the lesson's lines can be asked for.
pub struct Played {
    pub recording: Recording,
}

impl Case {
    /// The plan of a variant, or of the base with some values set; words on why not.
    pub fn plan(&self, variant: Option<&str>, set: Vec<String>, seed: u64) -> Result<Plan, String> {
        compiled(&self.scenario, variant, set, Some(seed))
    }

    /// When it is mended.
    pub fn goal(&self) -> Vec<Line> {
        if self.lesson.goal.is_empty() { self.expected() } else { self.lesson.goal.clone() }
    }

    /// What the scenario expects.
    pub fn expected(&self) -> Vec<Line> {
        self.base.expectations.iter().map(Line::of).collect()
    }

    /// Every line that is asked of the base.
    pub fn lines(&self) -> Vec<Line> {
        self.lesson.lines().into_iter().cloned().chain(self.expected()).collect()
    }
}

/// Compiles one form of a scenario, for the simulator.
pub fn compiled(scenario: &Loaded, variant: Option<&str>, set: Vec<String>, seed: Option<u64>) -> Result<Plan, String> {
    let request = Request { variant: variant.map(str::to_owned), set, seed, world: Some(World::Sim) };
    let (mut loaded, diags) = (scenario.clone(), Diagnostics::new());
    diags.set_folder(&loaded.folder);
    let plan = compile::compile(&mut loaded, &request, &diags);
    plan.ok_or_else(|| render::render_lines(&diags, &loaded.sources).trim_end().to_owned())
}

/// Plays a plan so that its recording is cut wherever a line's window begins or ends. The lines take the place of the plan's expectations.
pub fn play(mut plan: Plan, lines: &[Line]) -> Result<Played, String> {
    let bound = |line: &Line| line.on(&plan).map_err(|mistake| format!("{}: {}", line.at, mistake.message));
    let expectations = lines.iter().map(bound).collect::<Result<Vec<_>, _>>()?;
    plan.expectations = expectations;
    Ok(Played { recording: sim::play(&plan) })
}

impl Played {
    /// A line that was given to `play`.
    pub fn judged(&self, line: &Line) -> Judged {
        judge_line(&self.recording, self.asked(line))
    }

    /// What such a line asks for, in the terms of the plan.
    pub fn asked(&self, line: &Line) -> &Expectation {
        let found = self.recording.plan.expectations.iter().find(|one| one.text == line.text && one.place == line.at);
        found.expect("only lines that the run was cut for are asked for")
    }
}
