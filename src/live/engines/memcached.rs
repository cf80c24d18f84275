//! `engine: memcached`: a memcached with 64 MB, on TCP only.
//!
//! Settings are its long options: `{memory-limit: 16, max-item-size: 1m, conn-limit: 100}`. It keeps nothing: a restart finds it empty.

use super::{Order, Recipe, Start, words};
use crate::plan::real::Engine;

pub const RECIPE: Recipe = Recipe {
    page: include_str!("memcached.rs"),
    engine: Engine::Memcached,
    programs: &["memcached"],
    version: &["memcached", "-V"],
    package: "memcached",
    start,
};

fn start(order: &Order) -> Start {
    let mut args = words(["--port={port}", "--udp-port=0", "--listen={host}"]);
    args.extend(order.settings.iter().map(|(name, value)| format!("--{name}={value}")));
    Start { program: "memcached", args, ..Start::default() }
}
