//! What is served instead, when a call has failed for good.

use super::call::Owner;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome};
use crate::base::Time;
use crate::plan::Fallback;

/// Whose words the caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The called service's.
    Own,
    /// A default, or a value that has expired: good enough for this caller, and not for a cache.
    Substitute,
}

pub(super) enum Ending {
    Served(Outcome, Answer),
    /// The wish lives on in another call.
    CalledInstead,
}

impl<W: Wire> Engine<W> {
    /// A call ended with this outcome; the caller gets what its fallback makes of it.
    pub(super) fn fall_back(&mut self, handle: Handle, edge: EdgeId, outcome: Outcome) -> Ending {
        if !outcome.is_failure() {
            return Ending::Served(outcome, Answer::Own);
        }
        let Some(fallback) = self.plan.edge(edge).fallback else { return Ending::Served(outcome, Answer::Own) };
        self.count_degraded(edge);
        match fallback {
            Fallback::Answer => Ending::Served(Outcome::Ok, Answer::Substitute),
            Fallback::Call(second) => {
                self.call_instead(handle, second);
                Ending::CalledInstead
            }
        }
    }

    pub(super) fn count_degraded(&mut self, edge: EdgeId) {
        self.meters.count(self.links[edge.index()].degraded, 1);
    }

    fn call_instead(&mut self, first: Handle, second: EdgeId) {
        let Some(call) = self.calls.get(first) else { return };
        let (owner, sibling, own) = (call.owner, call.sibling, call.traits);
        // The deadline of the first call was its own; that of its caller holds for the second too.
        let traits = match owner {
            Owner::Frame(frame) => self.frames.get(frame).map_or(own, |frame| Traits { lot: own.lot, ..frame.traits }),
            _ => Traits { deadline: Time::MAX, ..own },
        };
        self.calls.remove(first);
        let Owner::Frame(frame) = owner else {
            let call = self.new_call(second, owner, traits, Handle::NONE, 0);
            return self.attempt(call);
        };
        self.unlink_call(frame, first, sibling);
        let sibling = self.frames.get(frame).map_or(Handle::NONE, |frame| frame.calls);
        let call = self.new_call(second, owner, traits, sibling, 0);
        if let Some(this) = self.frames.get_mut(frame) {
            this.calls = call;
        }
        self.attempt(call);
    }
}
