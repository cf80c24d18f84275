//! The space of a volume as a pure state machine: bytes come with writes and with time, become garbage, and are freed at a rate.
//!
//! Between writes everything moves in straight lines, so a volume is brought forward only when somebody looks at it, from one bend of
//! these lines to the next. What was added at about the same time becomes garbage at once (within 1/64 of the delay). It
//! knows nothing of requests and never draws.

use crate::base::{FaultId, Span, Time};
use crate::plan::VolumeSpec;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub struct Volume {
    spec: VolumeSpec,
    size: f64,
    /// Everything below is as it was at this moment.
    at: Time,
    data: f64,
    /// Bytes of `data` that may be freed now.
    garbage: f64,
    ripening: VecDeque<Batch>,
    ballast: Vec<(FaultId, u64)>,
    is_read_only: bool,
}

/// What was added within a short time, and will be garbage at one moment.
#[derive(Clone, Copy, Debug)]
struct Batch {
    closes: Time,
    ripe: Time,
    bytes: f64,
}

/// Bytes per second between two bends.
#[derive(Clone, Copy, Debug)]
struct Flow {
    grows: f64,
    frees: f64,
}

/// What is added within this time, or a 64th of the delay, becomes garbage together.
const BATCH_LEAST: Span = Span::from_millis(100);
const BATCHES: u64 = 64;
/// Less than a byte is nothing.
const NOTHING: f64 = 0.5;

impl Volume {
    /// `None` for a volume without end.
    pub fn new(spec: &VolumeSpec) -> Option<Volume> {
        let mut volume = Volume {
            size: spec.size_bytes? as f64,
            at: Time::ZERO,
            data: spec.used_bytes as f64,
            garbage: spec.garbage_bytes as f64,
            ripening: VecDeque::new(),
            ballast: Vec::new(),
            is_read_only: false,
            spec: spec.clone(),
        };
        volume.look();
        Some(volume)
    }

    /// From now on by these rules. Whether it is read-only is asked anew: somebody has looked after it.
    pub fn reconfigure(&mut self, spec: &VolumeSpec) {
        if self.spec == *spec {
            return;
        }
        self.spec = spec.clone();
        self.size = spec.size_bytes.map_or(self.size, |bytes| bytes as f64);
        self.is_read_only = false;
        self.look();
    }

    pub fn used(&self) -> u64 {
        self.level() as u64
    }

    pub fn free(&self) -> f64 {
        self.size - self.level()
    }

    /// Bytes until it takes no more writes.
    pub fn left(&self) -> f64 {
        let end = self.spec.read_only.map_or(self.size, |marks| marks.at_bytes as f64);
        (end - self.level()).max(0.0)
    }

