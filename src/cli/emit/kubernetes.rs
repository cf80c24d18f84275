//! `firedrill emit kubernetes`: an Indexed Job of shards, applied by kubectl.

use super::live::{self, LiveArgs};
use super::{JobArgs, Order};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::emit::kubernetes::{self, Cluster};
use clap::Args;

#[derive(Debug, Args)]
pub struct KubernetesArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// The image in which firedrill is
    #[arg(long, value_name = "IMAGE", value_parser = image)]
    image: String,
    /// The PersistentVolumeClaim that holds the results; every node must be able to write to it (ReadWriteMany)
    #[arg(long, value_name = "NAME", value_parser = claim)]
    claim: String,
    /// The namespace of the Job and of the claim
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = label)]
    namespace: String,
    /// Memory of each pod
    #[arg(long, value_name = "QUANTITY", default_value = "512Mi", value_parser = memory)]
    memory: String,
    /// So many pods at the same time; default: all shards
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    parallelism: Option<u32>,
    /// A Job for each shard, for servers before 1.21, which silently leave out what makes a Job an indexed one
    #[arg(long)]
    per_shard: bool,
    #[command(flatten)]
    pub live: LiveArgs,
}

/// Jobs by shard are applied one by one.
const JOBS_MAX: usize = 1000;

pub fn run(args: &KubernetesArgs, console: &mut Console) -> Result<Ending, Failure> {
    let shards = args.job.shards as usize;
    let cluster = Cluster {
        namespace: args.namespace.clone(),
        image: args.image.clone(),
        claim: args.claim.clone(),
        memory: args.memory.clone(),
        parallelism: args.parallelism.map_or(shards, |pods| (pods as usize).min(shards)),
        per_shard: args.per_shard,
    };
    if live::is_live(&args.job.words) {
        if args.per_shard || args.parallelism.is_some() {
            return Err(Failure::usage(
                "the pods of a live run play at the same time, as one Indexed Job",
                "leave --per-shard and --parallelism out",
            ));
        }
        return live::run(args, cluster, console);
    }
    if args.live.is_given() {
        return Err(Failure::usage(
            "--selector, --volume, --target-namespace and --kubectl-image are for a live run, and these runs are simulated",
            "leave them out, or hand over `run SCENARIO --world live`",
        ));
    }
    let order = Order::new(&args.job, "kubernetes", console)?;
    if cluster.per_shard && order.job.shards > JOBS_MAX {
        return Err(Failure::usage(
            format!("{} Jobs are more than a cluster should be given at once", order.job.shards),
            format!("give --shards {JOBS_MAX} at most, or leave --per-shard out"),
        ));
    }
    let files =
        kubernetes::files(&order.job, &cluster, &order.companions).map_err(|words| Failure::usage(words, ""))?;
    order.write(&files, &order.folder()?)?;
    Ok(order.told(console))
}

pub fn image(text: &str) -> Result<String, String> {
    let is_one = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@".contains(c));
    is_one
        .then(|| text.to_owned())
        .ok_or_else(|| "an image is written like registry.example/firedrill:0.1.0".to_owned())
}

/// A claim is somebody's to make: what a pod has for itself is gone when it is tried again, and its merge could not read it.
fn claim(text: &str) -> Result<String, String> {
    match text {
        "emptyDir" | "emptydir" => Err(
            "an emptyDir is gone with its pod: a shard that is tried again would begin anew, and the merge could not read it; name a PersistentVolumeClaim"
                .to_owned(),
        ),
        _ => label(text),
    }
}

/// RFC 1123.
pub fn label(text: &str) -> Result<String, String> {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_one =
        (1..=63).contains(&text.len()) && text.chars().all(inside) && !text.starts_with('-') && !text.ends_with('-');
    is_one.then(|| text.to_owned()).ok_or_else(|| "a name here has lower-case letters, digits and dashes".to_owned())
}

fn memory(text: &str) -> Result<String, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let is_one = digits.parse::<u64>().is_ok_and(|number| number > 0)
        && ["Ki", "Mi", "Gi", "Ti", "k", "M", "G", "T", ""].contains(&unit);
    is_one
        .then(|| text.to_owned())
        .ok_or_else(|| "a quantity is a whole number with Mi or Gi behind it, such as 512Mi".to_owned())
}
