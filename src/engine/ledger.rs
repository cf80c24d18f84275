//! Counts what a service has done, by key: what must be done once for each key and was done again is seen here, and by nobody who only sees
//! successes. It decides nothing.

use crate::base::{MeterId, ServiceId};
use crate::engine::Engine;
use crate::engine::slab::Handle;
use crate::engine::wire::Wire;
use crate::plan::Plan;
use crate::plan::expectation::Subject;
use std::collections::BTreeMap;

pub struct Ledger {
    /// How often each key was served.
    done: BTreeMap<u32, u32>,
    most: u32,
    duplicates_meter: MeterId,
    effects_meter: MeterId,
}

impl Ledger {
    /// For a service that keeps one at some time of the run.
    pub fn of(id: ServiceId, plan: &Plan) -> Option<Box<Ledger>> {
        let of = Subject::Service(id.0);
        let (duplicates_meter, effects_meter) = (plan.meter(of, "duplicates"), plan.meter(of, "effects"));
        let is_kept = plan.meters.iter().any(|meter| meter.of == of && meter.name == "duplicates");
        is_kept.then(|| Box::new(Ledger { done: BTreeMap::new(), most: 0, duplicates_meter, effects_meter }))
    }

    /// How often this key has been served now.
    fn enter(&mut self, key: u32) -> u32 {
        let times = self.done.entry(key).or_default();
        *times += 1;
        self.most = self.most.max(*times);
        *times
    }
}

impl<W: Wire> Engine<W> {
    /// A request has been served, whether or not anybody still waits for the answer.
    pub(super) fn enter_effect(&mut self, frame: Handle, index: usize) {
        let Some(key) = self.frames.get(frame).filter(|frame| frame.is_request()).map(|frame| frame.traits.key) else {
            return;
        };
        let node = &mut self.nodes[index];
        let Some(ledger) = node.ledger.as_mut().filter(|_| node.working.ledger) else { return };
        let again = ledger.enter(key) > 1;
        self.meters.count(ledger.duplicates_meter, u64::from(again));
        self.meters.set(ledger.effects_meter, self.now, f64::from(ledger.most));
    }
}
