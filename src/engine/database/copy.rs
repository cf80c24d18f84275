//! One copy of the data: what it has received, what it has applied, and what never reached it.

use crate::base::{Span, Time};
use std::collections::VecDeque;

#[derive(Clone, Debug, Default)]
pub struct Copy {
    /// On their way, in the order in which they are applied.
    pipeline: VecDeque<Coming>,
    /// So many at its front have been received.
    here: usize,
    /// It holds an older write behind a newer one: one that was sent again.
    mixed: bool,
    /// Everything up to here was applied, but for `missing` and the pipeline.
    applied: u64,
    received: u64,
    /// Writes that could not be sent to it, ascending.
    pub missing: Vec<u64>,
    /// When its last write in the pipeline is applied.
    busy_until: Time,
    pub down: bool,
    /// Frozen or cut off from the other copies: how many faults do it.
    pub apart: u32,
    pub frozen: u32,
    /// It loads a backup and plays back the log until then.
    pub back_at: Time,
    /// How far its clock is ahead, or behind (below 0), in nanoseconds.
    pub ahead_ns: i64,
    /// How much longer than usual it takes until a write is on its disk.
    pub slower: Span,
}

#[derive(Clone, Copy, Debug)]
struct Coming {
    position: u64,
    received: Time,
    applied: Time,
}

impl Copy {
    pub fn is_up(&self) -> bool {
        !self.down
    }

    /// How long it takes, once nobody renews it, until a lease of this length is over by its clock.
    pub fn lease(&self, length: Span) -> Span {
        Span(length.0.saturating_add_signed(self.ahead_ns.saturating_neg()))
    }

    /// Do the other copies hear of it?
    pub fn is_reachable(&self) -> bool {
        !self.down && self.apart == 0 && self.frozen == 0
    }

    /// A write of its own.
    pub fn take_own(&mut self, position: u64) {
        (self.received, self.applied) = (self.received.max(position), self.applied.max(position));
    }

    /// A write is on its way to it, one application after another; when it is received.
    pub fn put(&mut self, position: u64, received: Time, per_write: Span) -> Time {
        let applied = received.max(self.busy_until) + per_write;
        self.busy_until = applied;
        self.mixed |= self.pipeline.back().is_some_and(|last| last.position >= position);
        self.pipeline.push_back(Coming { position, received, applied });
        received
    }

    /// Brings what it has up to `now`.
    pub fn advance(&mut self, now: Time) {
        while let Some(first) = self.pipeline.front().filter(|coming| coming.applied <= now) {
            self.applied = self.applied.max(first.position);
            self.received = self.received.max(first.position);
            self.pipeline.pop_front();
            self.here = self.here.saturating_sub(1);
        }
        self.mixed &= !self.pipeline.is_empty();
        // The pipeline is applied in order and received nearly so: the first that is not here yet ends the search.
        while let Some(next) = self.pipeline.get(self.here).filter(|coming| coming.received <= now) {
            self.received = self.received.max(next.position);
            self.here += 1;
        }
    }

    /// The write in the pipeline with this position.
    fn coming(&self, position: u64) -> Option<&Coming> {
        if self.mixed {
            return self.pipeline.iter().find(|coming| coming.position == position);
        }
        let found = self.pipeline.binary_search_by_key(&position, |coming| coming.position);
        found.ok().map(|at| &self.pipeline[at])
    }

    pub fn has_applied(&self, position: u64) -> bool {
        position <= self.applied && self.missing.binary_search(&position).is_err() && self.coming(position).is_none()
    }

    /// It has everything up to here.
    pub fn complete_up_to(&self) -> u64 {
        let gap = self.missing.first().map_or(u64::MAX, |first| first - 1);
        gap.min(self.received)
    }

    /// When a write is received by it; the past for one that it has, `None` for one that was not sent.
    pub fn received_at(&self, position: u64, now: Time) -> Option<Time> {
        if self.missing.binary_search(&position).is_ok() {
            return None;
        }
        match self.coming(position) {
            Some(coming) => Some(coming.received.max(now)),
            None => (position <= self.applied).then_some(now),
        }
    }

    pub fn behind(&self, now: Time) -> Span {
        self.busy_until.max(now).since(now)
    }

    /// What is still on its way comes no more: its sender is gone. Everything after `position` is forgotten.
    pub fn cut_to(&mut self, position: u64, now: Time) {
        self.advance(now);
        self.pipeline.retain(|coming| coming.received <= now && coming.position <= position);
        self.here = self.pipeline.len();
        self.missing.retain(|missing| *missing <= position);
        self.applied = self.applied.min(position);
        self.received = self.received.min(position);
        self.busy_until = self.pipeline.back().map_or(now, |coming| coming.applied).max(now);
    }
}