    /// Without ballast: what grows.
    pub fn data(&self) -> f64 {
        self.data
    }

    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    fn level(&self) -> f64 {
        let ballast = self.ballast.iter().fold(0u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
        (self.data + ballast as f64).min(self.size)
    }

    /// Brings it up to `now`; `turned` hears when it became read-only, or writable again.
    pub fn advance(&mut self, now: Time, mut turned: impl FnMut(Time, bool)) {
        while self.at < now {
            let flow = self.flow();
            let until = self.next_bend(flow, now);
            self.run(flow, until);
            if self.look() {
                turned(self.at, self.is_read_only);
            }
        }
    }

    /// Adds what a write adds; `false`: there is no room for it.
    pub fn write(&mut self, bytes: u64) -> bool {
        let bytes = bytes as f64;
        if self.level() + bytes > self.size + NOTHING {
            self.is_read_only |= self.spec.read_only.is_some();
            return false;
        }
        self.add(bytes);
        self.look();
        true
    }

    fn add(&mut self, bytes: f64) {
        self.data += bytes;
        let Some(reclaim) = self.spec.reclaim else { return };
        let share = bytes * reclaim.share;
        match self.ripening.back_mut().filter(|batch| self.at < batch.closes) {
            Some(batch) => batch.bytes += share,
            None => {
                let wide = batch_width(reclaim.after);
                let ripe = self.at + reclaim.after + Span(wide.0 / 2);
                self.ripening.push_back(Batch { closes: self.at + wide, ripe, bytes: share });
            }
        }
    }

    fn flow(&self) -> Flow {
        let free = self.free();
        let runs = self.spec.reclaim.filter(|reclaim| self.garbage > NOTHING && free >= reclaim.needs_bytes as f64);
        let frees = runs.map_or(0.0, |reclaim| reclaim.bytes_per_sec);
        // What is full takes no more than is freed.
        let most = if free > NOTHING { f64::INFINITY } else { frees };
        Flow { grows: self.spec.growth_per_sec.min(most), frees }
    }

    /// The next moment at which the lines bend, or `now`.
    fn next_bend(&self, flow: Flow, now: Time) -> Time {
        let (level, net) = (self.level(), flow.grows - flow.frees);
        // By a byte at least, so that every step leads past its bend whatever is lost in rounding.
        let reaches = |mark: f64| if net > 0.0 { (mark - level).max(1.0) / net } else { f64::INFINITY };
        let falls = |mark: f64| if net < 0.0 { (level - mark).max(1.0) / -net } else { f64::INFINITY };
        let mut seconds = reaches(self.size);
        if flow.frees > 0.0 {
            let needs = self.spec.reclaim.map_or(0, |reclaim| reclaim.needs_bytes) as f64;
            seconds = seconds.min(self.garbage.max(1.0) / flow.frees).min(reaches(self.size - needs));
        }
        if let Some(marks) = self.spec.read_only {
            let turns = match (self.is_read_only, marks.back_bytes) {
                (false, _) => reaches(marks.at_bytes as f64),
                (true, back) => back.map_or(f64::INFINITY, |back| falls(back as f64 - 1.0)),
            };
            seconds = seconds.min(turns);
        }
        let mut until = now;
        if seconds < now.since(self.at).as_secs_f64() {
            until = self.at + Span((libm::ceil(seconds * 1e9) as u64).max(1));
        }
        if let (Some(reclaim), true) = (self.spec.reclaim, flow.grows > 0.0) {
            until = until.min(self.at + batch_width(reclaim.after));
        }
        let ripe = self.ripening.front().map_or(now, |batch| batch.ripe);
        until.min(ripe.max(self.at + Span(1))).min(now)
    }

    fn run(&mut self, flow: Flow, until: Time) {
        let seconds = until.since(self.at).as_secs_f64();
        let freed = (flow.frees * seconds).min(self.garbage);
        self.garbage -= freed;
        self.data -= freed;
        let grown = (flow.grows * seconds).min(self.size - self.level());
        if grown > 0.0 {
            self.add(grown);
        }
        self.at = until;
        while let Some(batch) = self.ripening.front().filter(|batch| batch.ripe <= until) {
            self.garbage = (self.garbage + batch.bytes).min(self.data);
            self.ripening.pop_front();
        }
    }

    /// Has the use passed a mark?
    fn look(&mut self) -> bool {
        let was = self.is_read_only;
        if let Some(marks) = self.spec.read_only {
            let level = self.level();
            self.is_read_only = match was {
                false => level + NOTHING >= marks.at_bytes as f64,
                true => marks.back_bytes.is_none_or(|back| level + NOTHING >= back as f64),
            };
        }
        self.is_read_only != was
    }

    /// Fills up to this share of the size, or by this share; says how many bytes that took.
    pub fn fill(&mut self, fault: FaultId, share: f64, added: bool) -> u64 {
        let wanted = (self.size * share) as u64;
        let (used, room) = (self.used(), self.free() as u64);
        let bytes = if added { wanted.min(room) } else { wanted.saturating_sub(used) };
        self.ballast.push((fault, bytes));
        self.look();
        bytes
    }

    pub fn take_away(&mut self, fault: FaultId) {
        self.ballast.retain(|(of, _)| *of != fault);
        self.look();
    }
}

fn batch_width(after: Span) -> Span {
    Span(after.0 / BATCHES).max(BATCH_LEAST)
}
