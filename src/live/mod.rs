//! The live world: the only home of sockets, signals, child processes, mounts and the clock.
//! Every change it makes outside its own process is written to the undo ledger first and undone in the end.

#![expect(clippy::disallowed_methods, reason = "the live world is the one that reads the clock and waits")]

pub mod certificates;
pub mod clock;
pub mod disk;
pub mod doctor;
pub mod drivers;
pub mod engines;
pub mod folder;
pub mod foreign;
mod http1;
pub mod net;
pub mod play;
pub mod process;
pub mod proxy;
mod resolve;
pub mod resources;
pub mod signals;
pub mod toxiproxy;
pub mod trouble;
pub mod undo;
pub mod volume;

pub use disk::Disk;
pub use play::{LiveOptions, Played, Together, check, check_shared, describe, generator_main, play};
pub use process::RealProcess;
pub use signals::{Shutdown, Stop};
pub use trouble::Trouble;
pub use undo::{Guardian, Ledger};
pub use volume::Volume;
