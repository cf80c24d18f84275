//! HTTP/1.1 on the engine's own thread: the load generator's connections and the stand-ins, around one poller. A request and its answer cost a
//! handful of system calls and no change of threads, so that the generator keeps its pace and a stand-in its time.
//!
//! Only what both sides need of HTTP is here: heads are parsed by httparse, bodies are counted and thrown away.

mod answer;
mod calling;
mod framing;
mod outgoing;
mod poller;
mod serving;
mod template;
#[cfg(test)]
mod tests;
mod visitor;

use super::drivers::words;
pub use answer::Manner;
pub use calling::{Answered, Callers, Line, Place};
pub use poller::{Bell, Poller, Ready, Watch};
pub use serving::{Requested, Servers};
pub use template::Template;
