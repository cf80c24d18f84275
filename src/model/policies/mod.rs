//! Policies of callers and of queues, one file each.

pub mod call;
pub mod miss;
pub mod pool;
pub mod queue;
pub mod reload;
pub mod retries;

use super::Page;

/// Every policy, in the order of the manual.
pub static PAGES: &[Page] = &[call::PAGE, retries::PAGE, miss::PAGE, pool::PAGE, queue::PAGE, reload::PAGE];
