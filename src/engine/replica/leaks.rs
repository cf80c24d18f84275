//! Leaks: replicas that lose workers or speed bit by bit. What one has lost is its own, and comes back when it is started anew.

use crate::base::{FaultId, ServiceId};
use crate::engine::troubles::Trouble;
use crate::engine::wire::Wire;
use crate::engine::{Engine, Soon};
use crate::plan::{Leak, Only, Replicas};

/// What one replica has lost to one fault.
#[derive(Clone, Copy, Debug)]
pub struct Leaked {
    fault: FaultId,
    replica: u32,
    workers: u32,
    growth: f64,
}

impl<W: Wire> Engine<W> {
    /// Each of these replicas that runs loses another piece.
    pub(in crate::engine) fn leak(&mut self, id: ServiceId, replicas: Replicas, fault: FaultId, what: Leak) {
        let index = id.index();
        self.nodes[index].account(self.now);
        for replica in replicas.of(self.nodes[index].replicas.len() as u32) {
            if self.nodes[index].replicas[replica as usize].down.is_empty() {
                let lost = self.leak_at(index, replica, fault, what);
                self.recorder.touched(fault, "pieces leaked", u64::from(lost));
            }
        }
        self.retune_all(index);
    }

    fn leak_at(&mut self, index: usize, replica: u32, fault: FaultId, what: Leak) -> bool {
        let node = &mut self.nodes[index];
        let left = node.workers().map(|workers| workers.saturating_sub(node.replicas[replica as usize].leaked));
        let found = node.leaks.iter().position(|leaked| leaked.fault == fault && leaked.replica == replica);
        let at = found.unwrap_or_else(|| {
            node.leaks.push(Leaked { fault, replica, workers: 0, growth: 0.0 });
            node.leaks.len() - 1
        });
        let leaked = &mut node.leaks[at];
        match what {
            Leak::Worker { least } if left.is_none_or(|left| left <= least) => return false,
            Leak::Worker { .. } => {
                leaked.workers += 1;
                node.replicas[replica as usize].leaked += 1;
                node.leaked += 1;
                node.less_leaks();
            }
            Leak::Speed { growth } => {
                leaked.growth += growth;
                let factor = 1.0 + leaked.growth;
                let one = Replicas { from: replica, to: replica + 1, step: 1 };
                node.slow.retain(|it| !it.is_of(fault, one));
                node.slow.push(Trouble { fault, replicas: one, only: Only::ALL, how: factor });
            }
        }
        true
    }

    /// A fault is over: what it took is back.
    pub(in crate::engine) fn end_leak(&mut self, id: ServiceId, fault: FaultId) {
        self.give_back(id, |leaked| leaked.fault == fault);
    }

    /// A replica was started anew, and has all that it had at first.
    pub(in crate::engine) fn end_leaks_of(&mut self, id: ServiceId, replica: u32) {
        self.give_back(id, |leaked| leaked.replica == replica);
    }

    fn give_back(&mut self, id: ServiceId, is_over: impl Fn(&Leaked) -> bool) {
        let node = &mut self.nodes[id.index()];
        if node.leaks.is_empty() {
            return;
        }
        node.account(self.now);
        let (over, left): (Vec<Leaked>, Vec<Leaked>) = node.leaks.iter().partition(|leaked| is_over(leaked));
        node.leaks = left;
        for Leaked { fault, replica, workers, .. } in over {
            node.replicas[replica as usize].leaked -= workers;
            node.leaked -= u64::from(workers);
            node.less_leaks();
            let one = Replicas { from: replica, to: replica + 1, step: 1 };
            node.slow.retain(|it| !it.is_of(fault, one));
            self.soon.push_back(Soon::TakeNext(id, replica));
        }
        self.retune_all(id.index());
    }
}
