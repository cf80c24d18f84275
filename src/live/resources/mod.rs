//! Limits on what the processes of a service get: processor time, memory and processes by a cgroup that firedrill made (v1 or v2), in which
//! its own live from their start and others only as long as the limit lasts; open files by the soft limit of each process. It never
//! limits a process that it was not given.

pub mod cgroup;
pub mod hierarchy;
pub mod knobs;
pub mod soft_limit;
mod visit;

pub use cgroup::Cgroup;
pub use hierarchy::{Home, Version, home, home_beside, probe, probe_beside};
pub use soft_limit::SoftLimits;
pub use visit::Visit;

use crate::plan::Limit;

/// What a cgroup can hold back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    Cpu,
    Memory,
    Processes,
}

impl Controller {
    pub const ALL: [Controller; 3] = [Controller::Cpu, Controller::Memory, Controller::Processes];

    /// As the kernel calls it.
    pub fn name(self) -> &'static str {
        match self {
            Controller::Cpu => "cpu",
            Controller::Memory => "memory",
            Controller::Processes => "pids",
        }
    }

    /// The one that enforces a limit; `None`: it is a limit of each process.
    pub fn of(limit: &Limit) -> Option<Controller> {
        match limit {
            Limit::Cpu { .. } => Some(Controller::Cpu),
            Limit::Memory { .. } => Some(Controller::Memory),
            Limit::Processes { .. } => Some(Controller::Processes),
            Limit::OpenFiles { .. } => None,
        }
    }
}
