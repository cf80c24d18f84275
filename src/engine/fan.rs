//! The calls that a frame makes: one, one of several, or many at once of which some are needed.

use super::call::Owner;
use super::quorum::{Quorum, Vote};
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{EdgeId, Engine, Op, Soon};
use crate::base::{ErrorKind, Time};
use crate::plan::Need;

impl<W: Wire> Engine<W> {
    pub(super) fn call_all(&mut self, frame: Handle, index: usize, op: usize) {
        let plan = self.plan.clone();
        let Op::Parallel { calls, need } = &plan.services[index].program[op] else { return };
        let Some((lot, turn)) = self.frames.get(frame).map(|this| (this.traits.lot, this.turn(0))) else { return };
        let (mut made, mut turns) = (0, turn..);
        for edge in calls {
            for turn in turns.by_ref().take(plan.edge(*edge).count as usize) {
                if self.links[edge.index()].is_made(plan.edge(*edge).chance, lot, turn) {
                    made += u32::from(self.call_from(frame, *edge, turn));
                }
            }
        }
        // No answer is here yet: answers wait until everything that was begun at this moment is done.
        if let Need::Count(needed) = need
            && self.frames.contains(frame)
        {
            self.frames.beside_mut(frame).quorum = Quorum::new(*needed, made);
        }
    }

    /// Calls one way of a split, the one whose turn it is: smooth weighted round robin, as nginx deals requests since 1.3.1 (2012).
    pub(super) fn call_one(&mut self, frame: Handle, index: usize, op: usize) {
        let Some(Op::Split(edges)) = self.plan.services[index].program.get(op) else { return };
        let mut total = 0.0;
        let mut chosen: Option<super::EdgeId> = None;
        for edge in edges {
            let weight = self.plan.edge(*edge).weight;
            total += weight;
            self.links[edge.index()].credit += weight;
            let is_ahead = |other: super::EdgeId| self.links[edge.index()].credit > self.links[other.index()].credit;
            if weight > 0.0 && chosen.is_none_or(is_ahead) {
                chosen = Some(*edge);
            }
        }
        let Some(edge) = chosen else { return };
        self.links[edge.index()].credit -= total;
        let (count, chance) = (self.plan.edge(edge).count, self.plan.edge(edge).chance);
        let Some((lot, turn)) = self.frames.get(frame).map(|this| (this.traits.lot, this.turn(0))) else { return };
        for turn in (turn..).take(count as usize) {
            if self.links[edge.index()].is_made(chance, lot, turn) {
                self.call_from(frame, edge, turn);
            }
        }
    }

    /// One of a frame's calls ended, and with it perhaps the step: those that are not needed any more are left.
    pub(super) fn voted(&mut self, frame: Handle, vote: Vote, failed: Option<ErrorKind>) {
        if vote == Vote::Open || !self.frames.contains(frame) {
            return;
        }
        self.frames.beside_mut(frame).quorum = None;
        let Some(this) = self.frames.get_mut(frame) else { return };
        if vote == Vote::OutOfReach {
            this.failed = failed;
        }
        let mut call = std::mem::replace(&mut this.calls, Handle::NONE);
        let mut left = std::mem::take(&mut this.pending);
        while let Some(next) = self.calls.get(call).map(|call| call.sibling) {
            self.forsake(call);
            (call, left) = (next, left - 1);
        }
        if left > 0 {
            // It also waits for rebuilds that others share.
            self.flights.values_mut().for_each(|waiters| waiters.retain(|waiter| *waiter != frame));
        }
        self.soon.push_back(Soon::Advance(frame));
    }

    /// Makes the `turn`-th call for a frame. `true`: the frame waits for it.
    #[inline(always)]
    pub(super) fn call_from(&mut self, frame: Handle, edge: EdgeId, turn: u64) -> bool {
        let Some(this) = self.frames.get_mut(frame) else { return true };
        let (traits, sibling) = (this.traits, this.calls);
        if self.plan.edge(edge).mirror {
            let call = self.new_call(edge, Owner::Nobody, Traits { deadline: Time::MAX, ..traits }, Handle::NONE, turn);
            self.attempt(call);
            return false;
        }
        this.pending += 1;
        let call = self.new_call(edge, Owner::Frame(frame), traits, sibling, turn);
        if let Some(this) = self.frames.get_mut(frame) {
            this.calls = call;
        }
        self.attempt(call);
        true
    }

    pub(super) fn unlink_call(&mut self, frame: Handle, call: Handle, next: Handle) {
        let Some(this) = self.frames.get_mut(frame) else { return };
        if this.calls == call {
            this.calls = next;
            return;
        }
        let mut before = this.calls;
        while let Some(other) = self.calls.get_mut(before) {
            if other.sibling == call {
                other.sibling = next;
                return;
            }
            before = other.sibling;
        }
    }
}
