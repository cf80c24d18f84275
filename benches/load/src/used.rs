//! Runs a program to its end and says how much processor time it took, its threads and its waited-for children included. It never leaves one running.

use std::io::Read;
use std::process::{Command, Stdio};

pub struct Used {
    pub out: String,
    /// User and system time, seconds.
    pub cpu_s: f64,
}

/// On the second core, alone.
pub fn on_the_second_core(program: &str, args: &[String]) -> Used {
    let mut command = Command::new("taskset");
    command.args(["-c", "1", program]).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    let mut out = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut out).expect("its output is text");
    }
    let (status, cpu_s) = wait(child.id());
    assert_eq!(status, 0, "{program} {args:?} failed:\n{out}");
    Used { out, cpu_s }
}

fn wait(pid: u32) -> (i32, f64) {
    let mut status = 0;
    // SAFETY: all zeroes is a valid value of this plain structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to values that outlive the call, and the child is ours and was not waited for.
    let waited = unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) };
    assert_eq!(waited, pid as libc::pid_t, "the child can be waited for");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (status, seconds(usage.ru_utime) + seconds(usage.ru_stime))
}
