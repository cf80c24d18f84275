//! How each generator is called, and how its figures are read out of what it says.

use super::nginx::Nginx;
use super::used::{Used, on_the_second_core};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const RATE: u64 = 5000;
const CONNECTIONS: u64 = 50;

pub struct Peer {
    pub name: &'static str,
    /// It can send at a rate, whether or not answers come.
    pub is_open_loop: bool,
    program: String,
    run: fn(&Task) -> Figures,
}

/// One measurement.
struct Task<'a> {
    program: &'a str,
    address: &'a str,
    rate: Option<u64>,
    seconds: u64,
    folder: &'a Path,
}

/// Latencies and lag in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub per_second: f64,
    pub cpu_per_million: f64,
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    pub lag_p99: Option<f64>,
}

/// The first is what the others are compared with.
pub fn all() -> Vec<Peer> {
    let peer = |name, program: &str, is_open_loop, run| Peer { name, is_open_loop, program: program.to_owned(), run };
    vec![
        peer("firedrill", &ours(), true, firedrill as fn(&Task) -> Figures),
        peer("wrk", "wrk", false, wrk),
        peer("h2load", "h2load", true, h2load),
        peer("oha", &their_oha(), true, oha),
    ]
}

impl Peer {
    pub fn measure(&self, nginx: &Nginx, rate: Option<u64>, seconds: u64, folder: &Path) -> Figures {
        (self.run)(&Task { program: &self.program, address: &nginx.address, rate, seconds, folder })
    }
}

impl Figures {
    fn new(used: &Used, requests: f64, seconds: f64) -> Figures {
        let cpu_per_million = used.cpu_s / requests * 1e6;
        Figures { per_second: requests / seconds, cpu_per_million, p50: None, p99: None, lag_p99: None }
    }

