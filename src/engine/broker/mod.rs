//! A message broker as a pure state machine: what it holds, who is given which message next, and what becomes of it.
//!
//! Every group has every message: it waits in a line of its partition, is out with a consumer, and is finished with, comes again, is a
//! dead letter, or is dropped or lost before that. A message is held as long as a group has not finished with it. Of every message that
//! was taken in, each group can say where it is. It never looks at requests and never draws.

mod copies;
mod group;
#[cfg(test)]
mod tests;

use super::slab::{Handle, Slab};
use super::traits::Traits;
use crate::base::{FaultId, Span, Time};
use crate::plan::broker::BrokerSpec;
pub use copies::{Change, Copies, Standing};
pub use group::{Group, Tally};

pub struct Broker {
    pub spec: BrokerSpec,
    pub copies: Copies,
    groups: Vec<Group>,
    messages: Slab<Message>,
    deliveries: Slab<Delivery>,
    /// Bytes of all messages held.
    bytes: u64,
    turn: u32,
}

/// A message that some group has not finished with.
#[derive(Clone, Debug)]
pub struct Message {
    /// Counts messages of the broker, from 1.
    pub position: u64,
    pub taken_in: Time,
    pub bytes: u64,
    pub partition: u32,
    pub traits: Traits,
    pub poison: Option<FaultId>,
    /// Its publisher was told that it is taken in.
    acked: bool,
    /// Groups that have not finished with it.
    groups: u32,
}

/// A message that is out with a consumer, or that waits to come again.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub message: Handle,
    pub group: u32,
    pub consumer: u32,
    pub replica: u32,
    /// How many times the message was delivered, this time included.
    pub number: u32,
    /// The consumer failed; it waits to come again.
    pub is_back: bool,
}

/// What becomes of a message that a consumer is through with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    Done,
    Dead,
    /// It comes again after this pause: `come_again`.
    Again(Span),
}

impl Broker {
    pub fn new(spec: &BrokerSpec, copies: u32) -> Broker {
        // Without a group messages are kept all the same, for one that never comes.
        let groups = (0..spec.groups.len().max(1)).map(|_| Group::new(spec.partitions)).collect();
        Broker {
            copies: Copies::new(spec.replication, copies),
            groups,
            messages: Slab::default(),
            deliveries: Slab::default(),
            bytes: 0,
            turn: 0,
            spec: spec.clone(),
        }
    }

    /// From now on by these rules; groups and partitions stay what they are.
    pub fn reconfigure(&mut self, spec: &BrokerSpec, now: Time) {
        self.spec = BrokerSpec { partitions: self.spec.partitions, groups: spec.groups.clone(), ..spec.clone() };
        self.copies.reconfigure(spec.replication);
        self.drop_old(now);
    }

