//! The shell script with which a user hands the files over: it knows kubectl and a POSIX shell.

use super::live::{self, Live};
use super::{Cluster, faults, merge_name, pod, selector};
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
            k logs -l "$1" --tail=20 --prefix >&2 || true
            exit 1
        fi
    done
}

# What the Job says, and the code of its last line as the verdict: the Job itself may be told to end with 0, so that it is not begun again.
verdict() {
    log=$(k logs "job/$1")
    printf '%s\n' "$log"
    code=$(printf '%s\n' "$log" | sed -n -e 's/.*(would be \([0-9]*\),.*/\1/p' -e t -e 's/^exit \([0-9]*\):.*/\1/p' | tail -n 1)
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
        format!("complete {}\nverdict {}\n", selector(job, Some("merge")), merge_name(job)),
    ];
    let text = "#!/bin/sh
# Hands the shards to the cluster of kubectl's present context, waits for them, and merges. `KUBECTL='kubectl --context=NAME' ./submit.sh` takes
# another one. It ends with the code of the merge. Giving it again does no harm: what is done is not done again. It all goes with
#   kubectl --namespace @NAMESPACE@ delete @GONE@
# but for the results: they stay in the claim @CLAIM@, below @FOLDER@ of the volume.
set -eu
cd \"$(dirname \"$0\")\"
@TOOLS@
@STEPS@echo 'results: claim @CLAIM@, folder @FOLDER@'
exit \"${code:-1}\"
";
    filled(text, job, cluster).replace("@GONE@", &gone).replace("@STEPS@", &steps.concat())
}

/// Applies load and faults with one begin for all, waits for both, and has the recordings joined and judged.
pub fn submit_live(job: &Job, cluster: &Cluster, live: &Live, has_config: bool) -> String {
    let mut steps = vec![
        "if k get job @NAME@ >/dev/null 2>&1; then echo '@NAME@ is there: delete it first' >&2; exit 1; fi\n".to_owned(),
        // Faults do not go on without the load.
        "trap 'code=$?; [ \"$code\" = 0 ] || k delete job @NAME@ --ignore-not-found; exit \"$code\"' EXIT\ntrap 'exit 130' INT TERM\n".to_owned(),
        format!("at=$(($(date +%s) + {}))\n", live.lead_s),
        "k apply -f load.yaml\n".to_owned(),
        // One that was left by an earlier submission would have its begin long ago.
        format!(
            "k delete configmap {start} --ignore-not-found\nk create configmap {start} --from-literal=at=\"$at\"\nown configmap {start}\n",
            start = live::start_name(job)
        ),
        "echo \"it begins at $at (Unix seconds), in @LEAD@ s\"\n".replace("@LEAD@", &live.lead_s.to_string()),
    ];
    if has_config {
        steps.push(format!("own configmap {}\n", job.name));
    }
    if !live.resources.is_empty() {
        let faults = faults::name(job);
        steps.push("k apply -f faults.yaml\n".to_owned());
        steps.extend(
            ["serviceaccount", "role", "rolebinding", "configmap", "job"].map(|kind| format!("own {kind} {faults}\n")),
        );
    }
    steps.push(format!("complete {}\n", selector(job, Some("load"))));
    if !live.resources.is_empty() {
        steps.push(format!("complete {}\nk logs job/{}\n", selector(job, Some("faults")), faults::name(job)));
    }
    let merge = merge_name(job);
    steps.push(format!(
        "k apply -f report.yaml\nown job {merge}\nended {}\nverdict {merge}\n",
        selector(job, Some("merge"))
    ));
    let text = "#!/bin/sh
# Hands a live run to the cluster of kubectl's present context (`KUBECTL='kubectl --context=NAME' ./submit.sh`): pods that make its load together, and
# a Job that plays its faults by Chaos Mesh. All of it is the load's Job's, and goes with
#   kubectl --namespace @NAMESPACE@ delete job @NAME@
# faults included: Chaos Mesh takes back what it did before a resource of its is gone. A run is played once: delete it before you submit it again.
set -eu
cd \"$(dirname \"$0\")\"
@TOOLS@
# Waits until all Jobs with these labels have ended, whatever came of it: the exit code of a report is a verdict.
ended() {
    until k wait --for=condition=complete --timeout=5s job -l \"$1\" >/dev/null 2>&1 || k wait --for=condition=failed --timeout=5s job -l \"$1\" >/dev/null 2>&1; do
        [ -n \"$(k get job -l \"$1\" -o name)\" ] || exit 1
    done
}

@STEPS@echo 'results: claim @CLAIM@, folder @FOLDER@'
exit \"${code:-1}\"
";
    filled(&text.replace("@STEPS@", &steps.concat()), job, cluster)
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
