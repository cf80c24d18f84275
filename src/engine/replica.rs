//! One copy of a service at run time: its workers, its line, its cores, and what holds it down or frozen.

mod leaks;

pub use leaks::Leaked;

use super::cores::Cores;
#[cfg(test)]
use super::efficiency::efficiency;
use super::line::{Line, Presence};
#[cfg(test)]
use super::nodes::Node;
use super::slab::Handle;
use crate::base::{FaultId, Span, Time};
use crate::plan::{Service, Sharing};

/// One copy of a service.
pub struct Replica {
    pub busy: u32,
    /// Workers that are there no more until it is started anew.
    pub leaked: u32,
    /// Frames that wait; stale handles are skipped.
    pub line: Line,
    /// How many of `line` are not stale.
    pub waiting: u32,
    /// Since when somebody has been waiting without a break.
    pub presence: Presence,
    /// Everybody inside; kept only where efficiency depends on it.
    pub in_flight: u32,
    /// Where work shares cores or changes its speed.
    pub cores: Option<Box<Cores>>,
    /// When it last started; `None`: so long ago that it does not matter.
    pub started: Option<Time>,
    /// When a batch that is too small now is taken all the same.
    pub batch_at: Option<Time>,
    /// Work that turning requests away has cost, and that nobody has waited for yet.
    pub debt: Span,
    /// Faults that hold it down or frozen now.
    pub down: Vec<FaultId>,
    pub frozen: Vec<FaultId>,
    /// Seconds of busy workers up to a moment, where a check asks for them.
    pub load: Option<(f64, Time)>,
    frozen_since: Time,
    frozen_before: Span,
    /// What arrived for frozen frames: handled when it thaws.
    pub held: Vec<Held>,
}

#[derive(Clone, Copy, Debug)]
pub enum Held {
    /// Work that would have been done at this moment.
    WorkDone(Handle, Time),
    Advance(Handle),
}

impl Replica {
    /// Requests inside, waiting or held.
    pub fn inside(&self) -> u32 {
        self.busy + self.waiting
    }

    /// Seconds of busy workers since they were first asked for.
    pub fn busy_seconds(&mut self, now: Time) -> f64 {
        let (busy_s, since) = self.load.unwrap_or((0.0, now));
        let busy_s = busy_s + f64::from(self.busy) * now.since(since).as_secs_f64();
        self.load = Some((busy_s, now));
        busy_s
    }

    pub fn new(service: &Service) -> Replica {
        let working = &service.working;
        let (count, sharing) = working.cores.map_or((None, Sharing::Processor), |c| (Some(c.count), c.sharing));
        let on_cores = working.cores.is_some() || working.efficiency.is_some();
        let starts = working.warm_up.is_some_and(|warm_up| warm_up.cold_start);
        Replica {
            busy: 0,
            leaked: 0,
            line: Line::new(&service.queue.order),
            waiting: 0,
            presence: Presence::default(),
            in_flight: 0,
            cores: on_cores.then(|| Box::new(Cores::new(count, sharing))),
            started: starts.then_some(Time::ZERO),
            batch_at: None,
            debt: Span::ZERO,
            down: Vec::new(),
            frozen: Vec::new(),
            load: None,
            frozen_since: Time::ZERO,
            frozen_before: Span::ZERO,
            held: Vec::new(),
        }
    }

    /// Is it down, or frozen?
    #[inline]
    pub fn is_out(&self) -> bool {
        !self.down.is_empty() || !self.frozen.is_empty()
    }

    /// A fault holds it down no longer; when none does, it starts.
    pub fn rise(&mut self, now: Time, fault: FaultId) {
        let was_down = !self.down.is_empty();
        self.down.retain(|f| *f != fault);
        if was_down && self.down.is_empty() {
            self.started = Some(now);
        }
    }

    pub fn freeze(&mut self, now: Time, fault: FaultId) {
        if self.frozen.is_empty() {
            self.frozen_since = now;
        }
        self.frozen.push(fault);
    }

    /// Does nothing move here, whatever there is to do: frozen, or so much in flight that no efficiency is left?
    #[cfg(test)]
    pub fn is_stopped(&self, node: &Node) -> bool {
        let curve = node.working.efficiency.as_ref();
        !self.frozen.is_empty() || curve.is_some_and(|curve| efficiency(curve, self.in_flight) <= 0.0)
    }

    /// `true` when nothing freezes it any more.
    pub fn thaw(&mut self, now: Time, fault: FaultId) -> bool {
        let was_frozen = !self.frozen.is_empty();
        self.frozen.retain(|f| *f != fault);
        let thawed = was_frozen && self.frozen.is_empty();
        if thawed {
            self.frozen_before = self.frozen_before + now.since(self.frozen_since);
        }
        thawed
    }

    /// How long it has been frozen in all, up to `now`.
    pub fn frozen_total(&self, now: Time) -> Span {
        match self.frozen.is_empty() {
            true => self.frozen_before,
            false => self.frozen_before + now.since(self.frozen_since),
        }
    }
}
