//! A fault that is taken away before its time, as an abort would: everything that lies on the system at that moment is healed, and nothing of
//! it comes afterwards. The rest of the run stays as long as it was.

use super::experiment::{Experiment, STEADY};
use crate::base::{Span, Time};
use crate::plan::{Expectation, FaultInfo, Phase, Plan, Step, Window};

/// The run of an experiment whose fault is healed when half of its time is over, judged by the steady state alone.
pub fn healed(experiment: &Experiment) -> Plan {
    let Experiment { plan, fault, within, .. } = experiment;
    let at = fault.from + Span(fault.to.since(fault.from).0 / 2);
    let fault = FaultInfo { to: at, ..fault.clone() };
    let earlier = experiment.fault.to.since(at);
    let length = Time(plan.length.0 - earlier.0);
    let back = Window { name: format!("{STEADY} after the roll-back"), from: at + *within, to: length };
    let steady = plan.expectations.iter().filter(|line| line.window.name.starts_with(STEADY));
    let moved = |line: &Expectation| match line.window.name == back.name {
        true => Expectation { window: back.clone(), ..line.clone() },
        false => line.clone(),
    };
    let phases = phases(plan, &fault, length);
    Plan {
        length,
        schedule: cut(&plan.schedule, at),
        expectations: steady.map(moved).collect(),
        phases,
        faults: vec![fault],
        ..plan.clone()
    }
}

/// What begins before then, each with its end no later. A fault that is over at once begins and ends then.
fn cut(schedule: &[Step], at: Time) -> Vec<Step> {
    let first = schedule.first().map_or(at, |step| step.at);
    let begins = |step: &Step| step.at < at || step.at == first;
    let mut kept: Vec<Step> = Vec::new();
    let mut on: Vec<&Step> = Vec::new();
    for step in schedule {
        let lies = on
            .iter()
            .position(|lying| lying.fault == step.fault && lying.target == step.target && lying.effect == step.effect);
        let is_due = if step.on { begins(step) } else { step.at <= at };
        match (step.on, is_due, lies) {
            (true, true, _) => {
                kept.push(step.clone());
                on.push(step);
            }
            (false, true, lies) => {
                kept.push(step.clone());
                lies.map(|place| on.remove(place));
            }
            (false, false, Some(place)) => {
                on.remove(place);
                kept.push(Step { at, ..step.clone() });
            }
            _ => {}
        }
    }
    kept.sort_by_key(|step| (step.at, step.on));
    kept
}

fn phases(plan: &Plan, fault: &FaultInfo, length: Time) -> Vec<Phase> {
    let phase = |name: String, from: Time, to: Time| Phase { name, from, to };
    let mut all = vec![
        phase("before".to_owned(), plan.warmup, fault.from),
        phase(format!("during {}", fault.name), fault.from, fault.to),
        phase(format!("after {}", fault.name), fault.to, length),
        phase("whole".to_owned(), plan.warmup, length),
    ];
    all.retain(|phase| phase.from < phase.to);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{EdgeId, FaultId};
    use crate::plan::{Effect, Target};

    fn step(at: u64, on: bool, effect: Effect) -> Step {
        Step { at: Time(at), on, fault: FaultId::from(0), target: Target::Edge(EdgeId::from(0)), effect }
    }

    #[test]
    fn what_lies_on_the_system_is_healed_and_nothing_comes_later() {
        let reset = Effect::Reset { chance: 1.0 };
        let schedule = [
            step(10, true, Effect::Refuse),
            step(12, true, Effect::Refuse),
            step(14, false, Effect::Refuse),
            step(20, true, reset.clone()),
            step(30, false, Effect::Refuse),
            step(40, false, reset.clone()),
            step(50, true, Effect::Refuse),
            step(60, false, Effect::Refuse),
        ];
        let seen: Vec<(u64, bool)> = cut(&schedule, Time(20)).iter().map(|step| (step.at.0, step.on)).collect();
        assert_eq!(seen, [(10, true), (12, true), (14, false), (20, false)]);
    }
}
