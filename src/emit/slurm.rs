//! A Slurm array of shards, and the merge that begins when all of them have succeeded (sbatch(1), `--array`, `--dependency=afterok`). A task that loses
//! its node is queued again; it goes on from its journal, which lies in the shared folder, and what it writes it writes whole.

use super::words::line;
use super::{File, Job};
use std::path::Path;

/// The files of the folder in which the job runs; every node must see it under this path.
pub fn slurm(job: &Job, folder: &Path) -> Vec<File> {
    vec![
        File::text("array.sbatch", array(job, folder)),
        File::text("merge.sbatch", merge(job, folder)),
        File::program("submit.sh", submit()),
    ]
}

fn array(job: &Job, folder: &Path) -> String {
    let head = head(&job.name, folder, "logs/shard-%a.log");
    let command = line(&[std::slice::from_ref(&job.program), &job.words].concat());
    format!(
        "{head}#SBATCH --array=1-{shards}
#SBATCH --cpus-per-task={cpus}
#SBATCH --requeue
#SBATCH --open-mode=append

# Which shard this is the program reads from the array's variables; there is one result file for each, below shards/.
exec {command} --jobs \"${{SLURM_CPUS_PER_TASK:-{cpus}}}\" --out shards
",
        shards = job.shards,
        cpus = job.cpus,
    )
}

fn merge(job: &Job, folder: &Path) -> String {
    let head = head(&format!("{}-merge", job.name), folder, "logs/merge.log");
    // The variables of an array would say that this is a shard; it is none, and has none.
    format!(
        "{head}#SBATCH --requeue\n\nexec {} merge shards/*.json --out .\n",
        line(std::slice::from_ref(&job.program))
    )
}

fn head(name: &str, folder: &Path, log: &str) -> String {
    format!(
        "#!/bin/sh
#SBATCH --job-name={name}
#SBATCH --chdir={}
#SBATCH --output={log}
",
        folder.display()
    )
}

/// Options for the merge (`--wait`) may follow it.
fn submit() -> String {
    "#!/bin/sh
# Submits the array and the merge that waits for it; further arguments are for the merge, such as --wait.
set -eu
cd \"$(dirname \"$0\")\"
mkdir -p logs shards
array=$(sbatch --parsable array.sbatch)
exec sbatch --dependency=afterok:\"${array%%;*}\" --kill-on-invalid-dep=yes \"$@\" merge.sbatch
"
    .to_owned()
}
