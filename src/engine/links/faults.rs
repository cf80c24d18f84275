//! What begins and ends on an edge: effects, what they hold back, and the connections that they break.

use super::spoil::Spoiling;
use super::{Held, LinkFault};
use crate::base::{EdgeId, ErrorKind, FaultId, Outcome, Time};
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
        let spoiling = Spoiling::of(effect, edge, &self.plan);
        let on = LinkFault { fault, effect: effect.clone(), free_at: [Time::ZERO; 2], spoiling };
        self.links[edge.index()].faults.push(on);
        let link = &mut self.links[edge.index()];
        link.is_plain = false;
        if let Effect::Certificate(_) = effect {
            link.reach = Some(Reach::distrust(link.reach.take(), fault));
        }
        self.look_at_edge(edge);
        if let Effect::Reset { chance } = effect {
            self.reset_in_flight(edge, fault, *chance);
        }
    }

    /// A fault's effects on an edge are healed; those of others stay.
    pub(in crate::engine) fn end_on_edge(&mut self, edge: EdgeId, fault: FaultId) {
        let link = &mut self.links[edge.index()];
        let loses =
            link.faults.iter().any(|on| on.fault == fault && matches!(on.effect, Effect::Cut { lose: true, .. }));
        link.faults.retain(|on| on.fault != fault);
        link.reach = link.reach.take().and_then(|reach| reach.trust(fault));
        link.look_anew();
        self.look_at_edge(edge);
        let link = &mut self.links[edge.index()];
        if loses {
            link.held.clear();
            return self.reset_in_flight(edge, fault, 1.0);
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
        let (stays, goes) = held.into_iter().partition(|message| link.holds(message.direction()));
        link.held = stays;
        let goes: Vec<Held> = goes;
        for message in goes {
            match message {
                Held::Request(message) => self.send_request(message),
                Held::Response(call, attempt, outcome) => self.send_reply(call, attempt, outcome),
            }
        }
    }

    /// Breaks the connections of the attempts under way on an edge, each with this chance.
    fn reset_in_flight(&mut self, edge: EdgeId, fault: FaultId, chance: f64) {
        self.break_idle(edge, chance);
        let connected = |call: &Call| call.in_flight && (call.stage.is_sent() || call.stage == Stage::Connecting);
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
