//! What begins and ends on an edge: effects, what they hold back, and the connections that they break.

use super::spoil::Spoiling;
use super::{Held, LinkFault, Only};
use crate::base::{EdgeId, ErrorKind, FaultId, Lot, Outcome, Time};
use crate::engine::call::Call;
use crate::engine::gate::Stage;
use crate::engine::reach::Reach;
use crate::engine::wire::Wire;
use crate::engine::{Engine, Soon};
use crate::plan::Effect;

impl<W: Wire> Engine<W> {
    /// An effect begins on an edge.
    pub(in crate::engine) fn begin_on_edge(&mut self, edge: EdgeId, fault: FaultId, effect: &Effect) {
        // The compiler refuses a toxic that has no meaning here.
        let modelled = if let Effect::Toxic(toxic) = effect { toxic.modelled() } else { None };
        let effect = modelled.as_ref().unwrap_or(effect);
        if let Effect::Packets(packets) = effect {
            return packets.on_messages().iter().for_each(|effect| self.begin_on_edge(edge, fault, effect));
        }
        let (effect, which) = effect.split();
        let spoiling = Spoiling::of(effect, edge, &self.plan);
        let name = format!("take/{}/{}", self.plan.faults[fault.index()].name, self.plan.edge(edge).name);
        let only = Only { share: which.share, place: Lot::named(self.plan.seed, &name) };
        let on = LinkFault { fault, effect: effect.clone(), only, free_at: [Time::ZERO; 2], spoiling };
        self.links[edge.index()].faults.push(on);
        let link = &mut self.links[edge.index()];
        link.is_plain = false;
        if let Effect::Certificate(_) = effect {
            link.reach = Some(Reach::distrust(link.reach.take(), fault));
        }
        self.look_at_edge(edge);
        if let Effect::Reset { chance } = effect {
            self.reset_in_flight(edge, fault, *chance, only);
        }
    }

    /// A fault's effects on an edge are healed; those of others stay.
    pub(in crate::engine) fn end_on_edge(&mut self, edge: EdgeId, fault: FaultId) {
        let link = &mut self.links[edge.index()];
        let mut ended = link.faults.iter().filter(|on| on.fault == fault);
        let loses = ended.find(|on| matches!(on.effect, Effect::Cut { lose: true, .. })).map(|on| on.only);
        link.faults.retain(|on| on.fault != fault);
        link.reach = link.reach.take().and_then(|reach| reach.trust(fault));
        link.look_anew();
        self.look_at_edge(edge);
        if let Some(only) = loses {
            let held = std::mem::take(&mut self.links[edge.index()].held);
            let stays = held.into_iter().filter(|message| {
                let (lot, attempt) = self.lot_of(message);
                !only.takes(lot, attempt)
            });
            self.links[edge.index()].held = stays.collect();
            self.reset_in_flight(edge, fault, 1.0, only);
        }
        self.let_go(edge);
    }

    /// Sends what was held and is not held by others.
    pub(in crate::engine) fn let_go(&mut self, edge: EdgeId) {
        let link = &mut self.links[edge.index()];
        if link.held.is_empty() {
            return;
        }
        let held = std::mem::take(&mut link.held);
        let (stays, goes): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|message| {
            let (lot, attempt) = self.lot_of(message);
            self.links[edge.index()].holds(message.direction(), lot, attempt)
        });
        self.links[edge.index()].held = stays;
        for message in goes {
            match message {
                Held::Request(message) => self.send_request(message),
                Held::Response(call, attempt, outcome) => self.send_reply(call, attempt, outcome),
            }
        }
    }

    /// Whose message it is; nobody's if the caller has gone.
    fn lot_of(&self, message: &Held) -> (Lot, u16) {
        match message {
            Held::Request(message) => (message.traits.lot, message.attempt),
            Held::Response(call, attempt, _) => {
                (self.edge_and_lot(*call, *attempt).map_or(Lot::NONE, |(_, lot)| lot), *attempt)
            }
        }
    }

    /// Breaks the connections of those attempts under way on an edge, each with this chance.
    fn reset_in_flight(&mut self, edge: EdgeId, fault: FaultId, chance: f64, only: Only) {
        self.break_idle(edge, chance * only.share);
        let is_connected = |call: &Call| call.in_flight && (call.stage.is_sent() || call.stage == Stage::Connecting);
        let connected = |call: &Call| is_connected(call) && only.takes(call.traits.lot, call.attempt);
        let of_edge = self.calls.iter().filter(|(_, call)| call.edge == edge && connected(call));
        let under_way: Vec<_> = of_edge.map(|(handle, call)| (handle, call.attempt)).collect();
        for (call, attempt) in under_way {
            if chance >= 1.0 || self.fault_dice[fault.index()].chance(chance) {
                self.recorder.touched(fault, "requests reset", 1);
                self.soon.push_back(Soon::Reply(call, attempt, Outcome::Failed(ErrorKind::Reset)));
            }
        }
    }
}
