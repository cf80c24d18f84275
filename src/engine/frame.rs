//! A frame as it is kept: one attempt's visit to a service, and how far it has come. It does nothing.

use super::ServiceId;
use super::cores::Standing;
use super::quorum::Quorum;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Token;
use crate::base::{ErrorKind, Span, Time};

/// One attempt's visit to a service.
#[derive(Clone, Debug)]
pub struct Frame {
    pub service: u32,
    pub replica: u32,
    /// The call that this is an attempt of; `Handle::NONE` for a request from outside.
    pub parent: Handle,
    pub attempt: u16,
    /// The next op of the service's program.
    pub(super) op: u16,
    pub state: State,
    /// Repetitions left of the call op that is under way; `ALL` before the first.
    pub(super) left: u32,
    /// Calls that have not ended.
    pub pending: u32,
    pub failed: Option<ErrorKind>,
    /// One of several requests for the same answer, of which one is enough.
    pub tied: bool,
    /// What a store's probes found, or whether a database's statement or a broker's message was acknowledged.
    pub found_room: Option<bool>,
    pub traits: Traits,
    pub arrived: Time,
    /// Head of the list of its calls, threaded through `Call::sibling`.
    pub calls: Handle,
}

/// A call op has not begun.
pub(super) const ALL: u32 = u32::MAX;

/// What stands beside the frames of services that need it.
#[derive(Clone, Copy, Debug)]
pub struct Aside {
    /// How the calls under way decide the step that made them, where not all are needed.
    pub quorum: Option<Quorum>,
    /// By when a worker must have taken it, if its queue bounds the wait.
    pub patience: Time,
    /// Whether its work has a core, where cores are shared.
    pub stands: Standing,
    /// The batch that it rides in, or carries.
    pub batch: Handle,
    /// How long the replica had been frozen in all when the work now under way began.
    pub(super) frozen_mark: Span,
    /// Set when the request came in over the wire.
    pub token: Option<Token>,
}

impl Default for Aside {
    fn default() -> Aside {
        Aside {
            quorum: None,
            patience: Time::MAX,
            stands: Standing::Away,
            batch: Handle::NONE,
            frozen_mark: Span::ZERO,
            token: None,
        }
    }
}

/// Frames are many, as calls are.
const _: () = assert!(size_of::<Frame>() <= 72);

/// The number of what is no attempt of anybody, but a health check.
const CHECK: u16 = u16::MAX - 1;

/// The number of an attempt that was answered when it came: nobody waits for its frame any more, and it is wanted all the same.
const ANSWERED: u16 = u16::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Queued,
    /// Holds a worker: works, or waits for its calls.
    Started,
    /// Another frame carries it through as one of a batch.
    Riding,
    /// Holds a worker for a batch, and is no request itself.
    Carrying,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub parent: Handle,
    pub attempt: u16,
    pub traits: Traits,
    pub token: Option<Token>,
}

impl Origin {
    /// Of a health check that is worked on like a request with these traits.
    pub(super) fn check(traits: Traits) -> Origin {
        Origin { parent: Handle::NONE, attempt: CHECK, traits, token: None }
    }

    /// Of what nobody asked for.
    pub(super) fn nobody() -> Origin {
        Origin { parent: Handle::NONE, attempt: 0, traits: Traits::of_key(0), token: None }
    }
}

impl Origin {
    /// A health check comes from nobody.
    pub fn is_check(&self) -> bool {
        self.parent.is_none() && self.token.is_none() && self.attempt != ANSWERED
    }
}

impl Frame {
    /// A request that has just arrived.
    pub(super) fn new(service: ServiceId, replica: u32, origin: Origin, now: Time) -> Frame {
        Frame {
            service: service.0,
            replica,
            parent: origin.parent,
            attempt: origin.attempt,
            op: 0,
            state: State::Queued,
            left: ALL,
            pending: 0,
            failed: None,
            tied: false,
            found_room: None,
            traits: origin.traits,
            arrived: now,
            calls: Handle::NONE,
        }
    }

    /// Whoever asked for it has been answered.
    pub(super) fn cut_loose(&mut self) {
        (self.parent, self.attempt) = (Handle::NONE, ANSWERED);
    }

    pub(super) fn is_cut_loose(&self) -> bool {
        self.parent.is_none() && self.attempt == ANSWERED
    }

    /// Is it a health check?
    fn is_check(&self) -> bool {
        self.parent.is_none() && self.attempt == CHECK
    }

    /// A check needs a worker and no work.
    pub(super) fn skip_program(&mut self) {
        self.op = u16::MAX;
    }

    /// How long it has been inside.
    #[cfg(test)]
    pub(super) fn stay(&self, now: Time) -> Span {
        now.since(self.arrived)
    }

    /// Is it of a call of this engine, which needs nothing but an answer?
    #[inline]
    pub(super) fn comes_plainly(&self) -> bool {
        !self.parent.is_none() && self.traits.version == Traits::ANY
    }

    /// Tells its draws apart: by attempt, step and repetition.
    #[inline]
    pub(super) fn turn(&self, repetition: u32) -> u64 {
        self.turn_at(self.op) | u64::from(repetition)
    }

    /// As `turn`, of a step that it may have passed.
    #[inline]
    pub(super) fn turn_at(&self, op: u16) -> u64 {
        u64::from(self.attempt) << 48 | u64::from(op) << 32
    }

    /// Did somebody ask for it? Health checks and what carries a batch are no requests.
    pub(super) fn is_request(&self) -> bool {
        !self.is_check() && !self.carries()
    }

    /// Does it carry a batch, and is no request itself?
    pub(super) fn carries(&self) -> bool {
        self.state == State::Carrying
    }
}
