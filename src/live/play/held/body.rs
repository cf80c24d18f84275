//! What a fault on a real service acts on: a process that firedrill started, or one that is somebody else's. What only one of them can bear was
//! refused for the other before the run.

use crate::live::foreign::Foreign;
use crate::live::process::surroundings::Surroundings;
use crate::live::undo::identity::Kin;
use crate::live::{Ledger, RealProcess, Trouble};

pub enum Body {
    Started(Box<RealProcess>),
    Foreign(Box<Foreign>),
}

impl Body {
    pub fn name(&self) -> &str {
        match self {
            Body::Started(process) => process.name(),
            Body::Foreign(foreign) => foreign.name(),
        }
    }

    pub fn ledger(&self) -> &Ledger {
        match self {
            Body::Started(process) => process.ledger(),
            Body::Foreign(foreign) => foreign.ledger(),
        }
    }

    /// `None` while nothing runs.
    pub fn kin(&self) -> Option<Kin> {
        match self {
            Body::Started(process) => process.pid().map(Kin::Group),
            Body::Foreign(foreign) => foreign.is_running().then(|| foreign.kin()),
        }
    }

    pub fn surroundings(&mut self) -> &mut Surroundings {
        match self {
            Body::Started(process) => process.surroundings(),
            Body::Foreign(foreign) => foreign.surroundings(),
        }
    }

    /// The one that can be started again, emptied and filled.
    pub fn started(&mut self) -> Option<&mut RealProcess> {
        match self {
            Body::Started(process) => Some(process),
            Body::Foreign(_) => None,
        }
    }

    pub fn is_running(&mut self) -> bool {
        match self {
            Body::Started(process) => process.is_running(),
            Body::Foreign(foreign) => foreign.is_running(),
        }
    }

    pub fn exited(&mut self) -> Option<String> {
        match self {
            Body::Started(process) => process.exited(),
            Body::Foreign(foreign) => foreign.exited(),
        }
    }

    /// Gives how many were killed.
    pub fn kill(&mut self) -> Result<u64, Trouble> {
        match self {
            Body::Started(process) => process.kill().map(|()| 1),
            Body::Foreign(foreign) => foreign.kill(),
        }
    }

    pub fn pause(&mut self) -> Result<(), Trouble> {
        match self {
            Body::Started(process) => process.pause(),
            Body::Foreign(foreign) => foreign.pause(),
        }
    }

    pub fn resume(&mut self) -> Result<(), Trouble> {
        match self {
            Body::Started(process) => process.resume(),
            Body::Foreign(foreign) => foreign.resume(),
        }
    }
}
