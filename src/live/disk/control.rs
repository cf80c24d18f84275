//! What is wrong with a disk at this moment: rules that may be added and taken away while the system calls go through. It decides and
//! waits; it never touches a file.

use crate::base::{Dice, FaultId};
use crate::plan::{DiskAnswer, DiskError, Effect, SlowDisk};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// What is asked of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    Sync,
    /// A new name, or more room: what a full disk refuses beside writes.
    Make,
    /// Any other change of names and properties: what only a read-only disk refuses.
    Change,
}

#[derive(Debug)]
enum Act {
    Error(DiskError),
    Slow(SlowDisk),
    Short { share: f64 },
}

#[derive(Debug)]
struct Rule {
    fault: FaultId,
    act: Act,
    dice: Mutex<Dice>,
    touched: AtomicU64,
}

#[derive(Debug, Default)]
pub struct Control {
    rules: RwLock<Arc<Vec<Arc<Rule>>>>,
    /// Grows when rules change; whoever is stalled waits for that.
    changes: Mutex<u64>,
    changed: Condvar,
    /// The power is off: nothing is taken any more.
    off: Mutex<bool>,
    /// Nothing is stalled for the moment, because whoever waits is to end.
    lets_go: AtomicBool,
}

impl Control {
    pub fn apply(&self, fault: FaultId, effect: &Effect, dice: Dice) {
        let act = match effect {
            Effect::DiskError(wrong) => Act::Error(*wrong),
            Effect::SlowDisk(slow) => Act::Slow(slow.clone()),
            Effect::ShortWrites { share } => Act::Short { share: *share },
            _ => return,
        };
        let rule = Arc::new(Rule { fault, act, dice: Mutex::new(dice), touched: AtomicU64::new(0) });
        self.change(|rules| rules.push(rule.clone()));
    }

    pub fn heal(&self, fault: FaultId) {
        self.change(|rules| rules.retain(|rule| rule.fault != fault));
    }

    /// From now on everything fails, and whoever is stalled goes on.
    pub fn power(&self, on: bool) {
        *lock(&self.off) = !on;
        self.change(|_| {});
    }

    /// A process that waits for a stalled sync cannot be killed: it is let go before it is ended, and the next one stalls again.
    pub fn let_go(&self, on: bool) {
        self.lets_go.store(on, Relaxed);
        self.change(|_| {});
    }

    pub fn is_off(&self) -> bool {
        *lock(&self.off)
    }

    /// What each rule has touched since the last time.
    pub fn take_touched(&self) -> Vec<(FaultId, &'static str, u64)> {
        let rules = self.rules();
        rules.iter().map(|rule| (rule.fault, rule.act.what(), rule.touched.swap(0, Relaxed))).collect()
    }

    /// Waits as long as the disk takes, and gives the error that it answers with.
    pub fn pass(&self, access: Access) -> Result<(), i32> {
        let mut begun = None;
        loop {
            if self.is_off() {
                return Err(libc::EIO);
            }
            let (rules, seen) = (self.rules(), *lock(&self.changes));
            if rules.is_empty() {
                return Ok(());
            }
            let may_stall = access == Access::Sync && !self.lets_go.load(Relaxed);
            if may_stall && rules.iter().any(|rule| rule.stalls(begun.is_none())) {
                begun.get_or_insert_with(Instant::now);
                self.wait_for_change(seen);
                continue;
            }
            if let Some(length) = rules.iter().map(|rule| rule.delay(access)).reduce(|sum, one| sum + one)
                && !length.is_zero()
            {
                std::thread::sleep(length);
            }
            return rules.iter().find_map(|rule| rule.error(access)).map_or(Ok(()), Err);
        }
    }

    /// Makes what took so long without us take longer by the factors in force.
    pub fn stretch(&self, access: Access, took: Duration) {
        let factor: f64 = self.rules().iter().map(|rule| rule.factor(access)).product();
        if factor > 1.0 {
            std::thread::sleep(took.mul_f64(factor - 1.0));
        }
    }

    /// How many bytes of a write are taken.
    pub fn taken(&self, bytes: usize) -> usize {
        let is_short = bytes > 1 && self.rules().iter().any(|rule| rule.cuts());
        if is_short { bytes / 2 } else { bytes }
    }

