//! Stock servers: how each is started in a private folder on a free port, one file per server. A recipe is text only: it says which
//! files, first steps and arguments; starting, readiness and the end are the same as for any other process.

mod dns;
pub mod find;
mod haproxy;
mod memcached;
mod nats;
mod nginx;
mod postgres;
mod rabbitmq;
mod redis;
mod smtp;

use crate::plan::real::{Engine, First, Origin, Protocol};
use crate::plan::{Party, Plan, RealService};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program that takes longer to say its version is not waited for.
const VERSION_WITHIN: Duration = Duration::from_secs(2);

/// One server. Placeholders in its texts are those of `start`.
pub struct Recipe {
    pub engine: Engine,
    /// The source whose head is its manual page.
    pub page: &'static str,
    /// The programs it needs, the server first.
    pub programs: &'static [&'static str],
    /// What is asked for its version; nothing where that would start more than a program (RabbitMQ's tools start a virtual machine and its
    /// name server).
    pub version: &'static [&'static str],
    /// The Debian package that has them.
    pub package: &'static str,
    start: fn(&Order) -> Start,
}

/// What is asked for.
struct Order<'a> {
    settings: &'a [(String, String)],
    protocol: Protocol,
    /// It speaks TLS with the certificate that `{cert}` and `{key}` name.
    tls: bool,
    /// The services that it calls, whose addresses stand in `{to:NAME}`.
    calls: Vec<Called<'a>>,
}

/// A service that an engine calls.
struct Called<'a> {
    name: &'a str,
    /// Its certificate, if it has one, is of the authority that `{ca}` names, and for [`SERVER_NAME`].
    tls: bool,
}

/// The name that the certificates of a run are for.
const SERVER_NAME: &str = "localhost";

/// What is started. The program is found by its name.
#[derive(Default)]
struct Start {
    program: &'static str,
    args: Vec<String>,
    env: Vec<(String, String)>,
    files: Vec<(String, String)>,
    run: Vec<Vec<String>>,
}

/// In the order of the manual.
pub static RECIPES: &[Recipe] = &[
    redis::RECIPE,
    postgres::RECIPE,
    memcached::RECIPE,
    nginx::RECIPE,
    haproxy::RECIPE,
    rabbitmq::RECIPE,
    nats::RECIPE,
    smtp::RECIPE,
    dns::RECIPE,
];

pub fn recipe(engine: Engine) -> &'static Recipe {
    RECIPES.iter().find(|recipe| recipe.engine == engine).expect("every engine is in the table, as a test checks")
}

/// A service as it is started: an engine becomes a program with its arguments, and everything else stays what it is.
pub fn resolved(plan: &Plan, real: &RealService) -> RealService {
    let Origin::Engine { engine, settings } = &real.origin else { return real.clone() };
    let called = plan.edges.iter().filter(|edge| edge.from == Party::Service(real.service));
    let made = |id| plan.real.services.iter().any(|other| other.service == id && other.tls && other.ca.is_none());
    let calls = called.map(|edge| Called { name: &plan.service(edge.to).name, tls: made(edge.to) }).collect();
    let tls = real.tls && real.ca.is_none();
    let start = (recipe(*engine).start)(&Order { settings, protocol: real.protocol, tls, calls });
    let program = found(start.program);
    let run = start.run.into_iter().map(|mut words| {
        words[0] = found(&words[0]);
        words
    });
    let first = First { files: start.files, run: run.collect(), unprivileged: true };
    let origin = Origin::Start { program, args: start.args, env: start.env, first };
    RealService { origin, ..real.clone() }
}

/// The full path where there is one; the bare name is what the check before the run then misses.
fn found(program: &str) -> String {
    find::program(program).map_or_else(|| program.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// The Debian package that brings a program of ours.
pub fn package_of(program: &str) -> Option<&'static str> {
    RECIPES.iter().find(|recipe| recipe.programs.contains(&program)).map(|recipe| recipe.package)
}

impl Recipe {
    /// The version of the server here, such as `7.0.15`, if it says one at once.
    pub fn version(&self) -> Option<String> {
        let (program, args) = self.version.split_first()?;
        let mut command = Command::new(find::program(program)?);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let until = Instant::now() + VERSION_WITHIN;
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() >= until {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().ok()?;
        // Some say it as if it were an error.
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        version_in(&said)
    }

    /// The manual page, without a heading.
    pub fn manual(&self) -> String {
        let head = self.page.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim_start);
        let (speaks, within) = (self.engine.protocol().word(), self.engine.ready_within());
        let (programs, package) = (self.programs.join(", "), self.package);
        format!(
            "{}\n\nSpeaks `{speaks}` unless `protocol` says otherwise; must be ready within {within} unless `ready_within` says otherwise. \
             Needs {programs} (on Debian and Ubuntu: `apt install {package}`).",
            head.collect::<Vec<_>>().join("\n").trim_end()
        )
    }
}

/// The first number with a point in it, and what belongs to it.
fn version_in(said: &str) -> Option<String> {
    let numbers = said.split(|c: char| !c.is_ascii_digit() && c != '.').map(|number| number.trim_matches('.'));
    numbers.into_iter().find(|number| number.contains('.')).map(str::to_owned)
}

impl Order<'_> {
    /// The value of a setting, or what it is without one.
    fn setting<'s>(&'s self, name: &str, otherwise: &'s str) -> &'s str {
        self.settings.iter().find(|(key, _)| key == name).map_or(otherwise, |(_, value)| value)
    }

    /// Those that the recipe does not place by name.
    fn others<'s>(&'s self, placed: &'s [&str]) -> impl Iterator<Item = &'s (String, String)> {
        self.settings.iter().filter(|(key, _)| !placed.contains(&key.as_str()))
    }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
