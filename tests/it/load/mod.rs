//! The load generator as an operator would doubt it: does it see a stall in full, does it say when it fell behind, does it hold thousands of
//! requests at once, and do several processes make the load of one. The server is a raw one of the tests' own, which does what it is told.

#![expect(clippy::disallowed_methods, reason = "these tests watch real processes in real time")]

mod honesty;
mod machines;
mod processes;
mod server;
mod together;

use firedrill::record::{Recording, file};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The program, in a folder of its own, about to play the scenario that is written there.
fn command(folder: &Path, scenario: &str, args: &[&str]) -> Command {
    std::fs::write(folder.join("load.yaml"), scenario).expect("the folder can be written to");
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "CI", "COLUMNS"] {
        command.env_remove(variable);
    }
    command.current_dir(folder).env("FIREDRILL_STATE_DIR", folder.join("state"));
    command.args(["run", "load.yaml", "--output", "text", "--output", "recording=run.json"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a run said, and what it recorded.
struct Told {
    code: Option<i32>,
    text: String,
    recording: Recording,
}

fn told(folder: &Path, output: Output) -> Told {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let recording = file::read(&folder.join("run.json")).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    Told { code: output.status.code(), text, recording }
}

fn run(folder: &Path, scenario: &str, args: &[&str]) -> Told {
    told(folder, command(folder, scenario, args).output().expect("the program starts"))
}

/// Ends the program when a test fails before it has ended by itself.
struct Running(Option<Child>);

impl Running {
    fn start(folder: &Path, scenario: &str, args: &[&str]) -> Running {
        Running(Some(command(folder, scenario, args).spawn().expect("the program starts")))
    }

    fn pid(&self) -> i32 {
        self.0.as_ref().map_or(0, |child| child.id() as i32)
    }

    fn wait(mut self, folder: &Path) -> Told {
        let child = self.0.take().expect("it was not waited for");
        told(folder, child.wait_with_output().expect("it ends"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
