//! The pod of a task: one container without rights, the scenario to read, the volume of the results to write. It fits the "restricted" Pod Security
//! Standard (kubernetes.io/docs/concepts/security/pod-security-standards).

use super::{Cluster, key, labels};
use crate::emit::{Companion, Job};
use serde_json::{Value, json};

pub const CONTAINER: &str = "firedrill";
/// Where the scenario and its files are.
const SCENARIO: &str = "/scenario";
pub const RESULTS: &str = "/results";
/// Nobody in particular, as images without a shell have it.
const USER: u32 = 65532;

/// The command of a task, and what stands in its environment.
pub struct Task {
    args: Vec<String>,
    env: Vec<(&'static str, String)>,
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
            Task { args, env: Vec::new() }
        }
        None => Task { args, env: vec![("SHARDS", job.shards.to_string())] },
    }
}

pub fn merge(job: &Job) -> Task {
    let words = ["merge", &format!("{}/shards", folder(job)), "--out", &folder(job), "--no-fail"];
    Task { args: words.map(str::to_owned).to_vec(), env: Vec::new() }
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
    let env: Vec<Value> = task.env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "metadata": {"labels": labels(job, component)},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": USER,
                "runAsGroup": USER,
                "fsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": CONTAINER,
                "image": cluster.image,
                "command": [job.program],
                "args": task.args,
                "env": env,
                "workingDir": if companions.is_empty() { RESULTS } else { SCENARIO },
                "resources": {
                    "requests": {"cpu": job.cpus.to_string(), "memory": cluster.memory},
                    "limits": {"memory": cluster.memory},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": mounts,
            }],
            "volumes": volumes,
        },
    })
}
