//! A network namespace of its own for a started service, joined to this machine by a pair of virtual interfaces, in which packets can be
//! delayed and lost. It changes nothing in a namespace that it did not make, apart from its own end of the pair.

pub mod probe;
mod queue;
mod room;
mod shaping;
#[cfg(test)]
mod tests;

pub use room::Room;
pub use shaping::{Mechanism, Shaping};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Runs a program that ends at once; an error is what it said.
fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    // It must not go on making things when nobody is left who would know of them.
    // SAFETY: between fork and exec only this one system call is made.
    unsafe { command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?)) };
    let output = command.output();
    let output = output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("the program `{program}` is not installed"),
        _ => format!("`{program}`: {error}"),
    })?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("`{program} {}`: {}", args.join(" "), said.trim()))
        }
    }
}

/// Does something in a new network namespace that nobody sees and that is gone afterwards.
fn in_scratch<T: Send + 'static>(act: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    let unseen = move || {
        // SAFETY: changes only which network this thread sees.
        match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
            0 => act(),
            _ => Err(format!(
                "a network namespace cannot be made ({}); run firedrill as root",
                io::Error::last_os_error()
            )),
        }
    };
    std::thread::spawn(unseen).join().unwrap_or_else(|_| Err("the trial failed".to_owned()))
}
