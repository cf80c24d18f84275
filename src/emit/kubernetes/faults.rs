//! The Job that plays the faults: at its moment it makes each resource of Chaos Mesh, waits until the controller says that all are injected, and at the end
//! until the resource is gone, which is when its finalizer has taken everything back. It may do no more than that, in its own namespace.
//! Each resource belongs to this Job, has a duration of its own, and goes with both.

use super::live::{Live, start_variable};
use super::pod::{self, nobody, variable, without_rights};
use super::{Cluster, labels, metadata, object};
use crate::emit::chaos::{API, Resource};
use crate::emit::{Job, yaml};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub fn name(job: &Job) -> String {
    format!("{}-faults", job.name)
}

/// Where the Job writes down what it saw, one line of JSON each.
pub fn evidence(job: &Job) -> String {
    format!("{}/faults.ndjson", pod::folder(job))
}

pub fn documents(job: &Job, cluster: &Cluster, live: &Live) -> Vec<Value> {
    let about = || metadata(job, cluster, &name(job), "faults");
    let plurals: BTreeSet<String> = live.resources.iter().map(Resource::plural).collect();
    let rules = json!([{
        "apiGroups": ["chaos-mesh.org"],
        "resources": plurals,
        "verbs": ["get", "list", "watch", "create", "delete"],
    }]);
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name(job)});
    let subject = json!({"kind": "ServiceAccount", "name": name(job), "namespace": cluster.namespace});
    vec![
        object("ServiceAccount", "v1", about(), json!({})),
        object("Role", "rbac.authorization.k8s.io/v1", about(), json!({"rules": rules})),
        object("RoleBinding", "rbac.authorization.k8s.io/v1", about(), json!({"roleRef": role, "subjects": [subject]})),
        object("ConfigMap", "v1", about(), json!({"immutable": true, "data": data(job, cluster, live)})),
        object(
            "Job",
            "batch/v1",
            about(),
            json!({"spec": {"backoffLimit": 0, "template": template(job, cluster, live)}}),
        ),
    ]
}

/// The resources, and the script that plays them.
fn data(job: &Job, cluster: &Cluster, live: &Live) -> Map<String, Value> {
    let resources = live.resources.iter().enumerate();
    let mut data: Map<String, Value> = resources
        .map(|(index, one)| (format!("{index}.yaml"), yaml::text(&[resource(job, cluster, index, one)]).into()))
        .collect();
    data.insert("play.sh".to_owned(), script(job, cluster, live).into());
    data
}

/// As it is applied, but for the number of its owner, which the cluster gives out.
pub fn resource(job: &Job, cluster: &Cluster, index: usize, one: &Resource) -> Value {
    let mut about = metadata(job, cluster, &format!("{}-{index}", job.name), "fault");
    about["annotations"] = json!({"firedrill/fault": one.fault});
    about["ownerReferences"] = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": name(job), "uid": OWNER}]);
    object(one.kind, API, about, json!({"spec": one.spec}))
}

const OWNER: &str = "@JOB_UID@";

fn script(job: &Job, cluster: &Cluster, live: &Live) -> String {
    let one = |(index, one): (usize, &Resource)| {
        let seconds = |time: crate::base::Time| time.as_secs_f64();
        format!("start fault {index} {} {} {} '{}'\n", one.plural(), seconds(one.from), seconds(one.to), one.fault)
    };
    let all: String = live.resources.iter().enumerate().map(one).collect();
    let plurals: BTreeSet<String> = live.resources.iter().map(Resource::plural).collect();
    PLAY.replace("@ALL@", &all)
        .replace("@PLURALS@", &plurals.into_iter().collect::<Vec<_>>().join(","))
        .replace("@NAMESPACE@", &cluster.namespace)
        .replace("@NAME@", &job.name)
        .replace("@EVIDENCE@", &evidence(job))
}

const PLAY: &str = r#"# Plays the faults: makes each resource at its moment, and waits until it is injected and, at the end, until it is gone.
set -u
k() { kubectl --namespace @NAMESPACE@ "$@"; }
until_at() {
    left=$(awk -v start="$START_AT" -v at="$1" -v now="$(date +%s)" 'BEGIN { left = start + at - now; print (left > 0 ? left : 0) }')
    sleep "$left"
}
say() {
    printf '{"fault":"%s","resource":"%s","what":"%s","pods":%s,"at_unix_s":%s}\n' "$1" "$2" "$3" "$4" "$(date +%s)" | tee -a @EVIDENCE@
}
# Number, resource, begin and end in seconds after the start, name of the fault.
fault() {
    it="$2/@NAME@-$1"
    until_at "$3"
    sed "s/@JOB_UID@/$JOB_UID/" "/faults/$1.yaml" | k create -f - || { say "$5" "$it" refused 0; return 1; }
    if k wait --for=condition=AllInjected --timeout=30s "$it"; then
        pods=$(k get "$it" -o jsonpath='{range .status.experiment.containerRecords[*]}{.id}{"\n"}{end}' | sort -u | grep -c .)
        say "$5" "$it" injected "$pods"
    else
        say "$5" "$it" not-injected 0
    fi
    until_at "$4"
    # Gone means taken back: the controller's finalizer holds it until then.
    if k delete "$it" --ignore-not-found --timeout=60s; then say "$5" "$it" gone 0; else say "$5" "$it" left-behind 0; return 1; fi
}
trap 'k delete @PLURALS@ -l app.kubernetes.io/instance=@NAME@ --timeout=60s; exit 143' TERM INT
mkdir -p "$(dirname @EVIDENCE@)"
: >@EVIDENCE@
players=""
start() { "$@" & players="$players $!"; }
@ALL@failed=0
for player in $players; do wait "$player" || failed=1; done
exit $failed
"#;

fn template(job: &Job, cluster: &Cluster, live: &Live) -> Value {
    // The label that the Job controller gives its pods, since before Indexed Jobs.
    let uid = json!({"name": "JOB_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['controller-uid']"}}});
    json!({
        "metadata": {"labels": labels(job, "faults")},
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": name(job),
            // It must be able to take everything back.
            "terminationGracePeriodSeconds": 120,
            "securityContext": nobody(),
            "containers": [{
                "name": "faults",
                "image": live.kubectl,
                "command": ["sh", "/faults/play.sh"],
                "env": [variable("HOME", pod::SCRATCH), start_variable(job), uid],
                "resources": {
                    "requests": {"cpu": "100m", "memory": "128Mi"},
                    "limits": {"memory": "128Mi"},
                },
                "securityContext": without_rights(),
                "volumeMounts": [
                    {"name": "faults", "mountPath": "/faults", "readOnly": true},
                    {"name": "results", "mountPath": pod::RESULTS},
                    {"name": "scratch", "mountPath": pod::SCRATCH},
                ],
            }],
            "volumes": [
                {"name": "faults", "configMap": {"name": name(job)}},
                {"name": "results", "persistentVolumeClaim": {"claimName": cluster.claim}},
                {"name": "scratch", "emptyDir": {}},
            ],
        },
    })
}
