//! A fleet at run time: agents that each do a run and wait for their next turn. An agent does one run at a time, and never knows of
//! the others: what keeps them in step is only that they started together.

use super::call::{Call, Owner};
use super::clients::NOTHING_YET;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{Engine, Outcome};
use crate::base::{FaultId, Span, Time};
use crate::plan::{Arrivals, Fleet};

impl<W: Wire> Engine<W> {
    pub(super) fn begin_fleet(&mut self, client: usize, fleet: &Fleet) {
        for _ in 0..fleet.agents {
            self.start_agent(client, fleet.start, fleet.splay);
        }
    }

    fn start_agent(&mut self, client: usize, within: Span, splay: Span) {
        let population = &mut self.populations[client];
        let wait = population.within(within) + population.within(splay);
        self.comes_later(client, Owner::user(client), NOTHING_YET, wait);
    }

    pub(super) fn fleet_answered(
        &mut self,
        client: usize,
        (tried, traits, began): (u32, Traits, Time),
        outcome: Outcome,
    ) {
        let Arrivals::Fleet(fleet) = &self.plan.clients[client].arrivals else { return };
        let dice = &mut self.populations[client].pause_dice;
        if let (Outcome::Failed(kind), Some(rerun)) = (outcome, &fleet.rerun)
            && rerun.on.contains(&kind)
        {
            let wait = rerun.after.draw_span(dice);
            return self.comes_later(client, Owner::again(client, tried.saturating_add(1)), traits, wait);
        }
        let interval = fleet.interval.draw_span(dice);
        let wait = if fleet.clockwork { to_next_turn(interval, self.now.since(began)) } else { interval };
        self.comes_later(client, Owner::user(client), NOTHING_YET, wait);
    }

    /// A share of the agents that wait for their turn start now, within a stretch of time.
    pub(super) fn wake(&mut self, client: usize, fault: FaultId, share: f64, within: Span) {
        let Arrivals::Fleet(Fleet { splay, .. }) = self.plan.clients[client].arrivals else { return };
        let waits = |call: &Call| {
            call.attempt == 0 && matches!(call.owner, Owner::User { client: of, .. } if of as usize == client)
        };
        let waiting = self.calls.iter().filter(|(_, call)| waits(call)).map(|(agent, _)| agent);
        let dice = &mut self.fault_dice[fault.index()];
        let woken: Vec<Handle> = waiting.filter(|_| share >= 1.0 || dice.chance(share)).collect();
        self.recorder.touched(fault, "agents woken", woken.len() as u64);
        for agent in woken {
            self.calls.remove(agent);
            self.start_agent(client, within, splay);
        }
    }
}

/// From the end of a run that took `took` to the next whole interval after its start; turns that were missed are left out.
fn to_next_turn(interval: Span, took: Span) -> Span {
    let turns = took.0 / interval.0.max(1) + 1;
    Span(interval.0.max(1).saturating_mul(turns) - took.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_skips_the_turns_that_a_long_run_missed() {
        let seconds = Span::from_secs;
        assert_eq!(to_next_turn(seconds(60), seconds(10)), seconds(50));
        assert_eq!(to_next_turn(seconds(60), seconds(60)), seconds(60));
        assert_eq!(to_next_turn(seconds(60), seconds(130)), seconds(50));
        assert_eq!(to_next_turn(Span::ZERO, seconds(1)), Span(1));
    }
}
