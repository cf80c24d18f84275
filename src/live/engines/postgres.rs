//! `engine: postgres`: a PostgreSQL server with a cluster of its own, made by `initdb`.
//!
//! Settings are those of postgresql.conf. What is committed survives `kill -9`, as `fsync` and `synchronous_commit` are on unless a setting
//! says otherwise. Anybody on this machine may log in while the run lasts: the superuser is `firedrill`, without a password.

use super::{Order, Recipe, Start, words};
use crate::plan::real::Engine;

pub const RECIPE: Recipe = Recipe {
    page: include_str!("postgres.rs"),
    engine: Engine::Postgres,
    programs: &["postgres", "initdb"],
    version: &["postgres", "--version"],
    package: "postgresql",
    start,
};

fn start(order: &Order) -> Start {
    let mut args = words(["-D", "{dir}/cluster", "-p", "{port}", "-h", "{host}", "-k", ""]);
    args.extend(words(["-c", "hba_file={dir}/pg_hba.conf"]));
    // Small, so that it starts at once; what a drill needs more of is a setting.
    let small = [("shared_buffers", "32MB"), ("max_wal_size", "256MB")];
    let given = |name: &str| order.settings.iter().any(|(key, _)| key == name);
    let kept = small.iter().filter(|(name, _)| !given(name)).map(|(name, value)| format!("{name}={value}"));
    let all = kept.chain(order.settings.iter().map(|(name, value)| format!("{name}={value}")));
    args.extend(all.flat_map(|setting| ["-c".to_owned(), setting]));
    // Whoever is on this machine: on loopback, or at the other end of a network of its own.
    let files = vec![("pg_hba.conf".to_owned(), "host all,replication all samenet trust\n".to_owned())];
    let init = words([
        "initdb",
        "-D",
        "{dir}/cluster",
        "-U",
        "firedrill",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    Start { program: "postgres", args, files, run: vec![init], ..Start::default() }
}