    #[cfg(test)]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn delivery(&self, delivery: Handle) -> Option<Delivery> {
        self.deliveries.get(delivery).copied()
    }

    pub fn message(&self, message: Handle) -> Option<&Message> {
        self.messages.get(message)
    }

    #[cfg(test)]
    /// Deliveries of a group that have not ended, or wait to come again.
    pub fn out(&self, group: usize) -> u64 {
        self.deliveries.iter().filter(|(_, delivery)| delivery.group as usize == group).count() as u64
    }

    /// Takes a message in.
    pub fn take_in(&mut self, traits: Traits, bytes: u64, poison: Option<FaultId>, now: Time) -> Handle {
        let partition = self.partition(traits.key);
        let position = self.copies.append(now);
        let groups = self.groups.len() as u32;
        let acked = self.copies.acks_at_once();
        let message = Message { position, taken_in: now, bytes, partition, traits, poison, acked, groups };
        let handle = self.messages.insert(message);
        self.bytes += bytes;
        self.groups.iter_mut().for_each(|group| group.take_in(handle, partition, position, bytes));
        self.drop_old(now);
        handle
    }

    /// By key, or in turn where there are no keys.
    fn partition(&mut self, key: u32) -> u32 {
        let partitions = self.spec.partitions;
        if partitions == 1 {
            return 0;
        }
        if !self.spec.by_key {
            self.turn = (self.turn + 1) % partitions;
            return self.turn;
        }
        // Fibonacci hashing: neighbouring keys are spread.
        ((u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % u64::from(partitions)) as u32
    }

    /// The next message for a replica of a consumer.
    pub fn hand_out(&mut self, group: u32, consumer: u32, replica: u32, now: Time) -> Option<Handle> {
        self.drop_old(now);
        let committed = self.copies.committed(now);
        let (message, number) = self.groups[group as usize].next(self.spec.ordered, committed, &self.messages)?;
        Some(self.deliveries.insert(Delivery { message, group, consumer, replica, number, is_back: false }))
    }

    /// A consumer is through with a message.
    pub fn settle(&mut self, delivery: Handle, ok: bool) -> Option<Settled> {
        let Delivery { message, group, number, .. } = self.delivery(delivery)?;
        let redelivery = self.spec.redelivery;
        let is_dead = !ok && redelivery.max.is_some_and(|max| number >= max);
        if !ok && !is_dead {
            self.groups[group as usize].tally.again += 1;
            self.deliveries.get_mut(delivery).expect("it was found").is_back = true;
            return Some(Settled::Again(redelivery.after));
        }
        self.deliveries.remove(delivery);
        let partition = self.messages.get(message)?.partition;
        let of = &mut self.groups[group as usize];
        of.back_from(partition);
        let count = if ok { &mut of.tally.done } else { &mut of.tally.dead };
        *count += 1;
        self.finish(message);
        Some(if ok { Settled::Done } else { Settled::Dead })
    }

    /// The pause before a message comes again is over.
    pub fn come_again(&mut self, delivery: Handle) {
        let Some(Delivery { message, group, number, .. }) = self.delivery(delivery) else { return };
        self.deliveries.remove(delivery);
        let Some(of) = self.messages.get(message) else { return };
        self.groups[group as usize].come_again(message, of, number);
    }

    /// One group has finished with a message.
    fn finish(&mut self, message: Handle) {
        let Some(this) = self.messages.get_mut(message) else { return };
        this.groups -= 1;
        if this.groups == 0 {
            self.bytes -= this.bytes;
            self.messages.remove(message);
        }
    }

    /// Drops what is not to be kept any longer.
    pub fn drop_old(&mut self, now: Time) {
        let keep = self.spec.keep;
        if keep.messages.is_none() && keep.bytes.is_none() && keep.age.is_none() {
            return;
        }
        for index in 0..self.groups.len() {
            while let Some((_, taken_in)) = self.groups[index].oldest(&self.messages) {
                let group = &self.groups[index];
                let too_many = keep.messages.is_some_and(|most| group.waiting() > most);
                let too_large = keep.bytes.is_some_and(|most| group.waiting_bytes() > most);
                let too_old = keep.age.is_some_and(|age| taken_in + age <= now);
                if !(too_many || too_large || too_old) {
                    break;
                }
                let Some(message) = self.groups[index].drop_oldest(&self.messages) else { break };
                self.finish(message);
            }
        }
    }

    /// The publisher of a message is told that it is taken in.
    pub fn acknowledged(&mut self, message: Handle) {
        if let Some(message) = self.messages.get_mut(message) {
            message.acked = true;
        }
    }

    /// Takes the messages after a position out of every line: no copy that may lead has them.
    pub fn lose_after(&mut self, position: u64) {
        for index in 0..self.groups.len() {
            for message in self.groups[index].lose_after(position, &self.messages) {
                self.finish(message);
            }
        }
    }

    /// Messages that the group furthest behind has not finished with.
    pub fn backlog(&self) -> u64 {
        self.groups.iter().map(Group::backlog).max().unwrap_or(0)
    }

    /// How long the oldest message that waits has been here.
    pub fn age(&self, now: Time) -> Span {
        let oldest = self.groups.iter().filter_map(|group| group.oldest(&self.messages)).map(|(_, at)| at).min();
        oldest.map_or(Span::ZERO, |at| now.since(at))
    }

    /// Over all groups.
    pub fn tally(&self) -> Tally {
        self.groups.iter().fold(Tally::default(), |sum, group| sum.and(group.tally))
    }
}
