//! Dice for brokers in the random Plans of `conservation`: one of the services becomes a broker, and some of those after it consume.

use super::conservation::Maker;
use crate::base::{EdgeId, ServiceId, Span};
use crate::plan::broker::{Acks, BrokerSpec, Consumer, Group, Keep, Redelivery, Replication};
use crate::plan::fixture::edge;
use crate::plan::{Edge, Effect, Party, Role, Service};

impl Maker {
    /// The consumers come after the broker, so that no message makes another one for ever.
    pub(super) fn broker(&mut self, services: &mut [Service], edges: &mut Vec<Edge>) {
        let count = services.len() as u32;
        let at = self.below(count);
        if !matches!(services[at as usize].role, Role::Plain) || !services[at as usize].program.iter().all(is_work) {
            return;
        }
        let mut spec = self.broker_spec();
        for consumer in at + 1..count {
            if self.dice.chance(0.7) {
                let id = EdgeId::from(edges.len());
                let name = format!("m{at}-{}", id.0);
                edges.push(Edge {
                    timeout: self.maybe(0.4, |m| m.ms(100)),
                    cancel: self.dice.chance(0.3),
                    latency: self.dist(),
                    ..edge(&name, Party::Service(ServiceId(at)), consumer)
                });
                let consumer = Consumer { edge: id, prefetch: self.maybe(0.5, |m| 1 + m.below(4)) };
                match self.dice.chance(0.5) && !spec.groups.is_empty() {
                    true => spec.groups[0].consumers.push(consumer),
                    false => spec.groups.push(Group { name, consumers: vec![consumer] }),
                }
            }
        }
        services[at as usize].role = Role::Broker(spec);
    }

    fn broker_spec(&mut self) -> BrokerSpec {
        BrokerSpec {
            partitions: 1 + self.below(4),
            by_key: self.dice.chance(0.5),
            ordered: self.dice.chance(0.5),
            redelivery: Redelivery { max: self.maybe(0.5, |m| 1 + m.below(4)), after: self.ms(50) },
            keep: Keep {
                messages: self.maybe(0.3, |m| u64::from(m.below(20))),
                bytes: self.maybe(0.3, |m| u64::from(m.below(20_000))),
                age: self.maybe(0.3, |m| m.ms(500)),
            },
            watermark: self.maybe(0.5, |m| u64::from(m.below(30_000))),
            replication: Replication {
                acks: self.pick(&[Acks::None, Acks::Leader, Acks::All]),
                min_in_sync: 1 + self.below(2),
                lag: self.pick(&[Span::ZERO, Span::from_millis(5)]),
                session: self.ms(300),
                lag_max: self.ms(300),
                election: self.pick(&[Span::ZERO, Span::from_millis(50)]),
                unclean: self.dice.chance(0.5),
            },
            ..BrokerSpec::plain("memory")
        }
    }

    pub(super) fn poison(&mut self) -> Effect {
        Effect::Poison { messages: u64::from(1 + self.below(20)), restart: self.maybe(0.5, |m| m.ms(300)) }
    }
}

fn is_work(op: &crate::plan::Op) -> bool {
    matches!(op, crate::plan::Op::Work(_))
}
