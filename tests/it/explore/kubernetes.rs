//! What is written for Kubernetes, read as a cluster reads it: YAML 1.1 by PyYAML, then the types of the API, with no field left over. A cluster of
//! one folder plays the pods, and the merge has the same bytes as one process writes.

use super::{SHOP, command, ended, firedrill, folder, read};
use crate::outputs::python;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Container, PodSpec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SWEEP: [&str; 6] = ["sweep", "shop.yaml", "--vary", "services.web.workers=6..10:2", "--seeds", "3"];
const EMIT: [&str; 6] = ["emit", "kubernetes", "--image", "registry.example/firedrill:0.1.0", "--claim", "results"];
const HOME: &str = "reports/shop.kubernetes";

pub fn documents(path: &Path) -> Vec<Value> {
    const READ: &str = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let out = Command::new(python()).args(["-c", READ]).arg(path).output().expect("python runs");
    let told = String::from_utf8_lossy(&out.stderr);
    serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{}: {error}: {told}", path.display()))
}

/// A document as the API's type has it. The types let unknown fields pass, so what they keep must be everything.
pub fn typed<T: DeserializeOwned + Serialize>(document: &Value) -> T {
    let read: T = serde_json::from_value(document.clone()).unwrap_or_else(|error| panic!("{error} in {document:#}"));
    assert_eq!(&serde_json::to_value(&read).expect("plain data"), document, "a field is not of the API");
    read
}

fn of_kind<T: DeserializeOwned + Serialize>(documents: &[Value], kind: &str) -> Vec<T> {
    documents.iter().filter(|document| document["kind"] == kind).map(typed).collect()
}

