//! `engine: smtp`: Postfix's `smtp-sink`, which takes every mail and keeps it as a file.
//!
//! Settings are its options by their letters: `{w: 1}` waits a second before it answers `DATA`, `{f: RCPT}` refuses that command, `{q: MAIL}`
//! hangs up at it. See `man smtp-sink`.

use super::{Order, Recipe, Start, words};
use crate::plan::real::Engine;

pub const RECIPE: Recipe = Recipe {
    page: include_str!("smtp.rs"),
    engine: Engine::Smtp,
    programs: &["smtp-sink"],
    version: &["postconf", "-h", "mail_version"],
    package: "postfix",
    start,
};

fn start(order: &Order) -> Start {
    let mut args = words(["-d", "{dir}/mails/%M."]);
    args.extend(order.settings.iter().flat_map(|(name, value)| [format!("-{name}"), value.clone()]));
    args.extend(words(["{host}:{port}", "1024"]));
    let run = vec![words(["mkdir", "{dir}/mails"])];
    Start { program: "smtp-sink", args, run, ..Start::default() }
}
