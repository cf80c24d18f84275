//! What stands between an attempt and the network on its caller's side, at run time: the parts of an edge that most edges do not have.

use super::bulkhead::Bulkhead;
use super::hedge::Hedging;
use super::pool::Connections;
use super::queue::{EventQueue, Lane};
use crate::base::{Dice, MeterId, Span};
use crate::plan::expectation::Subject;
use crate::plan::{self, After, Connect, Edge, Hedge, Plan};

/// An edge with none of these has no gate, and its attempts do not look for one.
pub struct Gate {
    pub bulkhead: Option<Bulkhead>,
    pub connections: Option<Connections>,
    pub connect: Option<Connect>,
    pub hedging: Option<Hedging>,
    /// How long an attempt may stay at a stage.
    pub permit_wait: Option<Lane>,
    pub connection_wait: Option<Lane>,
    pub connect_timeout: Option<Lane>,
    /// For a hedge after a constant delay.
    pub hedge_delay: Option<Lane>,
    pub meters: GateMeters,
}

/// `MeterId::NONE` where nobody counts.
pub struct GateMeters {
    pub hedges: MeterId,
    pub connects: MeterId,
    pub connections: MeterId,
    pub waiting: MeterId,
}

/// How far an attempt of an edge with a gate has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    /// It was turned away: it holds nothing and was not sent.
    Outside,
    /// In line for a permit of the bulkhead.
    AwaitsPermit,
    /// It has a permit.
    Permitted,
    /// In line for a connection.
    AwaitsConnection,
    /// It has a place in the pool, whose connection is being opened.
    Connecting,
    /// On its way.
    Sent,
    /// On its way from an edge without a gate.
    Direct,
}

impl Stage {
    /// Has it left the caller?
    pub fn is_sent(self) -> bool {
        self >= Stage::Sent
    }
}

impl Gate {
    pub fn new(plan: &Plan, index: usize, queue: &mut EventQueue) -> Option<Box<Gate>> {
        let edge = &plan.edges[index];
        if !edge.has_gate() {
            return None;
        }
        let meter = |name| plan.meter(Subject::Edge(index as u32), name);
        let mut gate = Box::new(Gate {
            bulkhead: None,
            connections: None,
            connect: None,
            hedging: None,
            permit_wait: None,
            connection_wait: None,
            connect_timeout: None,
            hedge_delay: None,
            meters: GateMeters {
                hedges: meter("hedges"),
                connects: meter("connects"),
                connections: meter("connections"),
                waiting: meter("waiting"),
            },
        });
        gate.reconfigure(edge, || Dice::named(plan.seed, &format!("pool/{}", edge.name)), queue);
        Some(gate)
    }

    /// From now on the edge is as this entry says. What was a limit and is none any more is one that nobody reaches.
    pub fn reconfigure(&mut self, edge: &Edge, dice: impl FnOnce() -> Dice, queue: &mut EventQueue) {
        let mut lane = |delay: Option<Span>| delay.map(|delay| queue.lane(delay));
        self.permit_wait = lane(edge.bulkhead.and_then(|bulkhead| bulkhead.max_wait));
        self.connection_wait = lane(edge.pool.as_ref().and_then(|pool| pool.max_wait));
        self.connect_timeout = lane(edge.connect.as_ref().and_then(|connect| connect.timeout));
        self.hedge_delay = lane(edge.hedge.as_ref().and_then(fixed_delay));
        match (&mut self.bulkhead, &edge.bulkhead) {
            (Some(bulkhead), Some(policy)) => bulkhead.reconfigure(policy),
            (Some(bulkhead), None) => bulkhead.reconfigure(&plan::Bulkhead::UNBOUNDED),
            (none, policy) => *none = policy.as_ref().map(Bulkhead::new),
        }
        match (&mut self.connections, &edge.pool) {
            (Some(connections), Some(policy)) => connections.reconfigure(policy),
            (Some(connections), None) => connections.reconfigure(&plan::Pool::UNBOUNDED),
            (none, policy) => *none = policy.as_ref().map(|policy| Connections::new(policy, dice())),
        }
        self.connect = edge.connect.clone();
        self.hedging = edge.hedge.as_ref().map(Hedging::new);
    }

    /// When the answer to one of them is here, is the work of the other requests stopped?
    pub fn cancels_losers(&self) -> bool {
        self.hedging.as_ref().is_some_and(Hedging::cancels)
    }

    pub fn ties(&self) -> bool {
        self.hedging.as_ref().is_some_and(Hedging::ties)
    }

    /// Connections in use, and attempts that wait for a permit or for a connection.
    pub fn load(&self) -> (u32, u32) {
        let (_, first) = self.bulkhead.as_ref().map_or((0, 0), Bulkhead::load);
        let (taken, second) = self.connections.as_ref().map_or((0, 0), Connections::load);
        (taken, first + second)
    }
}

fn fixed_delay(hedge: &Hedge) -> Option<Span> {
    match hedge.after {
        After::Delay(delay) => Some(delay),
        After::Quantile(_) => None,
    }
}
