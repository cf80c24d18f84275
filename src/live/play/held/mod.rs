//! A real process and the faults that lie on it now: it is killed, paused, filled, limited as they say, and goes on when the last of
//! a sort has healed. What is done to the machine under it is in `host`. It knows no schedule and no clock.

mod body;
mod host;
#[cfg(test)]
mod tests;

use crate::base::FaultId;
use crate::live::drivers;
use crate::live::{Trouble, Volume};
use crate::plan::Effect;
pub use body::Body;
use host::Seen;

/// What a fault touched, for its evidence.
pub type Done = Result<Vec<(&'static str, u64)>, Trouble>;

pub struct Held {
    pub process: Body,
    /// How it is known in dice.
    name: String,
    seed: u64,
    /// Of which a share of processor time is left.
    cores: u32,
    down: Vec<FaultId>,
    frozen: Vec<FaultId>,
    /// Share of the capacity, and whether that is on top of what is in use.
    fills: Vec<(FaultId, (f64, bool))>,
    /// What is done to the machine under it.
    host: Vec<(FaultId, Effect)>,
    seen: Seen,
    /// Its end was reported.
    pub mourned: bool,
}

impl Held {
    pub fn new(process: Body, cores: u32, seed: u64) -> Held {
        let name = process.name().to_owned();
        let (down, frozen, fills, host, seen) = Default::default();
        Held { process, name, seed, cores, down, frozen, fills, host, seen, mourned: false }
    }

    pub fn comes_back_cold(&mut self) -> bool {
        self.process.started().is_some_and(|process| process.comes_back_cold())
    }

    pub fn is_hit(&self) -> bool {
        !self.down.is_empty() || !self.frozen.is_empty() || !self.fills.is_empty() || !self.host.is_empty()
    }

    pub fn go_down(&mut self, fault: FaultId) -> Done {
        self.down.push(fault);
        if self.down.len() > 1 {
            return Ok(vec![("processes kept down", 1)]);
        }
        // One that had died of another fault is not killed again, and is kept down from now on.
        if !self.process.is_running() {
            return Ok(vec![("processes kept down", 1)]);
        }
        Ok(vec![("processes killed", self.process.kill()?)])
    }

    /// Cold: its data folder is emptied first.
    pub async fn come_back(&mut self, fault: FaultId, cold: bool) -> Done {
        self.down.retain(|other| *other != fault);
        if self.down.is_empty() {
            self.start(cold).await?;
        }
        Ok(Vec::new())
    }

    /// Starts again what has ended, if it was started here, as whoever looks after it would.
    pub async fn mend(&mut self) -> Result<(), Trouble> {
        match self.down.is_empty() && !self.process.is_running() {
            true => self.start(false).await,
            false => Ok(()),
        }
    }

    /// What lay on the process before lies on the new one. One that is somebody else's is started by nobody here.
    async fn start(&mut self, cold: bool) -> Result<(), Trouble> {
        self.forget_soft_limits();
        let Some(process) = self.process.started() else { return Ok(()) };
        process.restart(cold).await?;
        if cold && let Some(prepare) = drivers::kind(process.protocol()).prepare {
            let service = process.name().to_owned();
            let made = prepare(process.setup()).await;
            made.map_err(|why| Trouble::Signal { service, verb: "prepared", why })?;
        }
        self.mourned = false;
        self.lower_soft_limits()?;
        self.turn_clock()?;
        if !self.frozen.is_empty() {
            self.process.pause()?;
        }
        Ok(())
    }

    pub fn freeze(&mut self, fault: FaultId, on: bool) -> Done {
        match on {
            true => self.frozen.push(fault),
            false => self.frozen.retain(|other| *other != fault),
        }
        // One that is down, or had died of another fault, is stopped when it is back.
        if !self.down.is_empty() || !self.process.is_running() {
            return Ok(Vec::from_iter(on.then_some(("processes kept frozen", 1))));
        }
        match (on, self.frozen.len()) {
            (true, 1) => self.process.pause().map(|()| vec![("processes paused", 1)]),
            (true, _) => Ok(vec![("processes kept frozen", 1)]),
            (false, 0) => self.process.resume().map(|()| Vec::new()),
            (false, _) => Ok(Vec::new()),
        }
    }

    /// There is one ballast file for all: when one fault heals, those that are left fill the volume anew.
    pub fn fill(&mut self, fault: FaultId, how: (f64, bool), on: bool) -> Done {
        let Some(volume) = self.process.started().and_then(|process| process.volume()) else { return Ok(Vec::new()) };
        if on {
            self.fills.push((fault, how));
            return fill_by(volume, how).map(|bytes| vec![("bytes filled", bytes)]);
        }
        self.fills.retain(|(other, _)| *other != fault);
        volume.empty()?;
        for (_, how) in &self.fills {
            fill_by(volume, *how)?;
        }
        Ok(Vec::new())
    }

    pub async fn forget(&mut self) -> Done {
        let Some(process) = self.process.started() else { return Ok(Vec::new()) };
        let Some(forget) = drivers::kind(process.protocol()).forget else { return Ok(Vec::new()) };
        let (service, held) = (process.name().to_owned(), forget(process.setup()));
        let held = held.await.map_err(|why| Trouble::Signal { service, verb: "emptied", why })?;
        Ok(vec![("entries forgotten", held)])
    }
}

fn fill_by(volume: &mut Volume, (share, added): (f64, bool)) -> Result<u64, Trouble> {
    let (used, total) = volume.used()?;
    volume.fill_to(if added { used as f64 / total as f64 + share } else { share })
}
