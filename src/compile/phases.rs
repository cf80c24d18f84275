//! The phases of a run, as reports show them: before the first fault, during each, after each, and the whole.

use crate::base::Time;
use crate::plan::{Phase, Plan};

pub fn cut(plan: &mut Plan) {
    let mut phases = Vec::new();
    let mut faults: Vec<(Time, Time, String)> =
        plan.faults.iter().map(|fault| (fault.from, fault.to, fault.name.clone())).collect();
    faults.sort();
    if let Some((first, ..)) = faults.first() {
        phases.push(phase("before".to_owned(), plan.warmup, *first));
    }
    for (from, to, name) in &faults {
        phases.push(phase(format!("during {name}"), (*from).max(plan.warmup), *to));
        let next = faults.iter().map(|(from, ..)| *from).filter(|start| start >= to).min();
        phases.push(phase(format!("after {name}"), (*to).max(plan.warmup), next.unwrap_or(plan.length)));
    }
    phases.push(phase("whole".to_owned(), plan.warmup, plan.length));
    phases.retain(|phase| phase.from < phase.to);
    plan.phases = phases;
}

fn phase(name: String, from: Time, to: Time) -> Phase {
    Phase { name, from, to }
}
