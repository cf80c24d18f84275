//! Servers in networks of their own: their packets go astray, and they call one another all the same.

use super::{Drill, list, played, texts};

#[test]
fn a_server_that_is_cut_off_is_silent_and_back_when_the_cable_is() {
    let fault = "kind: packets, partition: true, at: 1500ms, for: 1s";
    let expect = &[
        "success(users) >= 90% before hurt",
        "errors(users, kind=timeout) >= 50% during hurt",
        "success(users) >= 50% after hurt",
    ];
    let drill = Drill { fault, expect, length_s: 5, ..Drill::default() };
    drill.holds("packets handled", "packets by", &["network namespace"]);
}

/// A chain of two servers in networks of their own, a stand-in and one on loopback behind them, with a fault on a way out of such a network.
const CHAIN: &str = "name: host
world: live
length: 5s
warmup: 200ms
clients:
  users: {calls: {to: front, timeout: 800ms}, rate: 50/s}
services:
  front: {calls: [{to: middle, timeout: 700ms}]}
  middle: {calls: [{to: back, timeout: 600ms}]}
  back: {calls: [{to: model, timeout: 500ms}]}
  model: {work: 1ms}
faults:
  closed: {kind: refuse, on: middle->back, at: 1500ms, for: 1s}
  cable: {kind: packets, on: middle, partition: true, at: 3s, for: 500ms}
expect:
  - success(users) >= 90% before closed
  - errors(users) >= 50% during closed
  - success(users) >= 90% between 2700ms and 3s
  - errors(users) >= 50% during cable
live:
  front: {engine: nginx, network: own}
  middle: {engine: haproxy, network: own}
  back: {engine: nginx}
";

#[test]
fn servers_call_one_another_out_of_networks_of_their_own_and_through_the_fault_proxy() {
    let result = played(CHAIN);
    assert_eq!(result["verdict"], "holds", "{result:#}");
    for fault in list(&result["faults"]) {
        assert!(fault["evidence"]["touched"].as_u64().is_some_and(|n| n > 0), "{result:#}");
    }
    let alone =
        texts(&result["methods"]).iter().filter(|line| line.contains("in a network namespace of its own;")).count();
    assert_eq!(alone, 2, "{result:#}");
    let undo = list(&result["undo"]);
    assert!(undo.iter().all(|note| note["done"] == true), "{result:#}");
    let rooms =
        undo.iter().filter(|note| note["what"].as_str().is_some_and(|what| what.starts_with("network namespace")));
    assert_eq!(rooms.count(), 2, "{result:#}");
}

const ENGINES: [(&str, &str); 8] = [
    ("redis", "kind: cache, entries: 50"),
    ("postgres", "kind: database"),
    ("memcached", "kind: cache, entries: 50"),
    ("haproxy", "workers: 8"),
    ("rabbitmq", "workers: 8"),
    ("nats", "workers: 8"),
    ("smtp", "workers: 8"),
    ("dns", "workers: 8"),
];

#[test]
fn every_engine_works_in_a_network_of_its_own() {
    let (mut clients, mut services, mut live, mut expect) = <(String, String, String, String)>::default();
    for (engine, kind) in ENGINES {
        clients += &format!(
            "  to-{engine}: {{calls: {{to: {engine}, timeout: 2s, request: 200B}}, rate: 10/s, writes: 50%, keys: {{count: 50}}}}\n"
        );
        services += &format!("  {engine}: {{{kind}}}\n");
        let more = if engine == "rabbitmq" { ", ready_within: 300s" } else { "" };
        live += &format!("  {engine}: {{engine: {engine}, network: own{more}}}\n");
        expect += &format!("  - success(to-{engine}) >= 90%\n");
    }
    let head = "name: host\nworld: live\nlength: 4s\nwarmup: 200ms\n";
    let result = played(&format!("{head}clients:\n{clients}services:\n{services}expect:\n{expect}live:\n{live}"));
    assert_eq!(result["verdict"], "holds", "{result:#}");
    assert!(list(&result["undo"]).iter().all(|note| note["done"] == true), "{result:#}");
    let rooms = list(&result["undo"])
        .iter()
        .filter(|note| note["what"].as_str().is_some_and(|what| what.starts_with("network")));
    assert_eq!(rooms.count(), ENGINES.len(), "{result:#}");
}
