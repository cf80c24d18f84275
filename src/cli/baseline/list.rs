//! `firedrill baseline list` and `show`: what is kept. They compare nothing.

use super::store::Store;
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::judge::against::{Captured, Figure};
use clap::Args;

/// List the baselines
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    store: Store,
}

/// Show the figures of a baseline
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    store: Store,
    /// The file as it is
    #[arg(long)]
    json: bool,
}

pub fn list(args: &ListArgs, console: &mut Console) -> Result<Ending, Failure> {
    for name in args.store.names()? {
        let captured = args.store.get(&name)?;
        console.out(&format!("{name}  {}\n", about(&captured)));
    }
    Ok(Ending::quiet())
}

pub fn show(args: &ShowArgs, console: &mut Console) -> Result<Ending, Failure> {
    let captured = args.store.get(&args.name)?;
    if args.json {
        console.out(&captured.to_text());
        return Ok(Ending::quiet());
    }
    console.out(&format!("{}\n{}\n", console.bold(&args.name), about(&captured)));
    for (client, phase) in captured.places() {
        let seeds = captured.at(client, phase);
        let readings =
            Figure::ALL.map(|figure| (figure, figure.read(&seeds))).into_iter().filter(|(_, one)| one.enough);
        let shown =
            readings.filter_map(|(figure, one)| Some(format!("{} {}", figure.word(), figure.shown(one.value?))));
        let shown: Vec<String> = shown.collect();
        let shown = if shown.is_empty() { "too few requests".to_owned() } else { shown.join("  ") };
        console.out(&format!("  {client}, {phase}: {shown}\n"));
    }
    Ok(Ending::quiet())
}

fn about(captured: &Captured) -> String {
    let seeds: Vec<u64> = captured.seeds.iter().map(|one| one.seed).collect();
    let seeds = match seeds.as_slice() {
        [one] => format!("seed {one}"),
        [first, .., last] => format!("{} seeds, {first} to {last}", seeds.len()),
        [] => "no seeds".to_owned(),
    };
    let digest = captured.conditions_digest.chars().take("sha256:".len() + 8).collect::<String>();
    format!("{}, {}, {seeds}, by {}, {digest}", captured.world(), captured.conditions.word("length"), captured.version)
}
