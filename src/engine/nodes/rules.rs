//! How a service works beside keeping workers busy, read out of the Plan once.

use crate::base::Span;
use crate::plan::{Batch, CoDel, Efficiency, Op, Queue, Service, WarmUp};

/// What a queue does beside putting requests in order.
#[derive(Clone, Copy, Debug)]
pub struct QueueRules {
    pub capacity: Option<u32>,
    pub codel: Option<CoDel>,
    pub drop_expired: bool,
    pub overflow_oldest: bool,
}

/// How work differs from keeping a worker busy for as long as was drawn.
#[derive(Clone, Debug, Default)]
pub struct WorkRules {
    /// Something here is set.
    pub any: bool,
    pub on_cores: bool,
    pub efficiency: Option<Efficiency>,
    pub warm_up: Option<WarmUp>,
    pub reject_cost: Option<Span>,
    pub batch: Option<Batch>,
    pub takes_locks: bool,
    pub ledger: bool,
}

impl QueueRules {
    pub fn new(queue: &Queue) -> QueueRules {
        QueueRules {
            capacity: queue.capacity,
            codel: queue.codel,
            drop_expired: queue.drop_expired,
            overflow_oldest: queue.overflow_oldest,
        }
    }
}

/// Nobody counts the workers.
pub const UNLIMITED: u64 = u64::MAX;

/// How many workers or cores the replicas of a service have together.
pub fn room(service: &Service) -> u64 {
    service.slots().map_or(UNLIMITED, |slots| u64::from(slots) * u64::from(service.replicas))
}

impl WorkRules {
    pub fn new(service: &Service) -> WorkRules {
        let working = &service.working;
        let on_cores = working.cores.is_some() || working.efficiency.is_some();
        let takes_locks = service.program.iter().any(|op| matches!(op, Op::Lock { .. }));
        WorkRules {
            any: on_cores
                || takes_locks
                || working.warm_up.is_some()
                || working.batch.is_some()
                || working.reject_cost.is_some()
                || working.ledger,
            on_cores,
            efficiency: working.efficiency.clone(),
            warm_up: working.warm_up,
            reject_cost: working.reject_cost,
            batch: working.batch,
            takes_locks,
            ledger: working.ledger,
        }
    }
}
