//! A call as it is kept: one wish of a caller, and how far it has come. It does nothing.

use super::EdgeId;
use super::departure::NO_PLACE;
use super::doors::Pass;
use super::eject::ANY;
use super::gate::Stage;
use super::slab::Handle;
use super::traits::Traits;
use crate::base::{Span, Time};

#[derive(Clone, Debug)]
pub struct Call {
    pub edge: EdgeId,
    pub owner: Owner,
    /// The number of the attempt under way or just over; an answer to another one is nobody's.
    pub attempt: u16,
    /// False between attempts, and when only hedges of this attempt are still under way.
    pub in_flight: bool,
    /// How far the attempt under way has come; on an edge without a gate it is on its way at once.
    pub stage: Stage,
    /// How the attempt under way came to be sent.
    pub pass: Pass,
    /// The frame that the attempt became, once it has arrived.
    pub child: Handle,
    pub traits: Traits,
    /// The next in the list of its owner's calls.
    pub sibling: Handle,
}

/// What stands beside the calls of edges whose policies need it.
#[derive(Clone, Copy, Debug)]
pub struct Aside {
    /// Head of the list of its hedges, threaded through their `sibling`.
    pub twin: Handle,
    /// How often a hedge has been due in this attempt.
    pub hedges: u8,
    /// Its place in the pool of its edge.
    pub place: u32,
    /// The replica of a cache that its caller chose for the attempt.
    pub aimed: u32,
    /// When the attempt under way was begun, where somebody measures that.
    pub begun: Time,
    /// What the last retry cost of the budget.
    pub paid: f64,
    /// The pause before the last retry (decorrelated jitter grows from it).
    pub(super) backoff: Span,
}

impl Default for Aside {
    fn default() -> Aside {
        Aside {
            twin: Handle::NONE,
            hedges: 0,
            place: NO_PLACE,
            aimed: ANY,
            begun: Time::ZERO,
            paid: 0.0,
            backoff: Span::ZERO,
        }
    }
}

/// Who wants it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Owner {
    /// A user, from the moment at which the request was due. A call that was not tried yet is a user who pauses before asking.
    User {
        client: u32,
        intended: Time,
        cell: u32,
        /// Requests in a row before this one that failed, for the same end.
        tried: u32,
        /// Its success opens a page.
        opens: bool,
    },
    /// A client of a herd that is connected: nothing is asked for until the session is lost.
    Session {
        client: u32,
    },
    Frame(Handle),
    /// A rebuild that several frames may wait for: (edge to the cache, key).
    Flight {
        edge: EdgeId,
        key: u32,
    },
    /// A call that this one is a hedge of.
    Twin(Handle),
    /// Nobody: a mirrored call.
    Nobody,
    /// A broker that hands out a message.
    Message {
        broker: u32,
        delivery: Handle,
    },
}

impl Owner {
    /// The broker and its delivery, if that is what it is.
    #[inline]
    pub fn message(self) -> Option<(u32, Handle)> {
        match self {
            Owner::Message { broker, delivery } => Some((broker, delivery)),
            _ => None,
        }
    }
}

/// Calls are many: what few of them need stands beside them.
const _: () = assert!(size_of::<Call>() <= 80);

impl Call {
    pub fn new(edge: EdgeId, owner: Owner, traits: Traits, sibling: Handle) -> Call {
        Call {
            edge,
            owner,
            attempt: 0,
            in_flight: false,
            stage: Stage::Direct,
            pass: Pass::Free,
            child: Handle::NONE,
            traits,
            sibling,
        }
    }
}
