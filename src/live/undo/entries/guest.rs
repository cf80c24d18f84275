//! What calls need at a server that is somebody else's: a table, a queue, a stream, with the run in its name. Undone by taking it away over the
//! server's own protocol. The password is read from the environment that the undo runs in.

use super::{Change, Look, Turn, Undone};
use crate::live::drivers::{self, Setup, Task};
use crate::plan::real::Protocol;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::thread;
use std::time::Duration;

/// A server that takes longer is given up on.
const WITHIN: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    pub protocol: Protocol,
    pub setup: Setup,
}

impl fmt::Display for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what {} needs at {} ({})", self.setup.name, self.setup.address, self.protocol.word())
    }
}

impl Change for Guest {
    /// What a server keeps survives any restart.
    fn ends_with_the_boot(&self) -> bool {
        false
    }

    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    fn undo(&self, turn: Turn) -> Undone {
        if self.setup.guest.as_ref().is_none_or(|guest| guest.run != turn.run) {
            return Err("does not carry the name of this run, so it was left alone".into());
        }
        let Some(clear) = drivers::kind(self.protocol).clear else { return Ok("nothing is made there".into()) };
        finished(clear(self.setup.clone())).map(|()| "removed".into())
    }

    fn look(&self, _run: &str) -> Look {
        let at = format!("{} at {}", self.protocol.word(), self.setup.address);
        let Some(is_left) = drivers::kind(self.protocol).is_left else {
            return Look::new(at, Ok("nothing is made there".into()));
        };
        Look::new(
            at,
            match finished(is_left(self.setup.clone())) {
                Ok(false) => Ok("not there".into()),
                Ok(true) => Err("still there".into()),
                Err(why) => Err(format!("it cannot be asked: {why}")),
            },
        )
    }
}

/// On a thread of its own, because the caller may be inside a runtime or have none.
fn finished<T: Send + 'static>(task: Task<T>) -> Result<T, String> {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let done = runtime.block_on(async { tokio::time::timeout(WITHIN, task).await });
        runtime.shutdown_background();
        done.unwrap_or_else(|_| Err("it did not answer in time".into()))
    };
    thread::spawn(run).join().unwrap_or_else(|_| Err("it could not be asked".into()))
}
