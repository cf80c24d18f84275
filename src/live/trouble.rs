//! The machine's trouble: everything that can go wrong between firedrill and the operating system, each in plain words
//! with what to do next. The author's mistakes are diagnostics and never come through here.

use super::Stop;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(
        "the state folder {} cannot be used: {why}\nset FIREDRILL_STATE_DIR to a folder that only you can write to",
        path.display()
    )]
    StateFolder { path: PathBuf, why: String },
    #[error(
        "the undo ledger {} cannot be written: {source}\nnothing was changed; free some space or set FIREDRILL_STATE_DIR to a folder on another disk",
        path.display()
    )]
    Ledger { path: PathBuf, source: io::Error },
    #[error("the run is being undone, so nothing new may be started or changed")]
    LedgerClosed,
    #[error(
        "the guardian, which undoes everything if firedrill is killed, could not be started: {why}\ncheck that {} is the firedrill program",
        exe.display()
    )]
    Guardian { exe: PathBuf, why: String },
    #[error("load generator {turn} could not be started: {why}\nplay it with fewer generators, or close some programs")]
    Generator { turn: u32, why: String },
    #[error(
        "cannot listen for signals: {0}\nwithout them Ctrl-C could not be followed by an undo, so the run was not begun"
    )]
    Signals(io::Error),
    #[error("the private folder {} cannot be made: {source}\nset TMPDIR to a folder you can write to", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("service `{service}` is not started by the scenario (it has an address), so there is nothing to start")]
    NothingToStart { service: String },
    #[error(
        "service `{service}` has no `{{port}}` in its start arguments or environment\nfiredrill picks a free port: write {{port}} where the program takes its port"
    )]
    NoPortPlaceholder { service: String },
    #[error(
        "no free port on 127.0.0.1: {0}\nclose programs that hold many connections, or wait a minute, and run again"
    )]
    NoFreePort(io::Error),
    #[error("service `{service}`: the program `{program}` was not found\n{how}")]
    ProgramNotFound { service: String, program: String, how: String },
    #[error(
        "service `{service}`: the program `{program}` cannot be started: {source}\ncheck that it is executable and is built for this machine"
    )]
    CannotStart { service: String, program: String, source: io::Error },
    #[error(
        "service `{service}`: `{program}` ended at start ({status}) before it was ready\ntry the same command by hand; the last lines of its log:\n{log}"
    )]
    DiedAtStart { service: String, program: String, status: String, log: String },
    #[error(
        "service `{service}` was not ready at {address} within {within:?} ({last})\ngive it longer (`ready_within`) or correct what `ready` asks for; the last lines of its log:\n{log}"
    )]
    NeverReady { service: String, address: String, within: Duration, last: String, log: String },
    #[error("{0}\nlook whether the server under `proxy:` is a Toxiproxy, and whether its log says more")]
    Toxiproxy(String),
    #[error("service `{service}` is not running, so it cannot be {verb}")]
    NotRunning { service: String, verb: &'static str },
    #[error("service `{service}` could not be {verb}: {why}")]
    Signal { service: String, verb: &'static str, why: String },
    #[error("a size-limited volume cannot be made here: {missing}\n{next}")]
    VolumeMissing { missing: String, next: String },
    #[error("the volume at {} cannot be {verb}: {why}", path.display())]
    Volume { path: PathBuf, verb: &'static str, why: String },
    #[error("this scenario cannot be played live; nothing was started\n{}", as_list(problems))]
    Unplayable { problems: Vec<String> },
    #[error(
        "service `{service}` cannot be reached at {address}: {why}\ncheck that it runs there and speaks the `protocol` that the scenario says"
    )]
    Unreachable { service: String, address: String, why: String },
    #[error(
        "this machine could not {what}: {source}\nclose some programs, or raise the limits on processes and open files (ulimit)"
    )]
    Machine { what: &'static str, source: io::Error },
    #[error("{} came before the run had begun; everything that was set up for it is undone", .0.word())]
    StoppedBeforeStart(Stop),
    #[error("the stop file {} is there, so the run was not begun\nremove it when it is safe to go on", path.display())]
    StopFile { path: PathBuf },
}

fn as_list(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("  - {}", problem.replace('\n', "\n    "))).collect::<Vec<_>>().join("\n")
}

impl Trouble {
    /// A start that lost the race for its port, so that another port is worth a try.
    pub fn is_port_in_use(&self) -> bool {
        let Trouble::DiedAtStart { log, .. } = self else { return false };
        let log = log.to_lowercase();
        ["address already in use", "address in use", "eaddrinuse", "port is already in use", "os error 98"]
            .iter()
            .any(|sign| log.contains(sign))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_death_that_speaks_of_the_port_counts_as_a_lost_race() {
        let died = |log: &str| Trouble::DiedAtStart {
            service: "cache".into(),
            program: "redis-server".into(),
            status: "exit status: 1".into(),
            log: log.into(),
        };
        assert!(
            died("# Warning: Could not create server TCP listening socket *:6379: bind: Address already in use")
                .is_port_in_use()
        );
        assert!(!died("Fatal error, can't open config file").is_port_in_use());
        assert!(!Trouble::LedgerClosed.is_port_in_use());
    }
}
