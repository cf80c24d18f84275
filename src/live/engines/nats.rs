//! `engine: nats`: a nats-server with JetStream, which keeps its streams on disk.
//!
//! Settings are top-level lines of its configuration (`{max_payload: 8MB}`), but for `max_file_store` and `max_memory_store`, which are
//! JetStream's, and `sync_interval` (2m): what was acknowledged since the last sync is lost with the machine, though not with the process.
//! Each request publishes to the stream `firedrill_NAME` and waits for its acknowledgement.

use super::{Order, Recipe, Start, words};
use crate::plan::real::Engine;

pub const RECIPE: Recipe = Recipe {
    page: include_str!("nats.rs"),
    engine: Engine::Nats,
    programs: &["nats-server"],
    version: &["nats-server", "--version"],
    package: "nats-server",
    start,
};

const JETSTREAM: [&str; 3] = ["max_file_store", "max_memory_store", "sync_interval"];

fn start(order: &Order) -> Start {
    let inner: String =
        order.settings.iter().filter(|(name, _)| JETSTREAM.contains(&name.as_str())).map(line).collect();
    let outer: String = order.others(&JETSTREAM).map(line).collect();
    let config =
        format!("listen: \"{{host}}:{{port}}\"\n{outer}jetstream {{\nstore_dir: \"{{dir}}/jetstream\"\n{inner}}}\n");
    let args = words(["-c", "{dir}/nats.conf"]);
    Start { program: "nats-server", args, files: vec![("nats.conf".to_owned(), config)], ..Start::default() }
}

fn line((name, value): &(String, String)) -> String {
    format!("{name}: {value}\n")
}
