//! What a world that carries messages itself tells the engine: answers, requests at stand-ins, and what was seen of real services.
//! Each input happens at the engine's present; bring it there with `catch_up` first. Nothing here knows how messages travel.

use super::call::Owner;
use super::frame::Origin;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::{Token, Wire};
use super::{EdgeId, Engine, Outcome, ServiceId};
use crate::base::{ClientId, ErrorKind, FaultId, Lot, Span};
use crate::plan::expectation::Subject;

/// A request that reached a stand-in.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    pub service: ServiceId,
    /// The attempt that it belongs to, as far as the caller is one of ours: the edge, the call, the attempt's number.
    pub from: Option<(EdgeId, Handle, u16)>,
    pub traits: Traits,
    pub token: Token,
}

impl<W: Wire> Engine<W> {
    /// The answer to an attempt is here. `took` is how long the carrier waited for it.
    pub fn answered(&mut self, call: Handle, attempt: u16, outcome: Outcome, took: Span) {
        if let Some(edge) = self.edge_of(call, attempt).filter(|_| !outcome.is_failure()) {
            let to = self.plan.edge(edge).to;
            if self.wire.is_real(to) {
                self.nodes[to.index()].cell.latency.record(took);
            }
        }
        self.reply_arrived(call, attempt, outcome);
        self.settle();
    }

    /// An attempt that never left, because the machine had no room for it: it counts as refused, and as not sent.
    pub fn not_sent(&mut self, call: Handle, attempt: u16) {
        if let Some(Owner::User { client, cell, .. }) = self.calls.get(call).map(|call| call.owner)
            && attempt == 1
        {
            let cell = &mut self.recorder.clients[ClientId(client).index()][cell as usize];
            cell.sent = cell.sent.saturating_sub(1);
        }
        self.reply_arrived(call, attempt, Outcome::Failed(ErrorKind::Refused));
        self.settle();
    }

    /// A request reached a stand-in; `Wire::respond` answers it.
    pub fn requested(&mut self, arrived: Arrived) {
        let Arrived { service, from, mut traits, token } = arrived;
        if traits.lot == Lot::NONE {
            traits.lot = Lot(self.nodes[service.index()].strangers.bits());
        }
        let (parent, attempt) = from.map_or((Handle::NONE, 0), |(_, call, attempt)| (call, attempt));
        // A caller in another process has no name here: whether it still waits, its connection says.
        let cancelled = from.is_some_and(|(edge, call, _)| {
            !call.is_none() && self.plan.edge(edge).cancel && self.edge_of(call, attempt).is_none()
        });
        match cancelled {
            true => self.wire.respond(token, Outcome::Failed(ErrorKind::Timeout)),
            false => self.arrive(service, Origin { parent, attempt, traits, token: Some(token) }),
        }
        self.settle();
    }

    /// A fault was seen to do something outside the engine.
    pub fn touched(&mut self, fault: FaultId, what: &str, count: u64) {
        self.recorder.touched(fault, what, count);
    }

    /// A reading of the bytes in use on a real service's volume.
    pub fn read_used(&mut self, service: ServiceId, bytes: u64) {
        self.nodes[service.index()].used_outside = Some(bytes);
    }

    /// So many writes that a real service had acknowledged are not there any more.
    pub fn read_lost(&mut self, service: ServiceId, count: u64) {
        let meter = self.plan.meter(Subject::Service(service.0), "lost");
        self.meters.count(meter, count);
    }

    /// A request left for a real service. What happens inside it is not seen, so its callers' view is recorded.
    pub(super) fn left_for_real(&mut self, to: ServiceId) {
        if self.wire.is_real(to) {
            let node = &mut self.nodes[to.index()];
            node.cell.arrived += 1;
            node.change_inside(self.now, 1);
        }
    }

    /// An attempt at a real service is over for its caller.
    pub(super) fn back_from_real(&mut self, edge: EdgeId, outcome: Outcome) {
        let edge = self.plan.edge(edge);
        if !self.wire.is_real(edge.to) {
            return;
        }
        let cache = matches!(self.plan.service(edge.to).role, crate::plan::Role::Cache(_));
        let node = &mut self.nodes[edge.to.index()];
        node.change_inside(self.now, -1);
        match outcome {
            Outcome::Failed(_) => node.cell.failed += 1,
            Outcome::Ok | Outcome::Miss => {
                node.cell.completed += 1;
                node.cell.hits += u64::from(cache && outcome == Outcome::Ok);
                node.cell.misses += u64::from(outcome == Outcome::Miss);
            }
        }
    }
}