fn emit(home: &Path, more: &[&str]) -> PathBuf {
    let done = firedrill(home, &[&EMIT[..], more, &["--"], &SWEEP].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    home.join(HOME)
}

/// Plays a pod: its volumes are folders below `home`.
struct Cluster {
    home: PathBuf,
}

impl Cluster {
    fn new(home: &Path, configs: &[ConfigMap], pod: &PodSpec) -> Cluster {
        let cluster = Cluster { home: home.join("cluster") };
        std::fs::create_dir_all(cluster.home.join("results")).expect("it can be made");
        for volume in pod.volumes.iter().flatten() {
            let Some(wanted) = &volume.config_map else { continue };
            let config =
                configs.iter().find(|one| one.metadata.name.as_ref() == Some(&wanted.name)).expect("it is there");
            for item in wanted.items.iter().flatten() {
                let path = cluster.home.join(&volume.name).join(&item.path);
                std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
                let text = config.data.as_ref().and_then(|data| data.get(&item.key)).expect("it is in the map");
                std::fs::write(path, text).expect("it can be written");
            }
        }
        cluster
    }

    /// A path of the container, outside of it.
    fn outside(&self, container: &Container, text: &str) -> String {
        let mounts = container.volume_mounts.iter().flatten();
        mounts.fold(text.to_owned(), |text, mount| match text.strip_prefix(&mount.mount_path) {
            Some(rest) => format!("{}{rest}", self.home.join(&mount.name).display()),
            None => text,
        })
    }

    fn play(&self, pod: &PodSpec, index: Option<i32>) {
        let container = &pod.containers[0];
        assert_eq!(container.command.as_deref(), Some(&["firedrill".to_owned()][..]));
        let args: Vec<String> = container.args.iter().flatten().map(|arg| self.outside(container, arg)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let at = self.outside(container, container.working_dir.as_deref().expect("it works somewhere"));
        let mut task = command(Path::new(&at), &args);
        task.envs(container.env.iter().flatten().map(|one| (&one.name, one.value.as_deref().unwrap_or_default())));
        task.envs(index.map(|index| ("JOB_COMPLETION_INDEX", index.to_string())));
        let done = ended(task.output().expect("it starts"));
        assert_eq!(done.code, Some(0), "{}", done.said());
    }

    /// Everything that was applied, in its order, and the merge.
    fn play_all(home: &Path, job: &Path) -> Cluster {
        let shards = documents(&job.join("shards.yaml"));
        let configs: Vec<ConfigMap> = of_kind(&shards, "ConfigMap");
        let jobs: Vec<Job> = of_kind(&shards, "Job");
        let pod = |job: &Job| job.spec.clone().and_then(|spec| spec.template.spec).expect("it has pods");
        let cluster = Cluster::new(home, &configs, &pod(&jobs[0]));
        for job in &jobs {
            match job.spec.as_ref().and_then(|spec| spec.completions) {
                Some(of) => (0..of).for_each(|index| cluster.play(&pod(job), Some(index))),
                None => cluster.play(&pod(job), None),
            }
        }
        let merge: Vec<Job> = of_kind(&documents(&job.join("merge.yaml")), "Job");
        cluster.play(&pod(&merge[0]), None);
        cluster
    }

    fn result(&self, name: &str) -> String {
        let mut folders = std::fs::read_dir(self.home.join("results")).expect("it can be listed").flatten();
        let of_run = folders.next().expect("there is one").path();
        read(&of_run, name)
    }
}

/// A shop whose load is read from a file, in a folder below.
fn shop(home: &Path) {
    let text = SHOP.replace("rate: 100/s", "rate: {trace: load/day.csv, every: 5s}");
    std::fs::write(home.join("shop.yaml"), text).expect("it can be written");
    std::fs::create_dir_all(home.join("load")).expect("it can be made");
    std::fs::write(home.join("load/day.csv"), "90\n120\n150\n100\n").expect("it can be written");
}

#[test]
fn pods_play_the_shards_and_the_merge_is_the_same() {
    let home = folder();
    shop(home.path());
    let whole = firedrill(home.path(), &[&SWEEP[..], &["--out", "whole"]].concat());
    assert_eq!(whole.code, Some(0), "{}", whole.said());
    let whole = read(home.path(), "whole/shop.sweep/results.json");
    for more in [&["--shards", "3"][..], &["--shards", "4", "--per-shard"]] {
        let job = emit(home.path(), more);
        let cluster = Cluster::play_all(home.path(), &job);
        assert!(cluster.result("shop.sweep/results.json") == whole, "the results differ: {more:?}");
        std::fs::remove_dir_all(cluster.home).expect("it goes");
    }
}

#[test]
fn a_hunt_is_handed_over_and_what_it_finds_is_no_failure() {
    let home = folder();
    std::fs::write(home.path().join("shop.yaml"), SHOP).expect("it can be written");
    let hunt = [
        "hunt",
        "shop.yaml",
        "--hold",
        "success(users) >= 95%",
        "--fault",
        "slow:web",
        "--runs",
        "2",
        "--searches",
        "2",
    ];
    let done = firedrill(home.path(), &[&EMIT[..], &["--shards", "2", "--"], &hunt].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let cluster = Cluster::play_all(home.path(), &home.path().join(HOME));
    assert!(cluster.result("shop.hunt/found.yaml").contains("kind: slow"));
}

#[test]
fn the_job_says_what_a_cluster_must_know() {
    let home = folder();
    shop(home.path());
    let job = emit(
        home.path(),
        &["--shards", "8", "--parallelism", "3", "--cpus", "2", "--memory", "1Gi", "--namespace", "drills"],
    );
    let shards = documents(&job.join("shards.yaml"));
    let jobs: Vec<Job> = of_kind(&shards, "Job");
    let spec = jobs[0].spec.as_ref().expect("it has one");
    assert_eq!(
        (spec.completions, spec.parallelism, spec.completion_mode.as_deref()),
        (Some(8), Some(3), Some("Indexed"))
    );
    assert_eq!(spec.backoff_limit_per_index, Some(3));
    let pod = spec.template.spec.as_ref().expect("it has pods");
    assert_eq!(pod.restart_policy.as_deref(), Some("Never"));
    let container = &pod.containers[0];
    assert_eq!(container.image.as_deref(), Some("registry.example/firedrill:0.1.0"));
    let requests = container.resources.as_ref().and_then(|all| all.requests.clone()).expect("it asks for some");
    assert_eq!((requests["cpu"].0.as_str(), requests["memory"].0.as_str()), ("2", "1Gi"));
    let env: BTreeMap<_, _> =
        container.env.iter().flatten().map(|one| (one.name.as_str(), one.value.as_deref())).collect();
    assert_eq!(env["SHARDS"], Some("8"));
    let claim = pod.volumes.iter().flatten().find_map(|volume| volume.persistent_volume_claim.as_ref());
    assert_eq!(claim.map(|claim| claim.claim_name.as_str()), Some("results"));
    let all = [shards, documents(&job.join("merge.yaml"))].concat();
    let names: Vec<&str> =
        all.iter().filter_map(|one| one["metadata"]["labels"]["app.kubernetes.io/instance"].as_str()).collect();
    assert!(
        names.len() == 3 && names.iter().all(|name| *name == names[0] && name.starts_with("firedrill-shop-sweep-")),
        "{names:?}"
    );
    assert!(all.iter().all(|one| one["metadata"]["namespace"] == "drills"));
}

/// A kubectl that writes down what it is asked, and says yes.
const KUBECTL: &str = "#!/bin/sh
echo \"$@\" >>\"$ASKED\"
case \"$*\" in
    *'{.metadata.uid}'*) echo 0123-4567 ;;
    *' logs job/'*-merge) printf '%s\\n' 'a table' \"$LAST\" ;;
esac
";

#[test]
fn the_script_applies_waits_and_merges() {
    let home = folder();
    shop(home.path());
    let job = emit(home.path(), &["--shards", "2"]);
    let kubectl = home.path().join("kubectl");
    std::fs::write(&kubectl, KUBECTL).expect("it can be written");
    std::fs::set_permissions(&kubectl, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
    let mut script = Command::new(job.join("submit.sh"));
    script.env("KUBECTL", &kubectl).env("ASKED", home.path().join("asked"));
    for (last, code) in [
        ("exit 0: 1 of 2 points do not hold (would be 10, but --no-fail)", 10),
        ("exit 2: shard 3 of 4 is missing", 2),
        ("", 1),
    ] {
        let ended = script.env("LAST", last).output().expect("it starts").status.code();
        assert_eq!(ended, Some(code), "the script ends with the verdict: {last}");
    }
    std::fs::remove_file(home.path().join("asked")).expect("it was written");
    let out = script.env("LAST", "exit 0: all held").output().expect("it starts");
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    let asked = read(home.path(), "asked");
    let verbs: Vec<&str> = asked.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(verbs, ["apply", "get", "patch", "wait", "apply", "get", "patch", "wait", "logs"], "{asked}");
    let patch = asked.lines().find(|line| line.contains(" patch ")).expect("it is there");
    let reference: Value = serde_json::from_str(&patch[patch.find('{').expect("JSON")..]).expect("it is JSON");
    let owner = &reference["metadata"]["ownerReferences"][0];
    assert!(owner["uid"] == "0123-4567" && owner["kind"] == "Job" && owner["apiVersion"] == "batch/v1", "{patch}");
}

#[test]
fn mistakes_are_told_before_anything_is_written() {
    let home = folder();
    shop(home.path());
    let refused = |words: &[&str], told: &str| {
        let done = firedrill(home.path(), words);
        assert!(done.code == Some(2) && done.err.contains(told), "{words:?}: {}", done.said());
    };
    let with = |more: &[&'static str], sweep: &[&'static str]| [&EMIT[..], more, &["--"], sweep].concat();
    refused(&[&EMIT[..2], &["--claim", "results", "--"], &SWEEP].concat(), "--image");
    refused(&[&EMIT[..4], &["--"], &SWEEP].concat(), "--claim");
    refused(&[&EMIT[..4], &["--claim", "emptyDir", "--"], &SWEEP].concat(), "an emptyDir is gone with its pod");
    refused(&with(&["--shards", "0"], &SWEEP), "0 is not in 1..=10000");
    refused(&with(&["--shards", "2000", "--per-shard"], &SWEEP), "2000 Jobs are more");
    refused(&with(&["--memory", "lots"], &SWEEP), "such as 512Mi");
    refused(&with(&["--selector", "web=app=web"], &SWEEP), "are for a live run");
    refused(&with(&["--namespace", "My_Drills"], &SWEEP), "lower-case letters");
    refused(&with(&[], &["plan", "shop.yaml"]), "can be handed over");
    refused(&with(&[], &["run", "shop.yaml", "--world", "live"]), "not in the cluster: web");
    refused(&with(&[], &[&SWEEP[..], &["--jobs", "2"]].concat()), "the engine's to give");
    std::fs::copy(home.path().join("load/day.csv"), home.path().join("load.csv")).expect("it can be copied");
    let below = home.path().join("below");
    std::fs::create_dir(&below).expect("it can be made");
    std::fs::write(below.join("shop.yaml"), read(home.path(), "shop.yaml").replace("load/day.csv", "../load.csv"))
        .expect("written");
    refused(&with(&[], &["sweep", "below/shop.yaml", "--vary", "services.web.workers=1,2"]), "cannot be taken along");
    assert!(!home.path().join("reports").exists());
}
