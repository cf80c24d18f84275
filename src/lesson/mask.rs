//! A recording from which everything is taken that says what was done to the system: faults, phases, evidence, events, names and lines. What was
//! measured stays as it is.

use crate::plan::{Phase, Plan};
use crate::record::Recording;

/// What the charts before the answer are drawn from.
pub fn masked(recording: &Recording) -> Recording {
    let plan = &recording.plan;
    let whole: Vec<Phase> = plan.phases.iter().filter(|phase| phase.name == "whole").cloned().collect();
    let plan = Plan {
        scenario: "lesson".to_owned(),
        title: String::new(),
        story: Default::default(),
        variant: None,
        faults: Vec::new(),
        schedule: Vec::new(),
        phases: whole,
        expectations: Vec::new(),
        symptoms: Vec::new(),
        stop_if: Vec::new(),
        ..plan.clone()
    };
    Recording {
        plan,
        evidence: Vec::new(),
        events: Vec::new(),
        undo: Vec::new(),
        warnings: Vec::new(),
        ..recording.clone()
    }
}
