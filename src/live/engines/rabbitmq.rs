//! `engine: rabbitmq`: a RabbitMQ node of its own, with its own port mapper (epmd), which ends with it.
//!
//! Settings are lines of rabbitmq.conf: `{vm_memory_high_watermark.relative: 0.2}`. Each request publishes a persistent message to the
//! durable queue `firedrill.NAME`, as the user `guest`. Nobody consumes them, so a long run needs room on the disk.

use super::{Order, Recipe, Start, words};
use crate::plan::real::Engine;

pub const RECIPE: Recipe = Recipe {
    page: include_str!("rabbitmq.rs"),
    engine: Engine::Rabbitmq,
    programs: &["rabbitmq-server", "epmd"],
    version: &[],
    package: "rabbitmq-server",
    start,
};

/// A port mapper that a node finds running is used; the one that it would start itself outlives it as a daemon.
const SCRIPT: &str = "epmd -address 127.0.0.1 -port \"$1\" & exec \"$2\"";

fn start(order: &Order) -> Start {
    let server = super::found("rabbitmq-server");
    let mut config =
        "listeners.tcp.default = {host}:{port}\nloopback_users = none\ndistribution.listener.interface = 127.0.0.1\n"
            .to_owned();
    for (name, value) in order.settings {
        config += &format!("{name} = {value}\n");
    }
    let env = [
        ("HOME", "{dir}"),
        ("ERL_EPMD_PORT", "{port:epmd}"),
        ("ERL_EPMD_ADDRESS", "127.0.0.1"),
        ("RABBITMQ_NODENAME", "firedrill-{port}@localhost"),
        ("RABBITMQ_DIST_PORT", "{port:distribution}"),
        ("RABBITMQ_CONFIG_FILE", "{dir}/rabbitmq.conf"),
        ("RABBITMQ_CONF_ENV_FILE", "{dir}/none.conf"),
        ("RABBITMQ_MNESIA_BASE", "{dir}/mnesia"),
        ("RABBITMQ_LOG_BASE", "{dir}/log"),
        ("RABBITMQ_LOGS", "-"),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", "{dir}/enabled_plugins"),
        ("RABBITMQ_PID_FILE", "{dir}/pid"),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"),
    ];
    Start {
        program: "sh",
        args: [words(["-c", SCRIPT, "rabbitmq", "{port:epmd}"]), vec![server]].concat(),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        files: vec![("rabbitmq.conf".to_owned(), config), ("enabled_plugins".to_owned(), "[].\n".to_owned())],
        run: Vec::new(),
    }
}
