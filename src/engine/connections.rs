//! How many connections a service has accepted, from all pools that lead to it. It opens and closes none.

use super::slab::Handle;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome, Soon};
use crate::base::ErrorKind;

impl<W: Wire> Engine<W> {
    /// Turns an attempt away that needs one more connection than the called service accepts. `true`: it was turned away.
    pub(super) fn is_one_too_many(&mut self, handle: Handle, attempt: u16, edge: EdgeId) -> bool {
        let to = self.links[edge.index()].to;
        let Some(each) = self.plan.service(to).connections.filter(|_| !W::CARRIES) else { return false };
        let pools = self.links.iter().filter(|link| link.to == to).filter_map(|link| link.gate.as_ref());
        let open: u64 = pools.filter_map(|gate| gate.connections.as_ref()).map(|pool| pool.open(self.now)).sum();
        // The place that it is to be opened for is in use already.
        if open <= u64::from(each) * u64::from(self.nodes[to.index()].active) {
            return false;
        }
        self.soon.push_back(Soon::Reply(handle, attempt, Outcome::Failed(ErrorKind::NoConnection)));
        true
    }
}