    /// Each figure's own median.
    pub fn median(all: &[Figures]) -> Figures {
        let of = |read: fn(&Figures) -> Option<f64>| {
            let mut values: Vec<f64> = all.iter().filter_map(read).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        Figures {
            per_second: of(|one| Some(one.per_second)).unwrap_or(f64::NAN),
            cpu_per_million: of(|one| Some(one.cpu_per_million)).unwrap_or(f64::NAN),
            p50: of(|one| one.p50),
            p99: of(|one| one.p99),
            lag_p99: of(|one| one.lag_p99),
        }
    }
}

fn ours() -> String {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/firedrill");
    std::env::var("FIREDRILL").unwrap_or_else(|_| built.display().to_string())
}

fn their_oha() -> String {
    if let Ok(program) = std::env::var("OHA") {
        return program;
    }
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/load-peers");
    let program = root.join("bin/oha");
    if !program.exists() {
        let installed = Command::new("cargo").args(["install", "oha", "--locked", "--root"]).arg(&root).status();
        assert!(installed.is_ok_and(|status| status.success()), "oha can be installed");
    }
    program.display().to_string()
}

/// The whole program: its start, its judgement and its reports are in its processor time.
fn firedrill(task: &Task) -> Figures {
    let users = match task.rate {
        Some(rate) => format!("rate: {rate}/s"),
        None => format!("users: {CONNECTIONS}, think: 1us"),
    };
    let text = format!(
        "name: load\nlength: {}s\nwarmup: 100ms\nworld: live\nclients:\n  users: {{calls: {{to: web, timeout: 10s}}, {users}}}\n\
         services:\n  web: {{work: 10us}}\nexpect:\n  - success(users) >= 99%\nlive:\n  web: {{address: \"{}\"}}\n",
        task.seconds, task.address
    );
    let [file, json] = ["load.yaml", "load.json"].map(|name| task.folder.join(name).display().to_string());
    std::fs::write(&file, text).expect("the folder can be written to");
    let args = ["run", &file, "--no-fail", "--output", "text", "--output", &format!("json={json}")].map(str::to_owned);
    let used = on_the_second_core(task.program, &args);
    let result: Value = serde_json::from_slice(&std::fs::read(json).expect("it was written")).expect("JSON");
    let whole = result["phases"].as_array().and_then(|phases| phases.iter().find(|phase| phase["name"] == "whole"));
    let users = whole.map_or(&Value::Null, |whole| &whole["clients"]["users"]);
    let requests = users["ok"].as_f64().expect("requests were answered");
    let seconds = task.seconds as f64;
    let latency = |name: &str| users["latency_ms"][name].as_f64().map(|ms| ms / 1e3);
    // What was answered in the warm-up is not in the figures of the phase, and is in the processor time.
    let all = requests / (seconds - 0.1) * seconds;
    let lag_p99 = task.rate.and_then(|_| seconds_behind(&used.out, "sent late by "));
    Figures { p50: latency("p50"), p99: latency("p99"), lag_p99, ..Figures::new(&used, all, seconds) }
}

fn wrk(task: &Task) -> Figures {
    let connections = CONNECTIONS.to_string();
    let url = format!("http://{}/", task.address);
    let length = format!("{}s", task.seconds);
    let used = on_the_second_core(
        task.program,
        &["-t1", "-c", &connections, "-d", &length, "--latency", &url].map(str::to_owned),
    );
    let per_second = number_behind(&used.out, "Requests/sec:").expect("wrk says how many");
    let figures = Figures::new(&used, per_second * task.seconds as f64, task.seconds as f64);
    Figures { p50: seconds_behind(&used.out, "50%"), p99: seconds_behind(&used.out, "99%"), ..figures }
}

/// It says quantiles only in a log of every request, which costs it time: at its greatest rate it keeps none.
fn h2load(task: &Task) -> Figures {
    let mut args: Vec<String> =
        ["--h1", "-t1", "-c", &CONNECTIONS.to_string(), "-D", &task.seconds.to_string()].map(str::to_owned).into();
    let log = task.folder.join("h2load.log");
    let _ = std::fs::remove_file(&log);
    if let Some(rate) = task.rate {
        args.push(format!("--rps={}", rate / CONNECTIONS));
        args.push(format!("--log-file={}", log.display()));
    }
    args.push(format!("http://{}/", task.address));
    let used = on_the_second_core(task.program, &args);
    let done = used.out.lines().find(|line| line.starts_with("requests:")).expect("h2load says how many");
    let done = done.split(", ").find_map(|part| part.strip_suffix(" succeeded")?.parse().ok()).expect("a number");
    // Start in microseconds, status, time taken in microseconds.
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut taken: Vec<f64> = text.lines().filter_map(|line| line.split('\t').nth(2)?.parse().ok()).collect();
    taken.sort_by(f64::total_cmp);
    let at = |share: f64| taken.get((taken.len() as f64 * share) as usize).map(|us| us / 1e6);
    Figures { p50: at(0.5), p99: at(0.99), ..Figures::new(&used, done, task.seconds as f64) }
}

fn oha(task: &Task) -> Figures {
    let mut args: Vec<String> =
        ["--no-tui", "--output-format", "json", "-c", &CONNECTIONS.to_string()].map(str::to_owned).into();
    args.extend(["-z".to_owned(), format!("{}s", task.seconds)]);
    if let Some(rate) = task.rate {
        args.extend(["-q".to_owned(), rate.to_string(), "--latency-correction".to_owned()]);
    }
    args.push(format!("http://{}/", task.address));
    let used = on_the_second_core(task.program, &args);
    let result: Value = serde_json::from_str(&used.out).expect("JSON");
    let per_second = result["summary"]["requestsPerSec"].as_f64().expect("oha says how many");
    let figures = Figures::new(&used, per_second * task.seconds as f64, task.seconds as f64);
    let at = |name: &str| result["latencyPercentiles"][name].as_f64();
    Figures { p50: at("p50"), p99: at("p99"), ..figures }
}

fn number_behind(text: &str, word: &str) -> Option<f64> {
    let rest = text[text.find(word)? + word.len()..].trim_start();
    rest[..rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len())].parse().ok()
}

/// A number with its unit, such as `1.2ms`.
fn seconds_behind(text: &str, word: &str) -> Option<f64> {
    let number = number_behind(text, word)?;
    let rest = text[text.find(word)? + word.len()..].trim_start();
    let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let scale = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0)].into_iter().find(|(name, _)| unit.starts_with(name))?;
    Some(number * scale.1)
}
