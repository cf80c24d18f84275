//! The roll-back, rehearsed before anything else: in the simulated world each fault alone, healed when half of its time is over. The steady
//! state must hold before it and be back within the time that the plan gives. It touches nothing real.

use super::early;
use super::experiment::Experiment;
use crate::base::Time;
use crate::judge::{ExitCode, Judged, Judgement, judge};
use crate::sim;

/// One fault, healed early.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    pub fault: String,
    pub healed_at: Time,
    /// The steady state is looked at from here on.
    pub back_by: Time,
    pub judgement: Judgement,
}

impl Rehearsed {
    pub fn exit(&self) -> ExitCode {
        self.judgement.exit
    }

    /// The lines that do not hold.
    pub fn failing(&self) -> impl Iterator<Item = &Judged> {
        self.judgement.expectations.iter().filter(|line| line.verdict != crate::judge::Verdict::Holds)
    }
}

pub fn rehearse(experiment: &Experiment) -> Rehearsed {
    let plan = early::healed(experiment);
    let judgement = judge(&sim::play(&plan));
    let healed_at = plan.faults[0].to;
    Rehearsed { fault: experiment.fault.name.clone(), healed_at, back_by: healed_at + experiment.within, judgement }
}
