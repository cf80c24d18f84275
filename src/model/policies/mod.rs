//! Policies of callers and of queues, one file each.

pub mod balance;
pub mod batch;
pub mod breaker;
pub mod budget;
pub mod bulkhead;
pub mod call;
pub mod class;
pub mod connect;
pub mod connections;
pub mod consumes;
pub mod cores;
pub mod deadline;
pub mod dns;
pub mod efficiency;
pub mod eject;
pub mod fallback;
pub mod health;
pub mod hedge;
pub mod lanes;
pub mod ledger;
pub mod limit;
pub mod lock;
pub mod mirror;
pub mod miss;
pub mod outliers;
pub mod parallel;
pub mod pool;
pub mod queue;
pub mod rate_limit;
pub mod reject_cost;
pub mod reload;
pub mod retries;
pub mod shed;
pub mod throttle;
pub mod tls;
pub mod versions;
pub mod volume;
pub mod warm_up;
pub mod work;

use super::Page;
use crate::plan::Guard;
use crate::scenario::Fields;

/// Every policy, in the order of the manual.
pub static PAGES: &[Page] = &[
    call::PAGE,
    deadline::PAGE,
    consumes::PAGE,
    retries::PAGE,
    budget::PAGE,
    miss::PAGE,
    eject::PAGE,
    hedge::PAGE,
    bulkhead::PAGE,
    pool::PAGE,
    dns::PAGE,
    tls::PAGE,
    breaker::PAGE,
    throttle::PAGE,
    limit::PAGE,
    rate_limit::PAGE,
    shed::PAGE,
    connect::PAGE,
    fallback::PAGE,
    mirror::PAGE,
    parallel::PAGE,
    work::PAGE,
    queue::PAGE,
    balance::PAGE,
    health::PAGE,
    outliers::PAGE,
    class::PAGE,
    lanes::PAGE,
    cores::PAGE,
    efficiency::PAGE,
    warm_up::PAGE,
    reject_cost::PAGE,
    ledger::PAGE,
    connections::PAGE,
    batch::PAGE,
    lock::PAGE,
    versions::PAGE,
    volume::PAGE,
    reload::PAGE,
];

/// The guards of a call, in the order in which they are asked: those that say no without asking others come first.
pub fn guards_of_call(fields: &Fields) -> Vec<Guard> {
    let diags = fields.diags();
    let breaker = fields.node("breaker").and_then(|node| breaker::read(node, diags)).map(Guard::Breaker);
    let throttle = fields.node("throttle").and_then(|node| throttle::read(node, diags)).map(Guard::Throttle);
    let first = breaker.into_iter().chain(throttle);
    first.chain(rate_limits_of(fields)).chain(limit_of(fields)).collect()
}

/// The guards of a service, in the order in which they are asked.
pub fn guards_of_service(fields: &Fields) -> Vec<Guard> {
    let shed = fields.node("shed").and_then(|node| shed::read(node, fields.diags())).map(Guard::Shed);
    rate_limits_of(fields).into_iter().chain(shed).chain(limit_of(fields)).collect()
}

fn rate_limits_of(fields: &Fields) -> Vec<Guard> {
    let limits = fields.node("rate_limit").map(|node| rate_limit::read(node, fields.diags()));
    limits.unwrap_or_default().into_iter().map(Guard::Rate).collect()
}

fn limit_of(fields: &Fields) -> Option<Guard> {
    fields.node("limit").and_then(|node| limit::read(node, fields.diags())).map(Guard::Limit)
}
