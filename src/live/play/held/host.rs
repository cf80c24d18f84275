//! What is done to the machine under a process: limits, its disk, its clock, its packets. Each was prepared at its start.

use super::{Done, Held};
use crate::base::{Dice, FaultId};
use crate::live::Trouble;
use crate::live::resources::{Controller, SoftLimits};
use crate::live::undo::identity::Kin;
use crate::plan::{Effect, Limit, Packets};
use std::collections::BTreeMap;

/// What was counted at the last look, and the limits that are counted by looking.
#[derive(Default)]
pub struct Seen {
    counts: BTreeMap<(Controller, &'static str), u64>,
    soft: Option<SoftLimits>,
}

impl Held {
    /// An effect on the machine under it begins.
    pub fn begin(&mut self, fault: FaultId, effect: &Effect) -> Done {
        if self.host.iter().any(|(other, same)| *other == fault && same == effect) {
            return Ok(Vec::new());
        }
        self.host.push((fault, effect.clone()));
        match effect {
            Effect::Limit(limit) => {
                if let Some(controller) = Controller::of(limit) {
                    self.count_anew(controller);
                }
                self.limit(limit).map(|()| Vec::new())
            }
            Effect::Skew { .. } => self.turn_clock().map(|()| vec![("clocks turned", 1)]),
            Effect::Packets(packets) => self.shape(fault, Some(packets)),
            effect => {
                let dice = Dice::named(self.seed, &format!("disk/{}/{}", self.name, fault.0));
                if let Some(disk) = &self.process.surroundings().disk {
                    disk.apply(fault, effect, dice);
                }
                Ok(Vec::new())
            }
        }
    }

    /// It is healed. A process that ended of it is started again, as whoever looks after it would.
    pub async fn end(&mut self, fault: FaultId, effect: &Effect) -> Done {
        let last = self.look();
        self.host.retain(|(other, _)| *other != fault);
        match effect {
            Effect::Limit(limit) => self.limit(limit)?,
            Effect::Skew { .. } => self.turn_clock()?,
            Effect::Packets(_) => drop(self.shape(fault, None)?),
            _ => {
                if let Some(disk) = &self.process.surroundings().disk {
                    disk.heal(fault);
                }
            }
        }
        self.mend().await?;
        Ok(last.into_iter().filter(|(of, ..)| *of == fault).map(|(_, what, count)| (what, count)).collect())
    }

    /// It is gone, and what it had not synced with it.
    pub fn cut_power(&mut self, fault: FaultId) -> Done {
        if let Some(disk) = &self.process.surroundings().disk {
            disk.cut_power();
        }
        self.go_down(fault)?;
        // Also where another fault had taken the process down before: what the disk held back is lost with the power.
        let lost = match &self.process.surroundings().disk {
            Some(disk) => disk.lose_unsynced()?,
            None => 0,
        };
        Ok(vec![("processes cut off", 1), ("unsynced bytes lost", lost)])
    }

    /// What each fault has touched since the last look.
    pub fn look(&mut self) -> Vec<(FaultId, &'static str, u64)> {
        let mut touched = Vec::new();
        if let Some(disk) = &self.process.surroundings().disk {
            touched.extend(disk.take_touched());
        }
        if let Some(shaping) = self.process.surroundings().room.as_mut().and_then(|room| room.shaped()) {
            touched.extend(shaping.take_touched());
        }
        for controller in Controller::ALL {
            let since = self.count_anew(controller);
            for (fault, _) in self.limits().filter(|(_, limit)| Controller::of(limit) == Some(controller)) {
                touched.extend(since.iter().map(|(what, count)| (fault, *what, *count)));
            }
        }
        if let Some(soft) = &self.seen.soft {
            let full = soft.at_the_limit();
            let limits = self.limits().filter(|(_, limit)| matches!(limit, Limit::OpenFiles { .. }));
            touched.extend(limits.map(|(fault, _)| (fault, "looks without a free descriptor", full)));
        }
        touched.retain(|(_, _, count)| *count > 0);
        touched
    }

    /// Counts of the kernel since the last time.
    fn count_anew(&mut self, controller: Controller) -> Vec<(&'static str, u64)> {
        let Some(cgroup) = &self.process.surroundings().cgroup else { return Vec::new() };
        let counts = cgroup.counts(controller);
        let since = |(what, now)| (what, now - self.seen.counts.insert((controller, what), now).unwrap_or(0).min(now));
        counts.into_iter().map(since).collect()
    }

    fn limits(&self) -> impl Iterator<Item = (FaultId, Limit)> {
        self.host.iter().filter_map(|(fault, effect)| match effect {
            Effect::Limit(limit) => Some((*fault, *limit)),
            _ => None,
        })
    }

    /// Puts the tightest limit of this sort in force, or none when there is none left.
    fn limit(&mut self, sort: &Limit) -> Result<(), Trouble> {
        let Some(controller) = Controller::of(sort) else {
            self.forget_soft_limits();
            return self.lower_soft_limits();
        };
        let same = self.limits().map(|(_, limit)| limit).filter(|limit| Controller::of(limit) == Some(controller));
        let (tightest, cores) = (same.min_by(|one, other| amount(one).total_cmp(&amount(other))), self.cores);
        let Some(cgroup) = &mut self.process.surroundings().cgroup else { return Ok(()) };
        match tightest {
            Some(limit) => cgroup.limit(&limit, cores),
            None => cgroup.lift(controller),
        }
    }

    pub(super) fn forget_soft_limits(&mut self) {
        self.seen.soft = None;
    }

    pub(super) fn lower_soft_limits(&mut self) -> Result<(), Trouble> {
        let counts = self.limits().filter_map(|(_, limit)| match limit {
            Limit::OpenFiles { count } => Some(count),
            _ => None,
        });
        if let (Some(count), Some(kin)) = (counts.min(), self.process.kin()) {
            self.seen.soft = Some(SoftLimits::lower(&self.name, kin, count, self.process.ledger())?.0);
        }
        Ok(())
    }

    /// All faults together.
    pub(super) fn turn_clock(&mut self) -> Result<(), Trouble> {
        let ahead = self.host.iter().map(|(_, effect)| match effect {
            Effect::Skew { ahead_ns, .. } => *ahead_ns,
            _ => 0,
        });
        let (ahead, pid) = (ahead.sum(), self.process.kin().map(Kin::head));
        let (Some(clock), Some(pid)) = (&self.process.surroundings().clock, pid) else { return Ok(()) };
        clock.turn(pid, ahead).map_err(|why| self.trouble("given another clock", why))
    }

    fn shape(&mut self, fault: FaultId, packets: Option<&Packets>) -> Done {
        let Some(room) = &mut self.process.surroundings().room else { return Ok(Vec::new()) };
        let done = match packets {
            Some(packets) => room.shaping().and_then(|shaping| shaping.apply(fault, packets)),
            None => room.shaped().map_or(Ok(()), |shaping| shaping.heal(fault)),
        };
        done.map(|()| Vec::new()).map_err(|why| self.trouble("cut off from its packets", why))
    }

    fn trouble(&self, verb: &'static str, why: String) -> Trouble {
        Trouble::Signal { service: self.name.clone(), verb, why }
    }
}

/// For comparing two of the same sort.
fn amount(limit: &Limit) -> f64 {
    match limit {
        Limit::Cpu { share } => *share,
        Limit::Memory { bytes: number } | Limit::OpenFiles { count: number } | Limit::Processes { count: number } => {
            *number as f64
        }
    }
}
