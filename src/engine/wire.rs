//! The seam between the engine and the world that carries its messages.

use crate::base::{EdgeId, Outcome, ServiceId, Span, Time};
use crate::plan::Step;

use super::{Handle, Traits};

/// An attempt that must be carried to the called service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub edge: EdgeId,
    pub call: Handle,
    pub attempt: u16,
    pub traits: Traits,
    /// When it was due, for the first attempt of a user's request: the lag of the load generator counts from here.
    pub intended: Option<Time>,
}

/// Names a request that came in over the wire and waits for `Wire::respond`.
pub type Token = u64;

/// Carries messages out of the engine. The simulator has none: there messages are events.
pub trait Wire {
    /// Does this world carry messages itself?
    const CARRIES: bool;

    /// Sends an attempt. The answer comes back by `Engine::answered`.
    fn send(&mut self, request: Request);

    /// The caller gave up on an attempt: nobody will read its answer.
    fn abandon(&mut self, request: Request);

    /// Answers a request that came in with this token.
    fn respond(&mut self, token: Token, outcome: Outcome);

    /// Does the peer behind this token still listen?
    fn is_open(&self, token: Token) -> bool;

    /// Writes a rebuilt value back into a real cache; `true` if the wire did it.
    fn fill(&mut self, edge: EdgeId, key: u32) -> bool;

    /// Acts on a step of the fault schedule that is not the engine's to do; `true` if it was the wire's.
    fn step(&mut self, index: usize, step: &Step) -> bool;

    /// Is this service a real process, and not modelled by the engine?
    fn is_real(&self, service: ServiceId) -> bool;

    /// An event is played so long after it was due, because the world's clock did not wait.
    fn late(&mut self, by: Span);
}

/// The simulated world: every message is delivered by the engine itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

impl Wire for Direct {
    const CARRIES: bool = false;

    fn send(&mut self, _: Request) {
        unreachable!("the simulator delivers messages as events");
    }

    fn abandon(&mut self, _: Request) {}

    fn respond(&mut self, _: Token, _: Outcome) {
        unreachable!("the simulator has no requests from outside");
    }

    fn is_open(&self, _: Token) -> bool {
        true
    }

    fn fill(&mut self, _: EdgeId, _: u32) -> bool {
        false
    }

    fn step(&mut self, _: usize, _: &Step) -> bool {
        false
    }

    fn is_real(&self, _: ServiceId) -> bool {
        false
    }

    fn late(&mut self, _: Span) {}
}
