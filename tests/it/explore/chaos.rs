//! The resources of Chaos Mesh that are written for the faults of a live scenario, field by field as its API has them: a field that it does not know is
//! a mistake here.

use super::kubernetes::{documents, typed};
use super::{firedrill, folder};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What all kinds have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    metadata: Value,
    spec: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Selector {
    namespaces: Vec<String>,
    label_selectors: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    selector: Selector,
    mode: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delay {
    latency: String,
    jitter: Option<String>,
    correlation: Option<String>,
    reorder: Option<Reorder>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reorder {
    reorder: String,
    correlation: String,
    gap: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Loss {
    loss: String,
    correlation: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Duplicate {
    duplicate: String,
    correlation: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bandwidth {
    rate: String,
    limit: u32,
    buffer: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkChaos {
    action: String,
    mode: String,
    selector: Selector,
    duration: String,
    direction: String,
    target: Target,
    delay: Option<Delay>,
    loss: Option<Loss>,
    duplicate: Option<Duplicate>,
    bandwidth: Option<Bandwidth>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PodChaos {
    action: String,
    mode: String,
    value: Option<String>,
    selector: Selector,
    duration: String,
    grace_period: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StressChaos {
    mode: String,
    selector: Selector,
    duration: String,
    stressors: Stressors,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stressors {
    cpu: Cpu,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cpu {
    workers: u32,
    load: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct IoChaos {
    action: String,
    mode: String,
    selector: Selector,
    duration: String,
    volume_path: String,
    delay: Option<String>,
    errno: Option<u32>,
    methods: Option<Vec<String>>,
    percent: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TimeChaos {
    mode: String,
    selector: Selector,
    duration: String,
    time_offset: String,
    clock_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpChaos {
    mode: String,
    selector: Selector,
    duration: String,
    target: String,
    port: u16,
    path: Option<String>,
    method: Option<String>,
    request_headers: Option<BTreeMap<String, String>>,
    abort: Option<bool>,
    delay: Option<String>,
    replace: Option<Replace>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replace {
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DnsChaos {
    action: String,
    mode: String,
    selector: Selector,
    duration: String,
    patterns: Vec<String>,
}

fn read<T: for<'de> Deserialize<'de>>(spec: &Value) -> T {
    serde_json::from_value(spec.clone()).unwrap_or_else(|error| panic!("{error} in {spec:#}"))
}

const SYSTEM: &str = "name: shop
world: live
length: 60s
clients:
  users: {calls: {to: web, timeout: 1s}, rate: 100/s}
services:
  web: {work: 5ms, calls: [{to: db, timeout: 500ms}]}
  db: {work: 1ms}
expect: [success(users) >= 90%]
live:
  web: {address: \"web.shop.svc:8080\"}
  db: {address: \"db.shop.svc:5432\", protocol: postgres}
allow: [web.shop.svc, db.shop.svc]
faults:
";

const EMIT: [&str; 18] = [
    "emit",
    "kubernetes",
    "--image",
    "registry.example/firedrill:0.1.0",
    "--claim",
    "results",
    "--namespace",
    "drills",
    "--target-namespace",
    "shop",
    "--shards",
    "3",
    "--selector",
    "web=app=web",
    "--selector",
    "web=tier=front",
    "--kubectl-image",
    "alpine/k8s:1.33.4",
];

fn scenario(home: &Path, faults: &str) {
    std::fs::write(home.join("shop.yaml"), format!("{SYSTEM}{faults}")).expect("it can be written");
}

/// The resources for these faults, as they lie in the ConfigMap.
fn resources(faults: &str, more: &[&str]) -> Vec<Resource> {
    let home = folder();
    scenario(home.path(), faults);
    of_file(home.path(), more)
}

fn of_file(home: &Path, more: &[&str]) -> Vec<Resource> {
    let done = firedrill(home, &[&EMIT[..], more, &["--", "run", "shop.yaml"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let written = documents(&home.join("reports/shop.kubernetes/faults.yaml"));
    let config: ConfigMap =
        written.iter().find(|one| one["kind"] == "ConfigMap").map(typed).expect("it holds the resources");
    let one = |(name, text): (&String, &String)| {
        let path = home.join(name);
        std::fs::write(&path, text).expect("it can be written");
        read(&documents(&path).remove(0))
    };
    config.data.expect("it has some").iter().filter(|(name, _)| name.ends_with(".yaml")).map(one).collect()
}

fn one(faults: &str, more: &[&str]) -> Value {
    let mut all = resources(faults, more);
    assert_eq!(all.len(), 1, "{all:?}");
    let Resource { api_version, kind, metadata, spec } = all.remove(0);
    assert_eq!((api_version.as_str(), &metadata["namespace"]), ("chaos-mesh.org/v1alpha1", &"drills".into()));
    let kinds = ["NetworkChaos", "PodChaos", "StressChaos", "IOChaos", "TimeChaos", "HTTPChaos", "DNSChaos"];
    assert!(kinds.contains(&kind.as_str()), "{kind}");
    spec
}

fn is_web(selector: &Selector) -> bool {
    let labels: Vec<(&str, &str)> =
        selector.label_selectors.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
    selector.namespaces == ["shop"] && labels == [("app", "web"), ("tier", "front")]
}

const DB: [&str; 4] = ["--selector", "db=app=db", "--volume", "db=/var/lib/data"];

#[test]
fn the_way_between_pods() {
    let spec: NetworkChaos = read(&one("  late: {kind: latency, on: web->db, by: 20ms, at: 10s, for: 12.5s}\n", &DB));
    let delay = spec.delay.expect("it is late");
    assert_eq!((spec.action.as_str(), delay.latency.as_str(), spec.duration.as_str()), ("delay", "20ms", "12500ms"));
    assert!(delay.jitter.is_none() && delay.correlation.is_none() && delay.reorder.is_none());
    let spec: NetworkChaos = read(&one("  late: {kind: latency, on: web->db, by: 400us, at: 10s, for: 5s}\n", &DB));
    assert_eq!(spec.delay.expect("it is late").latency, "400us", "not rounded to what nobody asked for");
    let spec: NetworkChaos = read(&one("  late: {kind: latency, on: web->db, by: 20ms, at: 10s, for: 12.5s}\n", &DB));
    // Answers are late, and they come from the called side.
    assert_eq!((spec.mode.as_str(), spec.direction.as_str(), spec.target.mode.as_str()), ("all", "from", "all"));
    assert!(is_web(&spec.selector) && spec.target.selector.label_selectors["app"] == "db");
    let lost = resources("  lost: {kind: loss, on: web->db, share: 5%, at: 10s, for: 5s}\n", &DB);
    let lost: Vec<NetworkChaos> = lost.iter().map(|one| read(&one.spec)).collect();
    assert!(!lost.is_empty());
    for spec in lost {
        let loss = spec.loss.expect("some are lost");
        assert_eq!((spec.action.as_str(), loss.loss.as_str(), loss.correlation.as_str()), ("loss", "5", "0"));
    }
    let spec: NetworkChaos = read(&one("  gone: {kind: cut, on: users->web, at: 10s, for: 5s}\n", &[]));
    assert_eq!((spec.action.as_str(), spec.direction.as_str()), ("partition", "both"));
    assert_eq!(spec.selector.namespaces, ["drills"]);
    assert_eq!(spec.selector.label_selectors["app.kubernetes.io/component"], "load");
    let spec: NetworkChaos = read(&one("  thin: {kind: bandwidth, on: web->db, rate: 1MB/s, at: 10s, for: 5s}\n", &DB));
    let bandwidth = spec.bandwidth.expect("it is thin");
    assert_eq!((bandwidth.rate.as_str(), bandwidth.limit, bandwidth.buffer), ("1000000bps", 100_000, 100_000));
    let faults = "  bad: {kind: packets, on: web->db, delay: 20ms, jitter: 10ms, loss: 2.5%, duplicate: 1%, reorder: 5%, at: 10s, for: 5s}\n";
    let spec: NetworkChaos = read(&one(faults, &DB));
    let delay = spec.delay.expect("it is late");
    assert_eq!(
        (spec.action.as_str(), delay.latency.as_str(), delay.jitter.as_deref()),
        ("netem", "20ms", Some("10ms"))
    );
    let reorder = delay.reorder.expect("some overtake");
    assert_eq!((reorder.reorder.as_str(), reorder.correlation.as_str(), reorder.gap), ("5", "0", 1));
    let (loss, duplicate) = (spec.loss.expect("some are lost"), spec.duplicate.expect("some come twice"));
    assert_eq!((loss.loss.as_str(), loss.correlation.as_str()), ("2.5", "0"));
    assert_eq!((duplicate.duplicate.as_str(), duplicate.correlation.as_str()), ("1", "0"));
}

#[test]
fn pods_clocks_and_processors() {
    let spec: PodChaos = read(&one("  crash: {kind: down, on: web, at: 10s, for: 5s}\n", &[]));
    assert!(is_web(&spec.selector) && spec.value.is_none() && spec.grace_period.is_none());
    assert_eq!((spec.action.as_str(), spec.mode.as_str(), spec.duration.as_str()), ("pod-failure", "all", "5000ms"));
    let spec: PodChaos = read(&one("  kick: {kind: restart, on: web, at: 10s}\n", &[]));
    assert_eq!((spec.action.as_str(), spec.grace_period), ("pod-kill", Some(0)));
    let spec: StressChaos = read(&one("  busy: {kind: cpu, on: web, share: 20%, at: 10s, for: 5s}\n", &[]));
    assert!(is_web(&spec.selector) && spec.mode == "all" && spec.duration == "5000ms");
    assert_eq!((spec.stressors.cpu.workers, spec.stressors.cpu.load), (1, 80));
    let home = folder();
    let system = SYSTEM.replace(
        "  db: {work: 1ms}",
        "  db: {kind: database, replicas: 3, work: 1ms, failover: {lease: 5s, election: 2s}}",
    );
    let fault = "  off: {kind: clock-skew, on: db, behind: 90s, at: 10s, for: 5s}\n";
    std::fs::write(home.path().join("shop.yaml"), format!("{system}{fault}")).expect("it can be written");
    let spec: TimeChaos = read(&of_file(home.path(), &["--selector", "db.leader=role=primary"]).remove(0).spec);
    assert_eq!((spec.mode.as_str(), spec.duration.as_str()), ("all", "5000ms"));
    assert_eq!(spec.selector.label_selectors["role"], "primary");
    assert_eq!((spec.time_offset.as_str(), spec.clock_ids), ("-90000ms", vec!["CLOCK_REALTIME".to_owned()]));
}

#[test]
fn disks() {
    let faults = "  sick: {kind: disk-error, on: db, error: io, share: 30%, at: 10s, for: 5s}\n";
    let spec: IoChaos = read(&one(faults, &DB));
    assert_eq!((spec.action.as_str(), spec.errno, spec.percent), ("fault", Some(5), 30));
    assert_eq!((spec.volume_path.as_str(), spec.mode.as_str()), ("/var/lib/data", "all"));
    assert!(spec.methods.is_some_and(|methods| !methods.is_empty()) && spec.delay.is_none());
    assert_eq!((spec.duration.as_str(), spec.selector.namespaces), ("5000ms", vec!["shop".to_owned()]));
    let spec: IoChaos = read(&one("  worn: {kind: slow-disk, on: db, add: 50ms, at: 10s, for: 5s}\n", &DB));
    assert_eq!((spec.action.as_str(), spec.delay.as_deref(), spec.percent), ("latency", Some("50ms"), 100));
    assert!(spec.errno.is_none() && spec.methods.is_none() && spec.selector.label_selectors["app"] == "db");
}

#[test]
fn messages_of_http() {
    let spec: HttpChaos =
        read(&one("  held: {kind: http, on: users->web, path: /api/*, delay: 300ms, at: 10s, for: 5s}\n", &[]));
    assert!(is_web(&spec.selector) && spec.mode == "all" && spec.duration == "5000ms");
    assert_eq!(
        (spec.target.as_str(), spec.port, spec.path.as_deref(), spec.delay.as_deref()),
        ("Request", 8080, Some("/api/*"), Some("300ms"))
    );
    assert!(spec.abort.is_none() && spec.method.is_none() && spec.request_headers.is_none() && spec.replace.is_none());
    let spec: HttpChaos = read(&one("  torn: {kind: reset, on: users->web, at: 10s, for: 5s}\n", &[]));
    assert_eq!((spec.target.as_str(), spec.abort), ("Request", Some(true)));
}

#[test]
fn names_and_replaced_answers() {
    let other =
        "  other: {kind: http, on: users->web, method: GET, header: 'X-Tenant: blue', body: hi, at: 10s, for: 5s}\n";
    let spec: HttpChaos = read(&one(other, &[]));
    assert_eq!((spec.target.as_str(), spec.method.as_deref()), ("Response", Some("GET")));
    assert_eq!(spec.replace.map(|replace| replace.body).as_deref(), Some("aGk="));
    assert_eq!(spec.request_headers.expect("it names one")["X-Tenant"], "blue");
    let (system, home) = (SYSTEM.replace("protocol: postgres", "protocol: dns"), folder());
    let fault = "  lost: {kind: dns, on: web->db, name: '*.internal', answer: servfail, at: 10s, for: 5s}\n";
    std::fs::write(home.path().join("shop.yaml"), format!("{system}{fault}")).expect("it can be written");
    let spec: DnsChaos = read(&of_file(home.path(), &DB).remove(0).spec);
    assert!(is_web(&spec.selector) && spec.mode == "all" && spec.duration == "5000ms");
    assert_eq!((spec.action.as_str(), spec.patterns), ("error", vec!["*.internal".to_owned()]));
}

#[test]
fn the_job_owns_its_resources_and_may_do_no_more_than_make_and_delete_them() {
    let home = folder();
    scenario(
        home.path(),
        "  crash: {kind: down, on: web, at: 10s, for: 5s}\n  cut: {kind: cut, on: users->web, at: 20s, for: 5s}\n",
    );
    let done = firedrill(home.path(), &[&EMIT[..], &["--", "run", "shop.yaml"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let home = home.path().join("reports/shop.kubernetes");
    let written = documents(&home.join("faults.yaml"));
    let of = |kind: &str| written.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    let role: Role = typed(of("Role"));
    let rule = &role.rules.as_ref().expect("it has rules")[0];
    assert_eq!(rule.resources.as_deref(), Some(&["networkchaos".to_owned(), "podchaos".to_owned()][..]));
    assert_eq!(rule.verbs, ["get", "list", "watch", "create", "delete"]);
    let binding: RoleBinding = typed(of("RoleBinding"));
    let account: ServiceAccount = typed(of("ServiceAccount"));
    let player: Job = typed(of("Job"));
    let name = account.metadata.name.expect("it has one");
    assert_eq!(binding.role_ref.name, name);
    let pod = player.spec.and_then(|spec| spec.template.spec).expect("it has pods");
    assert_eq!(pod.service_account_name.as_ref(), Some(&name));
    let config: ConfigMap = typed(of("ConfigMap"));
    let data = config.data.expect("it has some");
    std::fs::write(home.join("0.yaml"), &data["0.yaml"]).expect("it can be written");
    let crash = documents(&home.join("0.yaml")).remove(0);
    let owner = &crash["metadata"]["ownerReferences"][0];
    assert!(owner["kind"] == "Job" && owner["name"] == name.as_str() && owner["apiVersion"] == "batch/v1", "{owner}");
    assert_eq!(crash["metadata"]["annotations"]["firedrill/fault"], "crash");
    let script = &data["play.sh"];
    for line in [
        "--for=condition=AllInjected",
        "start fault 0 podchaos 10 15 'crash'",
        "start fault 1 networkchaos 20 25 'cut'",
    ] {
        assert!(script.contains(line), "{line} is not in\n{script}");
    }
    for (shell, text) in [
        ("play.sh", script.clone()),
        ("submit.sh", std::fs::read_to_string(home.join("submit.sh")).expect("it is there")),
    ] {
        std::fs::write(home.join(shell), text).expect("it can be written");
        let checked = std::process::Command::new("sh").arg("-n").arg(home.join(shell)).status().expect("a shell");
        assert!(checked.success(), "{shell} is no shell script");
    }
    let load: Job =
        documents(&home.join("load.yaml")).iter().find(|one| one["kind"] == "Job").map(typed).expect("it is there");
    let spec = load.spec.expect("it has one");
    assert_eq!((spec.completions, spec.parallelism, spec.backoff_limit), (Some(3), Some(3), Some(0)));
    let _: Job = typed(&documents(&home.join("report.yaml"))[0]);
}

/// A kubectl that writes down what it is asked, says yes, and knows of two pods.
const KUBECTL: &str = "#!/bin/sh
printf '%s\\n' \"$*\" >>\"$ASKED\"
case \"$*\" in
    *'{.metadata.uid}'*) echo 0123-4567 ;;
    *containerRecords*) printf 'shop/web-1/app\\nshop/web-2/app\\n' ;;
    *' logs job/'*) echo 'exit 0: 2 of 2 expectations held' ;;
    *'get job'*' -o name'*) echo job/it ;;
    *'get job'*) exit 1 ;;
esac
";

#[test]
fn the_scripts_make_wait_and_delete_in_this_order() {
    use std::os::unix::fs::PermissionsExt;
    let home = folder();
    scenario(home.path(), "  crash: {kind: down, on: web, at: 10s, for: 5s}\n");
    let done = firedrill(home.path(), &[&EMIT[..], &["--", "run", "shop.yaml"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.said());
    let at = home.path().join("reports/shop.kubernetes");
    let kubectl = home.path().join("kubectl");
    std::fs::write(&kubectl, KUBECTL).expect("it can be written");
    std::fs::set_permissions(&kubectl, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
    let asked = |script: &Path, name: &str| {
        let path = format!("{}:{}", home.path().display(), std::env::var("PATH").expect("there is one"));
        let mut shell = std::process::Command::new("sh");
        shell
            .arg(script)
            .env("PATH", path)
            .env("ASKED", home.path().join(name))
            .env("START_AT", "1000")
            .env("JOB_UID", "89-ab");
        let out = shell.output().expect("a shell");
        let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{said}");
        super::read(home.path(), name)
    };
    let words = |asked: &str| -> Vec<String> {
        asked.lines().map(|line| line.split(' ').nth(2).unwrap_or_default().to_owned()).collect()
    };
    let submitted = words(&asked(&at.join("submit.sh"), "submitted"));
    let (load, faults) = (["get", "apply", "delete", "create"], ["apply"]);
    assert_eq!(
        (&submitted[..4], &submitted[8..9]),
        (&load.map(str::to_owned)[..], &faults.map(str::to_owned)[..]),
        "{submitted:?}"
    );
    // What the pod finds in its volumes lies in this folder.
    let written = documents(&at.join("faults.yaml"));
    let config: ConfigMap = written.iter().find(|one| one["kind"] == "ConfigMap").map(typed).expect("it is there");
    let data = config.data.expect("it has some");
    let here = |text: &str| {
        text.replace("/results/", &format!("{}/results/", home.path().display()))
            .replace("/faults/", &format!("{}/", home.path().display()))
    };
    std::fs::write(home.path().join("0.yaml"), &data["0.yaml"]).expect("it can be written");
    std::fs::write(home.path().join("play.sh"), here(&data["play.sh"])).expect("it can be written");
    let played = asked(&home.path().join("play.sh"), "played");
    assert_eq!(words(&played), ["create", "wait", "get", "delete"], "{played}");
    let folder =
        std::fs::read_dir(home.path().join("results")).expect("it is there").flatten().next().expect("one run").path();
    let seen = super::read(&folder, "faults.ndjson");
    let seen: Vec<firedrill::record::join::Seen> =
        seen.lines().map(|line| serde_json::from_str(line).expect("as the report reads it")).collect();
    use firedrill::record::join::Happened::{Gone, Injected};
    let told: Vec<_> = seen.iter().map(|one| (one.fault.as_str(), one.what, one.pods)).collect();
    assert_eq!(told, [("crash", Injected, 2), ("crash", Gone, 0)]);
}

#[test]
fn what_chaos_mesh_has_nothing_for_is_refused_by_name() {
    let refused = |faults: &str, more: &[&str], told: &str| {
        let home = folder();
        scenario(home.path(), faults);
        let done = firedrill(home.path(), &[&EMIT[..], more, &["--", "run", "shop.yaml"]].concat());
        assert!(done.code == Some(2) && done.err.contains(told), "{faults}: {}", done.said());
        assert!(!home.path().join("reports").exists());
    };
    refused(
        "  shut: {kind: refuse, on: users->web, at: 10s, for: 5s}\n",
        &[],
        "`shut` (refuse): Chaos Mesh refuses no connections",
    );
    refused(
        "  slow: {kind: slow, on: web, factor: 3, at: 10s, for: 5s}\n",
        &[],
        "`slow` (slow): Chaos Mesh has nothing that makes work",
    );
    refused("  still: {kind: pause, on: web, at: 10s, for: 5s}\n", &[], "Chaos Mesh stops no processes");
    refused("  some: {kind: errors, on: web, share: 10%, at: 10s, for: 5s}\n", &[], "a share of the requests");
    refused("  late: {kind: latency, on: web->db, by: exp(20ms), at: 10s, for: 5s}\n", &DB, "a mean and a jitter");
    refused("  crash: {kind: down, on: db, at: 10s, for: 5s}\n", &[], "give --selector db=LABEL=VALUE");
    refused(
        "  sick: {kind: disk-error, on: db, error: io, at: 10s, for: 5s}\n",
        &["--selector", "db=app=db"],
        "give --volume db=PATH",
    );
    refused(
        "  sick: {kind: disk-error, on: db, error: io, share: 0.4%, at: 10s, for: 5s}\n",
        &DB,
        "whole percent of the calls",
    );
    refused("  crash: {kind: down, on: web, at: 10s, for: 5s}\n", &["--selector", "wbe=app=x"], "did you mean `web`?");
    refused("  crash: {kind: down, on: web, at: 10s, for: 5s}\n", &["--selector", "web"], "write SERVICE=LABEL=VALUE");
    refused("  crash: {kind: down, on: web, at: 10s, for: 5s}\n", &["--per-shard"], "leave --per-shard");
}

#[test]
fn a_live_run_stays_one_whatever_else_is_asked() {
    let home = folder();
    scenario(home.path(), "  crash: {kind: down, on: web, at: 10s, for: 5s}\n");
    for more in [&["--retries", "1"][..], &["--world=live", "--seeds", "2"]] {
        let done = firedrill(home.path(), &[&EMIT[..], &["--", "run", "shop.yaml"], more].concat());
        assert!(done.code == Some(2) && done.err.contains("of a run pods take"), "{more:?}: {}", done.said());
    }
    assert!(!home.path().join("reports").exists());
}

#[test]
fn a_scenario_without_addresses_is_nothing_for_pods() {
    let home = folder();
    let text = SYSTEM.split("live:").next().expect("its head");
    std::fs::write(home.path().join("shop.yaml"), text).expect("it can be written");
    let done = firedrill(home.path(), &[&EMIT[..], &["--", "run", "shop.yaml"]].concat());
    assert!(done.code == Some(2) && done.err.contains("not in the cluster: web, db"), "{}", done.said());
}
