//! The shell script with which a user hands the files over: it knows kubectl and a POSIX shell.

use super::{Cluster, merge_name, pod, selector};
use crate::emit::Job;
use crate::emit::words::quoted;

/// Functions that every script has.
const TOOLS: &str = r#"k() { ${KUBECTL:-kubectl} --namespace @NAMESPACE@ "$@"; }

# The cluster takes away what belongs to a Job when the Job is deleted.
own() {
    uid=$(k get job @NAME@ -o jsonpath='{.metadata.uid}')
    k patch "$1" "$2" --type=merge --patch \
        "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"name\":\"@NAME@\",\"uid\":\"$uid\"}]}}"
}

# Waits until all Jobs with these labels are complete, and ends when one has failed or is gone.
complete() {
    until k wait --for=condition=complete --timeout=10s job -l "$1" >/dev/null 2>&1; do
        failed=$(k get job -l "$1" -o jsonpath='{range .items[*]}{range .status.conditions[?(@.type=="Failed")]}{.message}{"\n"}{end}{end}')
        if [ -n "$failed" ] || [ -z "$(k get job -l "$1" -o name)" ]; then
            echo "${failed:-no Job is left}" >&2
            k get pods -l "$1" >&2
            exit 1
        fi
    done
}
"#;

/// Applies the shards, waits for them, merges, and says where the results are.
pub fn submit(job: &Job, cluster: &Cluster, has_config: bool) -> String {
    let shards = selector(job, Some("shard"));
    // Of Jobs by shard none is the owner of the others: they go by their label.
    let own = |kind: &str, name: &str| if cluster.per_shard { String::new() } else { format!("own {kind} {name}\n") };
    let gone = match cluster.per_shard {
        true => format!("job,configmap -l {}", selector(job, None)),
        false => format!("job {}", job.name),
    };
    let steps = [
        format!("k apply -f shards.yaml\n{}", if has_config { own("configmap", &job.name) } else { String::new() }),
        format!("complete {shards}\n"),
        format!("k apply -f merge.yaml\n{}", own("job", &merge_name(job))),
        format!("complete {}\nk logs job/{}\n", selector(job, Some("merge")), merge_name(job)),
    ];
    let text = "#!/bin/sh
# Hands the shards to the cluster of kubectl's present context, waits for them, and merges. `KUBECTL='kubectl --context=NAME' ./submit.sh` takes
# another one. Giving it again does no harm: what is done is not done again. It all goes with
#   kubectl --namespace @NAMESPACE@ delete @GONE@
# but for the results: they stay in the claim @CLAIM@, below @FOLDER@ of the volume.
set -eu
cd \"$(dirname \"$0\")\"
@TOOLS@
@STEPS@echo 'results: claim @CLAIM@, folder @FOLDER@'
";
    filled(text, job, cluster).replace("@GONE@", &gone).replace("@STEPS@", &steps.concat())
}

fn filled(text: &str, job: &Job, cluster: &Cluster) -> String {
    let parts = [
        ("@TOOLS@", TOOLS.to_owned()),
        ("@NAMESPACE@", quoted(&cluster.namespace)),
        ("@NAME@", job.name.clone()),
        ("@CLAIM@", cluster.claim.clone()),
        ("@FOLDER@", pod::folder(job).trim_start_matches(pod::RESULTS).to_owned()),
    ];
    parts.iter().fold(text.to_owned(), |text, (place, words)| text.replace(place, words))
}
