//! Shards as pods of an Indexed Job (batch/v1), or a Job for each where the server is older than 1.21; the scenario travels in a ConfigMap, results lie
//! in a claimed volume that outlives the pods, and a Job merges them when all are there. Everything carries the label of its run, and what can
//! have an owner goes with it.
//!
//! Fields as in the API reference of Kubernetes 1.33 (kubernetes.io/docs/reference/kubernetes-api), Jobs in particular:
//! kubernetes.io/docs/concepts/workloads/controllers/job.

mod faults;
mod live;
mod pod;
mod scripts;

pub use live::{Live, live, load};

use super::{Companion, File, Job, yaml};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

/// A ConfigMap holds no more (kubernetes.io/docs/concepts/configuration/configmap), and its other fields need some room.
const CONFIG_BYTES_MAX: usize = 1_000_000;
/// A shard is tried again this often.
const RETRIES: u32 = 3;

/// Where and how it runs.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub namespace: String,
    /// In which the program is.
    pub image: String,
    /// The PersistentVolumeClaim that holds the results.
    pub claim: String,
    /// For each pod, such as `512Mi`.
    pub memory: String,
    /// So many pods at the same time.
    pub parallelism: usize,
    /// A Job for each shard, for servers without Indexed Jobs.
    pub per_shard: bool,
}

/// The files; words on why it cannot be done.
pub fn files(job: &Job, cluster: &Cluster, companions: &[Companion]) -> Result<Vec<File>, String> {
    check_size(companions)?;
    let mut shards = Vec::new();
    if !companions.is_empty() {
        shards.push(config(job, cluster, companions));
    }
    match cluster.per_shard {
        false => shards.push(indexed(job, cluster, companions)),
        true => shards.extend((1..=job.shards).map(|number| alone(job, cluster, companions, number))),
    }
    Ok(vec![
        File::text("shards.yaml", yaml::text(&shards)),
        File::text("merge.yaml", yaml::text(&[merge(job, cluster)])),
        File::program("submit.sh", scripts::submit(job, cluster, !companions.is_empty())),
    ])
}

fn check_size(companions: &[Companion]) -> Result<(), String> {
    let bytes: usize = companions.iter().map(|one| one.bytes.len()).sum();
    if bytes > CONFIG_BYTES_MAX {
        return Err(format!("the scenario and its files have {bytes} bytes, and a ConfigMap holds {CONFIG_BYTES_MAX}"));
    }
    Ok(())
}

fn metadata(job: &Job, cluster: &Cluster, name: &str, component: &str) -> Value {
    json!({"name": name, "namespace": cluster.namespace, "labels": labels(job, component)})
}

/// The recommended ones (kubernetes.io/docs/concepts/overview/working-with-objects/common-labels).
fn labels(job: &Job, component: &str) -> Value {
    json!({
        "app.kubernetes.io/name": "firedrill",
        "app.kubernetes.io/instance": job.name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/managed-by": "firedrill-emit",
    })
}

/// Picks what belongs to this run.
fn selector(job: &Job, component: Option<&str>) -> String {
    let instance = format!("app.kubernetes.io/instance={}", job.name);
    component.map_or(instance.clone(), |component| format!("{instance},app.kubernetes.io/component={component}"))
}

/// Keys of a ConfigMap are no paths, so the files are numbered; the volume gives them their names back.
fn key(index: usize) -> String {
    format!("file-{index}")
}

fn config(job: &Job, cluster: &Cluster, companions: &[Companion]) -> Value {
    let (mut texts, mut binaries) = (Map::new(), Map::new());
    for (index, one) in companions.iter().enumerate() {
        match std::str::from_utf8(&one.bytes) {
            Ok(text) => texts.insert(key(index), text.into()),
            Err(_) => binaries.insert(key(index), BASE64_STANDARD.encode(&one.bytes).into()),
        };
    }
    let mut map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(job, cluster, &job.name, "shard"),
        "immutable": true,
        "data": texts,
    });
    if !binaries.is_empty() {
        map["binaryData"] = binaries.into();
    }
    map
}

/// One Job whose pods find in `JOB_COMPLETION_INDEX` which shard they are.
fn indexed(job: &Job, cluster: &Cluster, companions: &[Companion]) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(job, cluster, &job.name, "shard"),
        "spec": {
            "completionMode": "Indexed",
            "completions": job.shards,
            "parallelism": cluster.parallelism,
            "backoffLimitPerIndex": RETRIES,
            "podFailurePolicy": {"rules": [
                // A node that is drained or lost is nobody's failure.
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                // Exit code 2 is a wrong scenario or command line: no other try ends otherwise.
                {"action": "FailJob", "onExitCodes": {"containerName": pod::CONTAINER, "operator": "In", "values": [2]}},
            ]},
            "template": pod::template(job, cluster, companions, pod::shard(job, None), "shard"),
        },
    })
}

fn alone(job: &Job, cluster: &Cluster, companions: &[Companion], number: usize) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(job, cluster, &format!("{}-{number}", job.name), "shard"),
        "spec": {
            "backoffLimit": RETRIES,
            "template": pod::template(job, cluster, companions, pod::shard(job, Some(number)), "shard"),
        },
    })
}

fn merge(job: &Job, cluster: &Cluster) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(job, cluster, &merge_name(job), "merge"),
        "spec": {
            "backoffLimit": RETRIES,
            "template": pod::template(job, cluster, &[], pod::merge(job), "merge"),
        },
    })
}

fn object(kind: &str, api: &str, metadata: Value, rest: Value) -> Value {
    let mut object = json!({"apiVersion": api, "kind": kind, "metadata": metadata});
    if let (Value::Object(object), Value::Object(rest)) = (&mut object, rest) {
        object.extend(rest);
    }
    object
}

fn merge_name(job: &Job) -> String {
    format!("{}-merge", job.name)
}