    fn rules(&self) -> Arc<Vec<Arc<Rule>>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Rule>>)) {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let mut new = rules.as_ref().clone();
        change(&mut new);
        *rules = Arc::new(new);
        drop(rules);
        *lock(&self.changes) += 1;
        self.changed.notify_all();
    }

    fn wait_for_change(&self, seen: u64) {
        let mut changes = lock(&self.changes);
        while *changes == seen {
            changes = self.changed.wait(changes).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Act {
    fn what(&self) -> &'static str {
        match self {
            Act::Error(_) => "disk accesses failed",
            Act::Slow(slow) if slow.stall => "syncs stalled",
            Act::Slow(_) => "disk accesses slowed",
            Act::Short { .. } => "writes cut short",
        }
    }
}

impl Rule {
    fn touch(&self) {
        self.touched.fetch_add(1, Relaxed);
    }

    fn chance(&self, share: f64) -> bool {
        share >= 1.0 || lock(&self.dice).chance(share)
    }

    fn stalls(&self, first: bool) -> bool {
        let stalls = matches!(&self.act, Act::Slow(slow) if slow.stall);
        if stalls && first {
            self.touch();
        }
        stalls
    }

    /// Only what goes to the platter: a write ends in the page cache.
    fn delay(&self, access: Access) -> Duration {
        let Act::Slow(SlowDisk { add: Some(add), stall: false, .. }) = &self.act else { return Duration::ZERO };
        if !matches!(access, Access::Sync | Access::Read) {
            return Duration::ZERO;
        }
        self.touch();
        add.draw_span(&mut lock(&self.dice)).to_std()
    }

    fn factor(&self, access: Access) -> f64 {
        match &self.act {
            Act::Slow(slow) if !slow.stall && matches!(access, Access::Sync | Access::Read) && slow.factor > 1.0 => {
                if slow.add.is_none() {
                    self.touch();
                }
                slow.factor
            }
            _ => 1.0,
        }
    }

    fn error(&self, access: Access) -> Option<i32> {
        let Act::Error(wrong) = &self.act else { return None };
        let asked = match access {
            Access::Read => wrong.reads,
            Access::Write => wrong.writes,
            Access::Sync => wrong.syncs,
            Access::Make => wrong.writes && wrong.answer != DiskAnswer::InputOutput,
            Access::Change => wrong.writes && wrong.answer == DiskAnswer::ReadOnly,
        };
        if !asked || !self.chance(wrong.share) {
            return None;
        }
        self.touch();
        Some(match wrong.answer {
            DiskAnswer::NoSpace => libc::ENOSPC,
            DiskAnswer::InputOutput => libc::EIO,
            DiskAnswer::ReadOnly => libc::EROFS,
        })
    }

    fn cuts(&self) -> bool {
        let Act::Short { share } = self.act else { return false };
        let cuts = self.chance(share);
        if cuts {
            self.touch();
        }
        cuts
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;

    fn dice() -> Dice {
        Dice::named(1, "disk")
    }

    fn error(answer: DiskAnswer) -> Effect {
        Effect::DiskError(DiskError { answer, reads: false, writes: true, syncs: true, share: 1.0 })
    }

    #[test]
    fn each_error_hits_what_such_a_disk_refuses() {
        use Access::{Change, Make, Read, Sync, Write};
        let hit = |answer| {
            let control = Control::default();
            control.apply(FaultId(0), &error(answer), dice());
            [Read, Write, Sync, Make, Change].map(|access| control.pass(access).is_err())
        };
        assert_eq!(hit(DiskAnswer::InputOutput), [false, true, true, false, false]);
        assert_eq!(hit(DiskAnswer::NoSpace), [false, true, true, true, false]);
        assert_eq!(hit(DiskAnswer::ReadOnly), [false, true, true, true, true]);
    }

    #[test]
    fn a_stall_holds_syncs_until_it_is_healed() {
        let control = Arc::new(Control::default());
        let stall = SlowDisk { factor: 1.0, add: None, reads: 0.0, stall: true };
        control.apply(FaultId(3), &Effect::SlowDisk(stall), dice());
        assert_eq!(control.pass(Access::Write), Ok(()));
        let waiting = control.clone();
        let thread = std::thread::spawn(move || waiting.pass(Access::Sync));
        let until = Instant::now() + Duration::from_secs(10);
        while control.take_touched() != [(FaultId(3), "syncs stalled", 1)] && Instant::now() < until {
            std::thread::yield_now();
        }
        assert!(!thread.is_finished());
        control.heal(FaultId(3));
        assert_eq!(thread.join().unwrap(), Ok(()));
    }

    #[test]
    fn delays_are_for_syncs_and_reads_and_power_off_is_for_everybody() {
        let control = Control::default();
        let slow = SlowDisk { factor: 1.0, add: Some(Dist::Constant(0.02)), reads: 0.0, stall: false };
        control.apply(FaultId(0), &Effect::SlowDisk(slow), dice());
        let begun = Instant::now();
        assert_eq!(control.pass(Access::Sync), Ok(()));
        assert!(begun.elapsed() >= Duration::from_millis(20));
        control.power(false);
        assert_eq!(control.pass(Access::Write), Err(libc::EIO));
        control.power(true);
        assert_eq!(control.pass(Access::Write), Ok(()));
        assert_eq!(control.take_touched(), [(FaultId(0), "disk accesses slowed", 1)]);
    }
}
