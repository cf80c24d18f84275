//! Engines that exist: GNU parallel, and a Slurm of two nodes that loses one in the middle. What they leave is merged into the same bytes as one
//! process writes.

use super::{SHOP, command, firedrill, folder, read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(420);

fn sweep(seeds: &'static str) -> Vec<&'static str> {
    vec!["sweep", "shop.yaml", "--vary", "services.web.workers=4..16:1", "--seeds", seeds]
}

/// The results of the sweep in one piece.
fn whole(home: &Path, seeds: &'static str) -> String {
    std::fs::write(home.join("shop.yaml"), SHOP).expect("it can be written");
    let done = firedrill(home, &[sweep(seeds), vec!["--out", "whole"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    read(home, "whole/shop.sweep/results.json")
}

fn said(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {}: {text}", output.status);
    text
}

#[test]
fn parallel_plays_the_shards() {
    let home = folder();
    let whole = whole(home.path(), "5");
    let mut parallel = Command::new("parallel");
    parallel.current_dir(home.path()).args(["-j", "2", "--will-cite", env!("CARGO_BIN_EXE_firedrill")]);
    parallel
        .args(sweep("5"))
        .args(["--shard", "{}/8", "--out", "shards", ":::"])
        .args((1..=8).map(|k: u32| k.to_string()));
    said(parallel);
    let files: Vec<String> = (1..=8).map(|k| format!("shards/shop.sweep.{k}-of-8.json")).collect();
    let mut args = vec!["merge"];
    args.extend(files.iter().map(String::as_str));
    let merged = firedrill(home.path(), &args);
    assert_eq!(merged.code, Some(0), "{}", merged.said());
    assert!(read(home.path(), "reports/shop.sweep/results.json") == whole, "the results differ");
}

/// A Slurm of this machine's own, with a key of its own; everything of it ends with this.
struct Slurm {
    folder: PathBuf,
    conf: PathBuf,
}

impl Slurm {
    fn start(home: &Path) -> Slurm {
        let folder = home.join("slurm");
        for part in ["n1", "n2", "ctl", "log", "munge"] {
            std::fs::create_dir_all(folder.join(part)).expect("it can be made");
        }
        let at = folder.display().to_string();
        let set_up = format!(
            "chmod 755 {at} && chmod 700 {at}/munge && head -c 1024 /dev/urandom >{at}/munge/key && chmod 400 {at}/munge/key
             munged --force --key-file={at}/munge/key --socket={at}/munge/socket --pid-file={at}/munge/pid --log-file={at}/munge/log --seed-file={at}/munge/seed"
        );
        let mut shell = Command::new("sh");
        shell.args(["-ec", &set_up]);
        said(shell);
        let user = said(whoami());
        let ports: Vec<u16> = {
            let held: Vec<TcpListener> =
                (0..3).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
            held.iter().map(|port| port.local_addr().expect("it has one").port()).collect()
        };
        let conf = folder.join("slurm.conf");
        std::fs::write(&conf, configuration(&at, user.trim(), &ports)).expect("it can be written");
        let slurm = Slurm { folder, conf };
        said(slurm.command("slurmctld", &["-f", &slurm.conf.display().to_string()]));
        for node in ["n1", "n2"] {
            said(slurm.command("slurmd", &["-f", &slurm.conf.display().to_string(), "-N", node]));
        }
        slurm.waits_for("both nodes are idle", || slurm.ask("sinfo", &["-h", "-o", "%D %t"]).trim() == "2 idle");
        slurm
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command.args(args).env("SLURM_CONF", &self.conf).env("PATH", path).stdin(Stdio::null());
        command
    }

    fn ask(&self, program: &str, args: &[&str]) -> String {
        said(self.command(program, args))
    }

    fn waits_for(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            let log = std::fs::read_to_string(self.folder.join("log/ctl")).unwrap_or_default();
            let tail = log.lines().rev().take(20).collect::<Vec<_>>().join("\n");
            assert!(begun.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}; the controller says\n{tail}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn pid(&self, file: &str) -> Option<i32> {
        std::fs::read_to_string(self.folder.join(file)).ok()?.trim().parse().ok()
    }

    /// The node is gone, as if its power were cut: its daemon, its steps and their tasks.
    fn lose(&self, node: &str) {
        kill(self.pid(&format!("{node}.pid")).expect("it runs"));
        let mark = format!("SLURMD_NODENAME={node}");
        let conf = format!("SLURM_CONF={}", self.conf.display());
        for process in std::fs::read_dir("/proc").expect("it can be listed").flatten() {
            let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
            let has = |word: &str| environment.split(|byte| *byte == 0).any(|one| one == word.as_bytes());
            let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
            if has(&mark) && has(&conf) {
                let parent = std::fs::read_to_string(process.path().join("stat")).unwrap_or_default();
                let parent = parent.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
                let is_step = |pid: i32| {
                    std::fs::read_to_string(format!("/proc/{pid}/comm"))
                        .is_ok_and(|name| name.starts_with("slurmstepd"))
                };
                parent.filter(|parent| is_step(*parent)).into_iter().for_each(kill);
                kill(pid);
            }
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        for node in ["n1", "n2"] {
            if let Some(pid) = self.pid(&format!("{node}.pid")) {
                self.lose_quietly(node, pid);
            }
        }
        ["ctl.pid", "munge/pid"].iter().filter_map(|file| self.pid(file)).for_each(kill);
    }
}

impl Slurm {
    fn lose_quietly(&self, node: &str, pid: i32) {
        // One that is gone already has a file, and no process.
        if Path::new(&format!("/proc/{pid}")).exists() {
            self.lose(node);
        }
    }
}

fn whoami() -> Command {
    let mut command = Command::new("id");
    command.arg("-un");
    command
}

fn kill(pid: i32) {
    // It may have ended by itself.
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
}

fn configuration(at: &str, user: &str, ports: &[u16]) -> String {
    format!(
        "ClusterName=drill
SlurmctldHost=localhost(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={at}/munge/socket
SlurmctldPort={}
StateSaveLocation={at}/ctl
SlurmdSpoolDir={at}/%n
SlurmctldPidFile={at}/ctl.pid
SlurmdPidFile={at}/%n.pid
SlurmctldLogFile={at}/log/ctl
SlurmdLogFile={at}/log/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdTimeout=10
ReturnToService=2
MpiDefault=none
AccountingStorageType=accounting_storage/none
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={} CPUs=2 State=UNKNOWN
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={} CPUs=2 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
",
        ports[0], ports[1], ports[2]
    )
}

#[test]
fn slurm_loses_a_node_and_the_merge_is_the_same() {
    let home = folder();
    let whole = whole(home.path(), "300");
    let program = env!("CARGO_BIN_EXE_firedrill");
    let emit = ["emit", "slurm", "--shards", "16", "--program", program, "--"];
    let written = firedrill(home.path(), &[&emit[..], &sweep("300")].concat());
    assert_eq!(written.code, Some(0), "{}", written.said());
    let slurm = Slurm::start(home.path());
    let job = home.path().join("reports/shop.slurm");
    said(slurm.command(&job.join("submit.sh").display().to_string(), &[]));
    let shards = || {
        std::fs::read_dir(job.join("shards")).map_or(0, |files| {
            files.flatten().filter(|file| file.path().extension().is_some_and(|ending| ending == "json")).count()
        })
    };
    slurm.waits_for("some shards are there", || shards() >= 3);
    let on_second = || slurm.ask("squeue", &["-h", "-t", "R", "-w", "n2", "-o", "%A"]).lines().count();
    slurm.waits_for("the second node is at work", || on_second() > 0 || shards() == 16);
    slurm.lose("n2");
    let at_loss = shards();
    assert!(at_loss < 16, "it was over before the node was lost");
    let merged = job.join("shop.sweep/results.json");
    slurm.waits_for("the merge is there", || {
        // A task that is queued again waits two minutes by itself.
        for task in slurm
            .ask("squeue", &["-h", "-t", "PD", "-r", "-o", "%i %r"])
            .lines()
            .filter(|line| line.ends_with("BeginTime"))
        {
            let id = task.split_whitespace().next().unwrap_or_default();
            let mut now = slurm.command("scontrol", &["update", &format!("JobId={id}"), "StartTime=now"]);
            // It may have begun meanwhile.
            let _ = now.output();
        }
        merged.exists()
    });
    let logs: String = (1..=16).map(|k| read(&job, &format!("logs/shard-{k}.log"))).collect();
    println!(
        "{at_loss} of 16 shards were there when the node was lost; {} tasks wrote their shard",
        logs.matches("exit 0: shard").count()
    );
    assert!(std::fs::read_to_string(&merged).expect("it is there") == whole, "the results differ");
}

#[test]
fn files_that_a_scenario_names_travel_with_it() {
    let home = folder();
    let text = SHOP.replace("rate: 100/s", "rate: {trace: load/day.csv, every: 5s}");
    std::fs::write(home.path().join("shop.yaml"), text).expect("it can be written");
    std::fs::create_dir(home.path().join("load")).expect("it can be made");
    std::fs::write(home.path().join("load/day.csv"), "90\n120\n").expect("it can be written");
    let done = firedrill(home.path(), &[&["emit", "slurm", "--shards", "2", "--"][..], &sweep("1")].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let job = home.path().join("reports/shop.slurm");
    assert_eq!(read(&job, "load/day.csv"), "90\n120\n");
    let words = sweep("1").into_iter().map(|word| if word == "shop.yaml" { "scenario.yaml" } else { word });
    let played = firedrill(&job, &words.chain(["--shard", "1/2", "--out", "shards"]).collect::<Vec<_>>());
    assert_eq!(played.code, Some(0), "{}", played.said());
}

#[test]
fn mistakes_are_told_before_anything_is_handed_over() {
    let home = folder();
    std::fs::write(home.path().join("shop.yaml"), SHOP).expect("it can be written");
    let refused = |words: &[&str], told: &str| {
        let done = super::ended(
            command(home.path(), &[&["emit", "slurm", "--"], words].concat()).output().expect("it starts"),
        );
        assert!(done.code == Some(2) && done.err.contains(told), "{words:?}: {}", done.said());
    };
    refused(&["plan", "shop.yaml"], "can be handed over");
    refused(&["run", "shop.yaml", "--variant", "none"], "none");
    refused(&["run", "shop.yaml", "--retries", "2"], "for live runs");
    refused(&["run", "shop.yaml", "--no-fail"], "for the merge");
    refused(&["run", "--tag", "timeouts"], "one scenario at a time");
    refused(&["sweep", "shop.yaml", "--vary", "services.wbe.workers=1,2"], "did you mean `web`?");
    refused(&["sweep", "shop.yaml", "--vary", "services.web.workers=1,2", "--shard", "1/2"], "the engine's to give");
    refused(&["sweep", "shop.yaml", "--varry", "x=1"], "--varry");
    assert!(!home.path().join("reports").exists());
}
