//! Policies of callers and of queues, one file each.

pub mod balance;
pub mod call;
pub mod eject;
pub mod health;
pub mod miss;
pub mod outliers;
pub mod pool;
pub mod queue;
pub mod reload;
pub mod retries;

use super::Page;

/// Every policy, in the order of the manual.
pub static PAGES: &[Page] = &[
    call::PAGE,
    retries::PAGE,
    miss::PAGE,
    eject::PAGE,
    pool::PAGE,
    queue::PAGE,
    balance::PAGE,
    health::PAGE,
    outliers::PAGE,
    reload::PAGE,
];
