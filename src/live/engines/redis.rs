//! `engine: redis`: a redis-server that keeps nothing on disk, unless its `settings` say so.
//!
//! Settings are those of redis.conf. `appendonly: yes` with `appendfsync: always` keeps every acknowledged write, `everysec` may lose those
//! of the last second with the machine (not with the process), and without either a restart finds it empty. `maxmemory: 64mb` and
//! `maxmemory-policy: allkeys-lru` make it a bounded cache.

use super::{Order, Recipe, Start, words};
use crate::plan::real::Engine;

pub const RECIPE: Recipe = Recipe {
    page: include_str!("redis.rs"),
    engine: Engine::Redis,
    programs: &["redis-server"],
    version: &["redis-server", "--version"],
    package: "redis-server",
    start,
};

fn start(order: &Order) -> Start {
    let mut args = words(["--port", "{port}", "--bind", "{host}", "--protected-mode", "no", "--dir", "{dir}"]);
    for (name, value) in [("save", ""), ("appendonly", "no")] {
        args.extend([format!("--{name}"), order.setting(name, value).to_owned()]);
    }
    for (name, value) in order.others(&["save", "appendonly"]) {
        args.extend([format!("--{name}"), value.clone()]);
    }
    Start { program: "redis-server", args, ..Start::default() }
}
