//! The command line: one file per command. The only home of the argument parser and of printing; nobody imports it.
//! Results go to standard output, progress and messages to standard error, and the last line of a run says why it ended as it did.

mod baseline;
mod check;
mod clean;
mod compare;
mod compiled;
mod completions;
mod config;
mod console;
mod doctor;
mod emit;
mod ending;
mod explain;
mod explore;
mod filter;
mod gameday;
mod generator;
mod guardian;
mod hazards;
mod learn;
mod list;
mod man;
mod new;
mod panics;
mod plan;
mod proxy;
mod report;
mod run;
mod schema;
mod select;
mod shape;
mod world;

use crate::judge::ExitCode;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use console::{ColorWish, Console};
use ending::{Ending, Failure};
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Chaos and failure simulation: one scenario file, played in virtual time or against real processes, judged, and reported with charts.
#[derive(Debug, Parser)]
#[command(name = "firedrill", version, max_term_width = 120, after_help = after_help(), disable_help_subcommand = true)]
struct Cli {
    /// Colours in the output; NO_COLOR and CLICOLOR_FORCE are honoured
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorWish::Auto)]
    color: ColorWish,
    #[command(flatten)]
    config: config::ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

/// Every command, in the order of the help.
#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<run::RunArgs>),
    Check(check::CheckArgs),
    Plan(plan::PlanArgs),
    List(list::ListArgs),
    Explain(explain::ExplainArgs),
    New(new::NewArgs),
    Sweep(explore::SweepArgs),
    Edge(explore::EdgeArgs),
    Hunt(explore::HuntArgs),
    Merge(explore::MergeArgs),
    Emit(emit::EmitArgs),
    Learn(learn::LearnArgs),
    Gameday(gameday::GamedayArgs),
    Compare(compare::CompareArgs),
    Baseline(baseline::BaselineArgs),
    Report(report::ReportArgs),
    Proxy(proxy::ProxyArgs),
    Doctor(doctor::DoctorArgs),
    Clean(clean::CleanArgs),
    ShowConfig(config::ShowConfigArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// The whole program: the exit code for these arguments.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    panics::install();
    let args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|word| word == guardian::WORD) {
        return guardian::main(&args[1..]);
    }
    if args.get(1).is_some_and(|word| word == generator::WORD) {
        return generator::main();
    }
    let args = proxy::as_we_spell_them(args);
    let (color, config) = match Cli::try_parse_from(&args) {
        Ok(cli) => (cli.color, cli.config),
        // The configuration may have it.
        Err(error) if error.kind() == clap::error::ErrorKind::MissingRequiredArgument => config::asked_for(&args),
        Err(error) => return refuse(&error),
    };
    let mut console = Console::new(color);
    let args = catch_unwind(AssertUnwindSafe(|| config::applied(args, &config, &console)));
    let cli = match args.unwrap_or_else(|_| Err(panics::failure())).map(Cli::try_parse_from) {
        Ok(Ok(cli)) => cli,
        Ok(Err(error)) => return refuse(&error),
        Err(failure) => return finish(Err(failure), &mut console).number(),
    };
    let ending = catch_unwind(AssertUnwindSafe(|| dispatch(cli.command, &cli.config, &mut console)));
    let ending = ending.unwrap_or_else(|_| Err(panics::failure()));
    finish(ending, &mut console).number()
}

fn dispatch(command: Command, config: &config::ConfigArgs, console: &mut Console) -> Result<Ending, Failure> {
    match command {
        Command::Run(args) => run::run(&args, console),
        Command::Check(args) => check::run(&args, console),
        Command::Plan(args) => plan::run(&args, console),
        Command::List(args) => list::run(&args, console),
        Command::Explain(args) => explain::run(&args, console),
        Command::New(args) => new::run(&args, console),
        Command::Sweep(args) => explore::sweep(&args, console),
        Command::Edge(args) => explore::edge(&args, console),
        Command::Hunt(args) => explore::hunt(&args, console),
        Command::Merge(args) => explore::merge(&args, console),
        Command::Emit(args) => emit::run(&args, console),
        Command::Learn(args) => learn::run(&args, console),
        Command::Gameday(args) => gameday::run(&args, console),
        Command::Compare(args) => compare::run(&args, console),
        Command::Baseline(args) => baseline::run(&args, console),
        Command::Report(args) => report::run(&args, console),
        Command::Proxy(args) => proxy::run(&args, console),
        Command::Doctor(args) => doctor::run(&args, console),
        Command::Clean(args) => clean::run(&args, console),
        Command::ShowConfig(args) => config::show(&args, config, console),
        Command::Schema(args) => schema::run(&args, console),
        Command::Completions(args) => completions::run(&args, console),
        Command::Man(args) => man::run(&args, console),
    }
}

/// The whole command line, for shell completions and the manual page.
fn command_line() -> clap::Command {
    Cli::command()
}

/// Help and version are answers (0); everything else that the parser says is a wrong command line.
fn refuse(error: &clap::Error) -> u8 {
    // A closed pipe is no reason to complain.
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::Held.number();
    }
    let console = Console::new(ColorWish::Auto);
    if let Some(meant) = meant_command(error) {
        console.err(&format!("help: did you mean `firedrill {meant}`?"));
    }
    if error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        console.err(&ExitCode::Usage.line("wrong command line"));
    }
    ExitCode::Usage.number()
}

/// The parser's own suggestions miss swapped letters (`rnu`).
fn meant_command(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let command = command_line();
    crate::scenario::did_you_mean(word, command.get_subcommands().map(clap::Command::get_name))
        .filter(|_| error.get(ContextKind::SuggestedSubcommand).is_none())
}

fn finish(ending: Result<Ending, Failure>, console: &mut Console) -> ExitCode {
    let code = match ending {
        Ok(ending) => ending.tell(console),
        Err(failure) => failure.tell(console),
    };
    match console.close() {
        Ok(()) => code,
        Err(error) => Failure::internal(
            format!("standard output cannot be written: {error}"),
            "free some space, or send the output somewhere else",
        )
        .tell(console),
    }
}

fn after_help() -> String {
    let mut codes = ExitCode::BY_RANK;
    codes.sort_by_key(|code| code.number());
    let lines: Vec<String> = codes.iter().map(|code| format!("  {:>3}  {}", code.number(), code.meaning())).collect();
    format!(
        "Examples:
  firedrill run                          play the built-in scenario `slow-cache`, in virtual time
  firedrill new my-service               write a commented starter scenario, my-service.yaml
  firedrill check my-service.yaml        every mistake at once, with line and column
  firedrill run my-service.yaml          play and judge it; reports land in reports/
  firedrill run slow-cache --world live  the same against a real redis-server
  firedrill learn list                   incidents as lessons, with questions

Exit codes:\n{}",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command_line().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_and_gives_examples() {
        for command in super::command_line().get_subcommands() {
            assert!(command.get_about().is_some(), "{} has no description", command.get_name());
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains("firedrill "), "{} has no example", command.get_name());
        }
    }
}
