//! The time that workers were there and busy, and that requests waited or were inside: integrals that are brought up to now before they are read.

use super::{Node, UNLIMITED};
use crate::base::Time;

impl Node {
    /// Brings the time integrals up to `now`.
    pub fn account(&mut self, now: Time) {
        self.count_workers(now);
        let (busy_s, busy_cores_s) = (self.busy.close(now), self.busy_cores.close(now));
        self.cell.busy_s += if self.cores.is_some() { busy_cores_s } else { busy_s };
        self.cell.queue_s += self.queued.close(now);
        self.cell.inflight_s += self.inside.close(now);
    }

    /// Counts the time of workers up to `now`. One that was taken away is there as long as it is busy, so this is called before more
    /// are busy than there are, and while they are.
    pub(super) fn count_workers(&mut self, now: Time) {
        let used = if self.cores.is_some() { self.busy_cores } else { self.busy };
        if self.room != UNLIMITED {
            let there = self.room.max(used.count());
            self.cell.workers_s += there as f64 * now.since(self.counted).as_secs_f64();
        }
        self.counted = now;
    }
}
