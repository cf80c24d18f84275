//! A day that was held, read back from its folder: the log, and the recording of each fault with its verdict.

use crate::gameday::experiment::STEADY;
use crate::gameday::log::{FILE, Log, Ran};
use crate::judge::{Judged, Judgement, judge};
use crate::plan::World;
use crate::record::{Recording, file};
use std::path::Path;

/// One day, and the same plan held in the simulated world, if there is that.
pub struct Days {
    pub day: Held,
    pub predicted: Option<Held>,
}

pub struct Held {
    pub log: Log,
    /// The faults that were played, in their order.
    pub trials: Vec<Trial>,
}

/// One fault that was played.
pub struct Trial {
    pub ran: Ran,
    pub recording: Recording,
    pub judgement: Judgement,
}

impl Days {
    /// Reads a folder that `run` has written: that of the plan, or that of one world below it. Words on why not.
    pub fn read(folder: &Path) -> Result<Days, String> {
        if folder.join(FILE).is_file() {
            return Ok(Days { day: Held::read(folder)?, predicted: None });
        }
        let of = |world: World| -> Result<Option<Held>, String> {
            let folder = folder.join(world.word());
            if folder.join(FILE).is_file() { Held::read(&folder).map(Some) } else { Ok(None) }
        };
        match (of(World::Live)?, of(World::Sim)?) {
            (Some(day), predicted) => {
                Ok(Days { predicted: predicted.filter(|other| other.is_of_same_plan(&day)), day })
            }
            (None, Some(day)) => Ok(Days { day, predicted: None }),
            (None, None) => Err(format!("no game day was kept in {}", folder.display())),
        }
    }
}

impl Held {
    fn read(folder: &Path) -> Result<Held, String> {
        let log = Log::read(folder).map_err(|error| format!("{}: {error}", folder.join(FILE).display()))?;
        let mut trials = Vec::new();
        for ran in &log.runs {
            let Some(name) = &ran.recording else { continue };
            let recording = file::read(&folder.join(name)).map_err(|error| error.to_string())?;
            let judgement = judge(&recording);
            trials.push(Trial { ran: ran.clone(), recording, judgement });
        }
        Ok(Held { log, trials })
    }

    /// People may have changed their names and dates since; what was tried must be the same.
    fn is_of_same_plan(&self, other: &Held) -> bool {
        let (own, others) = (&self.log.paper, &other.log.paper);
        (&own.name, &own.scenario, &own.hypotheses) == (&others.name, &others.scenario, &others.hypotheses)
    }

    pub fn trial(&self, fault: &str) -> Option<&Trial> {
        self.trials.iter().find(|trial| trial.ran.fault == fault)
    }
}

impl Trial {
    /// The lines of the hypothesis.
    pub fn hypothesis(&self) -> impl Iterator<Item = &Judged> {
        self.judgement.expectations.iter().filter(|line| !line.window.name.starts_with(STEADY))
    }

    /// The lines of the steady state, before and after.
    pub fn steady(&self) -> impl Iterator<Item = &Judged> {
        self.judgement.expectations.iter().filter(|line| line.window.name.starts_with(STEADY))
    }
}
