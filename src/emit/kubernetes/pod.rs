//! The pod of a task: one container without rights, the scenario to read, the volume of the results to write. It fits the "restricted" Pod Security
//! Standard (kubernetes.io/docs/concepts/security/pod-security-standards).

use super::{Cluster, key, labels};
use crate::emit::{Companion, Job};
use serde_json::{Value, json};

pub const CONTAINER: &str = "firedrill";
/// Where the scenario and its files are.
const SCENARIO: &str = "/scenario";
pub const RESULTS: &str = "/results";
pub const SCRATCH: &str = "/tmp";
/// Nobody in particular, as images without a shell have it.
const USER: u32 = 65532;

/// The command of a task, and what stands in its environment.
pub struct Task {
    pub args: Vec<String>,
    pub env: Vec<Value>,
    /// A folder of its own for what only it needs, gone with the pod.
    pub has_scratch: bool,
}

impl Task {
    fn new(args: Vec<String>) -> Task {
        Task { args, env: Vec::new(), has_scratch: false }
    }
}

/// A variable of the environment.
pub fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// Where the results of this job lie in the volume.
pub fn folder(job: &Job) -> String {
    format!("{RESULTS}/{}", job.name)
}

/// One shard; without a number its index says which.
pub fn shard(job: &Job, number: Option<usize>) -> Task {
    let mut args = job.words.clone();
    let shards = format!("{}/shards", folder(job));
    args.extend(["--jobs", &job.cpus.to_string(), "--out", &shards].map(str::to_owned));
    match number {
        Some(number) => {
            args.extend(["--shard".to_owned(), format!("{number}/{}", job.shards)]);
            Task::new(args)
        }
        None => Task { env: vec![variable("SHARDS", &job.shards.to_string())], ..Task::new(args) },
    }
}

pub fn merge(job: &Job) -> Task {
    let words = ["merge", &format!("{}/shards", folder(job)), "--out", &folder(job), "--no-fail"];
    Task::new(words.map(str::to_owned).to_vec())
}

pub fn template(job: &Job, cluster: &Cluster, companions: &[Companion], task: Task, component: &str) -> Value {
    let mut mounts = vec![json!({"name": "results", "mountPath": RESULTS})];
    let mut volumes = vec![json!({"name": "results", "persistentVolumeClaim": {"claimName": cluster.claim}})];
    if !companions.is_empty() {
        let item = |(index, one): (usize, &Companion)| json!({"key": key(index), "path": one.path});
        let items: Vec<Value> = companions.iter().enumerate().map(item).collect();
        mounts.push(json!({"name": "scenario", "mountPath": SCENARIO, "readOnly": true}));
        volumes.push(json!({"name": "scenario", "configMap": {"name": job.name, "items": items}}));
    }
    if task.has_scratch {
        mounts.push(json!({"name": "scratch", "mountPath": SCRATCH}));
        volumes.push(json!({"name": "scratch", "emptyDir": {}}));
    }
    json!({
        "metadata": {"labels": labels(job, component)},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "securityContext": nobody(),
            "containers": [{
                "name": CONTAINER,
                "image": cluster.image,
                "command": [job.program],
                "args": task.args,
                "env": task.env,
                "workingDir": if companions.is_empty() { RESULTS } else { SCENARIO },
                "resources": {
                    "requests": {"cpu": job.cpus.to_string(), "memory": cluster.memory},
                    "limits": {"memory": cluster.memory},
                },
                "securityContext": without_rights(),
                "volumeMounts": mounts,
            }],
            "volumes": volumes,
        },
    })
}

pub fn nobody() -> Value {
    json!({
        "runAsNonRoot": true,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

pub fn without_rights() -> Value {
    json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}})
}
