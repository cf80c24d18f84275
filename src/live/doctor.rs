//! What this machine can do to a system, found out by trying it where nobody sees: in a group, a namespace or a mount that is gone again
//! at once. It changes nothing that stays.

use super::clock::Clock;
use super::disk::Disk;
use super::engines::{self, find};
use super::net::probe;
use super::resources::{self, Controller};
use super::volume::Volume;
use serde::Serialize;
use std::path::Path;

/// One mechanism, or one stock server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is good for, in the words of the scenario file.
    pub serves: String,
    pub mechanism: String,
    pub works: bool,
    pub privilege: &'static str,
    /// What is missing, or where it was found.
    pub detail: String,
    /// What is used where it does not work.
    pub instead: &'static str,
}

/// The mechanisms in the order of the manual.
pub fn mechanisms() -> Vec<Finding> {
    let works_without = |tried: std::io::Result<()>| tried.map(no_words).map_err(|error| error.to_string());
    let rows = [
        ("faults on edges", "fault proxy on loopback", (works_without(listener()), "none"), "--world sim"),
        ("down, restart, pause", "signals to a process group", (works_without(signal()), "same user"), "-"),
        ("fill", "size-limited tmpfs", (Volume::probe().map(no_words).map_err(words), "root"), "--world sim"),
        (
            "disk-error, slow-disk, short-writes, power-cut",
            "FUSE pass-through",
            (silent(Disk::probe()), "root and /dev/fuse"),
            "--world sim",
        ),
        ("cpu", "cgroup", (home(Controller::Cpu), "root, or delegation"), "`slow` on a stand-in"),
        ("memory", "cgroup", (home(Controller::Memory), "root, or delegation"), "none"),
        ("processes", "cgroup", (home(Controller::Processes), "root, or delegation"), "none"),
        ("open-files", "soft limit (prlimit)", (works_without(soft_limit()), "same user"), "-"),
        (
            "clock-skew",
            "libfaketime",
            (Clock::library().map(shown).map_err(first_line), "none"),
            "`clock-skew` on a stand-in",
        ),
        (
            "packets",
            "network namespace and veth",
            (silent(probe::room()), "root"),
            "`latency`, `loss`, `cut` by the proxy",
        ),
        ("packets", "netem", (silent(probe::netem()), "root"), "NFQUEUE"),
        ("packets", "NFQUEUE", (silent(probe::queue()), "root"), "`latency`, `loss`, `cut` by the proxy"),
    ];
    rows.into_iter()
        .map(|(serves, mechanism, (tried, privilege), instead)| {
            let works = tried.is_ok();
            let detail = tried.unwrap_or_else(|why| why);
            Finding { serves: serves.to_owned(), mechanism: mechanism.to_owned(), works, privilege, detail, instead }
        })
        .collect()
}

/// The stock servers that `engine:` can start, with their versions where they say them.
pub fn servers() -> Vec<Finding> {
    let of = |recipe: &engines::Recipe| {
        let missing: Vec<&str> = recipe.programs.iter().copied().filter(|name| find::program(name).is_none()).collect();
        let place = recipe.programs.first().and_then(|name| find::program(name));
        let detail = match (missing.is_empty(), place) {
            (true, Some(place)) => match recipe.version() {
                Some(version) => format!("{version} ({})", shown(place)),
                None => shown(place),
            },
            _ => format!("{} not found; Debian has it in the package {}", missing.join(", "), recipe.package),
        };
        Finding {
            serves: format!("engine: {}", recipe.engine.word()),
            mechanism: recipe.programs.join(", "),
            works: missing.is_empty(),
            privilege: "none",
            detail,
            instead: "a stand-in",
        }
    };
    engines::RECIPES.iter().map(of).collect()
}

fn listener() -> std::io::Result<()> {
    std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).map(drop)
}

/// Signal 0 only asks whether another would be allowed.
fn signal() -> std::io::Result<()> {
    Ok(nix::sys::signal::kill(nix::unistd::getpid(), None)?)
}

/// Set to what it is.
fn soft_limit() -> std::io::Result<()> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?)
}

fn home(controller: Controller) -> Result<String, String> {
    resources::probe(controller).map(no_words)
}

fn silent(tried: Result<(), String>) -> Result<String, String> {
    tried.map(no_words)
}

fn no_words<T>(_: T) -> String {
    String::new()
}

fn words(trouble: super::Trouble) -> String {
    first_line(trouble.to_string())
}

fn first_line(text: String) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn shown(path: impl AsRef<Path>) -> String {
    path.as_ref().display().to_string()
}
