//! A live run whose load pods make together: each plays its share of one script of arrivals, all from one moment on, and Chaos Mesh plays the faults. The
//! moment is a ConfigMap that the script makes when it applies the rest; pods wait for it, and refuse to begin late.

use super::pod::{self, Task, variable};
use super::{Cluster, check_size, config, faults, labels, merge_name, metadata, object, scripts};
use crate::emit::chaos::Resource;
use crate::emit::{Companion, File, Job, yaml};
use serde_json::{Value, json};

/// Of a live run.
#[derive(Clone, Debug)]
pub struct Live {
    /// Seconds from the submission to the begin: images are pulled and pods placed by then.
    pub lead_s: u32,
    /// With a shell and kubectl, for the pod that plays the faults.
    pub kubectl: String,
    pub resources: Vec<Resource>,
}

/// The files; words on why it cannot be done.
pub fn live(job: &Job, cluster: &Cluster, live: &Live, companions: &[Companion]) -> Result<Vec<File>, String> {
    check_size(companions)?;
    let mut load_files = Vec::new();
    if !companions.is_empty() {
        load_files.push(config(job, cluster, companions));
    }
    load_files.push(players(job, cluster, companions));
    let mut files = vec![
        File::text("load.yaml", yaml::text(&load_files)),
        File::text("report.yaml", yaml::text(&[report(job, cluster, !live.resources.is_empty())])),
        File::program("submit.sh", scripts::submit_live(job, cluster, live, !companions.is_empty())),
    ];
    if !live.resources.is_empty() {
        files.push(File::text("faults.yaml", yaml::text(&faults::documents(job, cluster, live))));
    }
    Ok(files)
}

/// The labels of the pods that make the load.
pub fn load(job: &Job) -> Value {
    labels(job, "load")
}

/// Holds the moment at which the run begins, in Unix seconds.
pub fn start_name(job: &Job) -> String {
    format!("{}-start", job.name)
}

/// Where that moment is found.
pub fn start_variable(job: &Job) -> Value {
    json!({"name": "START_AT", "valueFrom": {"configMapKeyRef": {"name": start_name(job), "key": "at"}}})
}

/// All at the same time, and none a second time: what begins late is not the run that was asked for.
fn players(job: &Job, cluster: &Cluster, companions: &[Companion]) -> Value {
    let mut args = job.words.clone();
    let out = format!("{}/shares/$(JOB_COMPLETION_INDEX)", pod::folder(job));
    let more = [
        "--share",
        "env",
        "--start-at",
        "$(START_AT)",
        "--faults-elsewhere",
        "--allow-remote",
        "--no-fail",
        "--out",
        &out,
    ];
    args.extend(more.map(str::to_owned));
    let env = vec![
        variable("SHARDS", &job.shards.to_string()),
        variable("XDG_STATE_HOME", pod::SCRATCH),
        start_variable(job),
    ];
    let task = Task { args, env, has_scratch: true };
    object(
        "Job",
        "batch/v1",
        metadata(job, cluster, &job.name, "load"),
        json!({"spec": {
            "completionMode": "Indexed",
            "completions": job.shards,
            "parallelism": job.shards,
            "backoffLimit": 0,
            "template": pod::template(job, cluster, companions, task, "load"),
        }}),
    )
}

fn report(job: &Job, cluster: &Cluster, has_faults: bool) -> Value {
    let folder = pod::folder(job);
    let mut args = vec!["report".to_owned(), format!("{folder}/shares"), "--out".to_owned(), folder];
    if has_faults {
        args.extend(["--evidence".to_owned(), faults::evidence(job)]);
    }
    let task = Task { args, env: Vec::new(), has_scratch: false };
    object(
        "Job",
        "batch/v1",
        metadata(job, cluster, &merge_name(job), "merge"),
        json!({"spec": {"backoffLimit": 0, "template": pod::template(job, cluster, &[], task, "merge")}}),
    )
}
