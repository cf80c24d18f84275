//! Queues that share their memory, one of which can fill it.
//!
//! What it sees: brokers of one `memory` with a watermark above which all publishers wait, where one of them keeps whatever is not consumed, and
//! would fill the memory within the run if its consumer stopped.
//!
//! The arithmetic: watermark / (messages a second x their bytes) is how long that takes. From then on every publisher of every queue of that memory is blocked, without an
//! error, and checks of the port are green.
//!
//! The fix: a bound on what a queue keeps (`keep: {messages: …}`), a memory of its own, a timeout at publishers, and a probe from end to end. It would have caught
//! `broker-green-publishers-blocked` (400 MB after 391 s). Source: RabbitMQ, memory alarms.
//!
//! ```yaml
//! name: shared-watermark-hazard
//! length: 300s
//! clients:
//!   to-a: {calls: {to: a, timeout: 1s, request: 20KiB}, rate: 50/s}
//!   to-b: {calls: {to: b, timeout: 1s, request: 1KiB}, rate: 5/s}
//! services:
//!   a: {kind: broker, memory: shared, watermark: 100MB, redelivery: {max: 5}}
//!   b: {kind: broker, memory: shared, watermark: 100MB, redelivery: {max: 5}}
//!   of-a: {consumes: a, workers: 10, work: 50ms}
//!   of-b: {consumes: b, workers: 1, work: 50ms}
//! expect:
//!   - success(to-b) >= 99%
//! variants:
//!   fixed: {title: A bounded queue, set: {services.a.keep: {messages: 2000}}}
//! ```

use crate::base::{ServiceId, Time};
use crate::hazards::{Finding, Review, Rule, structure, words};
use crate::plan::broker::BrokerSpec;
use crate::plan::{Part, Role};

pub static RULE: Rule = Rule { code: "hazard/shared-watermark", page: include_str!("shared_watermark.rs"), find };

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let brokers: Vec<(ServiceId, &BrokerSpec)> = structure::services(plan)
        .filter_map(|id| if let Role::Broker(spec) = &plan.service(id).role { Some((id, spec)) } else { None })
        .collect();
    let mut found = Vec::new();
    for (id, spec) in &brokers {
        let others: Vec<&str> = brokers
            .iter()
            .filter(|(other, of)| other != id && of.memory == spec.memory)
            .map(|(other, _)| plan.service(*other).name.as_str())
            .collect();
        let Some(watermark) = spec.watermark.filter(|_| !others.is_empty()) else { continue };
        let bytes: f64 =
            review.wires.inbound(*id).map(|(edge, one)| review.flow.edge(edge) * one.request_bytes as f64).sum();
        let fills = watermark as f64 / bytes;
        if spec.keep.messages.is_some()
            || spec.keep.bytes.is_some()
            || fills > plan.length.since(Time::ZERO).as_secs_f64()
        {
            continue;
        }
        let name = &plan.service(*id).name;
        let message = format!(
            "without its consumer {name} fills the memory `{}` in {}, and publishers of {} wait with those of {name}",
            spec.memory,
            words::time(fills),
            structure::listed(others)
        );
        let help = format!("`keep` a bounded number of messages in {name}, or give it a `memory` of its own");
        found.push(Finding::at(Part::Service(*id), message, help));
    }
    found
}
