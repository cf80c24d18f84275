//! Brokers as the engine runs them, on the side of the consumers: a message is a call of the broker to a replica that has room for it,
//! and the end of that call is the acknowledgement. Messages on which consumers fail are made here, too.

use super::broker::{Delivery, Settled};
use super::call::Owner;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{Engine, Event, Outcome, ServiceId};
use crate::base::{EdgeId, ErrorKind, FaultId, Span, Time};
use crate::plan::{Effect, Replicas};

impl<W: Wire> Engine<W> {
    /// Hands out messages as long as there are some and consumers have room for them.
    pub(super) fn hand_out(&mut self, index: usize) {
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        exchange.is_due = false;
        let Some(leader) = exchange.broker.copies.leader() else { return };
        let place = &self.nodes[index].replicas[leader as usize];
        if !place.down.is_empty() || !place.frozen.is_empty() {
            return;
        }
        for group in 0..self.nodes[index].exchange.as_ref().map_or(0, |exchange| exchange.held.len()) {
            while self.hand_out_one(index, group) {}
        }
    }

    fn hand_out_one(&mut self, index: usize, group: usize) -> bool {
        let Some((consumer, replica, edge)) = self.consumer_with_room(index, group) else { return false };
        let now = self.now;
        let Some(exchange) = &mut self.nodes[index].exchange else { return false };
        let dropped = exchange.broker.tally().dropped;
        let Some(delivery) = exchange.broker.hand_out(group as u32, consumer as u32, replica, now) else {
            return false;
        };
        exchange.held[group][consumer][replica as usize] += 1;
        let has_dropped = exchange.broker.tally().dropped > dropped;
        let message = exchange.broker.delivery(delivery).and_then(|delivery| exchange.broker.message(delivery.message));
        // Nobody waits for what is done later.
        let traits = message.map_or(Traits::of_key(0), |message| Traits { deadline: Time::MAX, ..message.traits });
        let owner = Owner::Message { broker: index as u32, delivery };
        let call = self.new_call(edge, owner, traits, Handle::NONE, 0);
        self.calls.beside_mut(call).aimed = replica;
        self.attempt(call);
        if has_dropped {
            self.broker_changed(index);
        }
        true
    }

    /// A consumer of the group, in turn, and a replica of it that may have another message.
    fn consumer_with_room(&mut self, index: usize, group: usize) -> Option<(usize, u32, EdgeId)> {
        let exchange = self.nodes[index].exchange.as_ref()?;
        let consumers = &exchange.broker.spec.groups[group].consumers;
        let places: u32 = consumers.iter().map(|consumer| self.active(consumer.edge)).sum();
        for step in 1..=places {
            let mut at = (exchange.turn as u32 + step) % places;
            for (number, consumer) in consumers.iter().enumerate() {
                let active = self.active(consumer.edge);
                if at >= active {
                    at -= active;
                    continue;
                }
                let service = self.plan.edge(consumer.edge).to;
                let most = consumer.prefetch.or(self.plan.service(service).workers).unwrap_or(1);
                let held = exchange.held[group][number].get(at as usize).copied().unwrap_or(0);
                let place = &self.nodes[service.index()].replicas[at as usize];
                if held < most && place.down.is_empty() && place.frozen.is_empty() {
                    let found = (number, at, consumer.edge);
                    let exchange = self.nodes[index].exchange.as_mut()?;
                    exchange.turn = (exchange.turn + step as usize) % places as usize;
                    let held = &mut exchange.held[group][number];
                    held.resize(held.len().max(at as usize + 1), 0);
                    return Some(found);
                }
                break;
            }
        }
        None
    }

    fn active(&self, edge: EdgeId) -> u32 {
        self.nodes[self.plan.edge(edge).to.index()].active
    }

    /// A consumer is through with a message: the broker's call to it has ended.
    pub(super) fn delivery_ended(&mut self, index: usize, delivery: Handle, outcome: Outcome) {
        let Some(exchange) = &mut self.nodes[index].exchange else { return };
        let Some(Delivery { group, consumer, replica, .. }) = exchange.broker.delivery(delivery) else { return };
        exchange.held[group as usize][consumer as usize][replica as usize] -= 1;
        if let Some(Settled::Again(pause)) = exchange.broker.settle(delivery, !outcome.is_failure()) {
            self.queue.push(self.now + pause, Event::ComeAgain(index as u32, delivery));
        }
        self.broker_changed(index);
    }

    pub(super) fn come_again(&mut self, index: usize, delivery: Handle) {
        if let Some(exchange) = &mut self.nodes[index].exchange {
            exchange.broker.come_again(delivery);
            self.broker_changed(index);
        }
    }

    /// A message reaches a replica of its consumer.
    pub(super) fn enter_with_message(&mut self, frame: Handle, index: usize, replica: u32, from: (u32, Handle)) {
        let poison = self.poison_of(from);
        if let Some((fault, restart)) = poison {
            self.recorder.touched(fault, "deliveries that failed", 1);
            if let (None, Some(this)) = (restart, self.frames.get_mut(frame)) {
                this.failed = Some(ErrorKind::Error);
            }
        }
        self.enter(frame, index, replica);
        if let Some((fault, Some(restart))) = poison {
            let one = Replicas { from: replica, to: replica + 1, step: 1 };
            self.go_down(ServiceId::from(index), one, fault);
            self.queue.push(self.now + restart, Event::Revive(index as u32, replica, fault));
        }
    }

    /// The fault that made a message such that consumers fail on it, if that fault lasts.
    fn poison_of(&self, (broker, delivery): (u32, Handle)) -> Option<(FaultId, Option<Span>)> {
        let exchange = self.nodes[broker as usize].exchange.as_ref()?;
        let message = exchange.broker.message(exchange.broker.delivery(delivery)?.message)?;
        let poison = exchange.poisons.iter().find(|poison| message.poison == Some(poison.fault))?;
        Some((poison.fault, poison.restart))
    }

    /// A consumer that died of a message is started again.
    pub(super) fn revive(&mut self, index: usize, replica: u32, fault: FaultId) {
        let one = Replicas { from: replica, to: replica + 1, step: 1 };
        self.end_on_service(ServiceId::from(index), one, fault, &Effect::Down);
    }

    /// Consumers, or a broker itself, may have room again that they had not.
    pub(super) fn all_hand_out(&mut self) {
        for at in 0..self.memories.len() {
            for broker in 0..self.memories[at].brokers.len() {
                self.broker_changed(self.memories[at].brokers[broker].index());
            }
        }
    }
}
