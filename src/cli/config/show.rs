//! `firedrill show-config`: what counts for each command, and where it comes from.

use super::layers::{Layers, wrong};
use super::{ConfigArgs, Setting, Value, key_of};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::scenario::help_for;
use clap::{Arg, Args, Command};

/// Print the settings that count here: profiles, environment, defaults
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill show-config                          settings that a file or the environment makes
  firedrill show-config run --origin             every option of `run`, and where its value comes from
  firedrill show-config --profile ci --origin

A file, .config/firedrill.toml:
  [profile.default.run]
  jobs = 2

  [profile.ci]
  inherits = \"default\"          # as every profile does

  [profile.ci.run]
  scenarios = [\"scenarios/\"]
  all-variants = true
  seeds = 5
  output = [\"text\", \"junit=reports/junit.xml\"]

The command line counts first, then the environment (FIREDRILL_RUN_SEEDS=20; FIREDRILL_PROFILE=ci; several values: one a line), then the
profile, what it inherits, and the defaults. An option that is repeated on the command line replaces the list of the file.")]
pub struct ShowConfigArgs {
    /// A command, such as `run` or `baseline save`: all of its options
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Say where each value comes from
    #[arg(long)]
    origin: bool,
}

pub fn show(args: &ShowConfigArgs, config: &ConfigArgs, console: &mut Console) -> Result<Ending, Failure> {
    let mut root = super::super::command_line();
    root.build();
    let layers = Layers::open(config, &root)?;
    let chain: Vec<&str> = layers.chain.iter().map(|profile| profile.name.as_str()).collect();
    match &layers.file {
        Some(file) => console.out(&format!(
            "# {}, profile {}\n",
            file.name,
            if chain.is_empty() { "default, which is empty".to_owned() } else { chain.join(", then ") }
        )),
        None => console.out("# there is no configuration file; `firedrill show-config --help` shows one\n"),
    }
    let mut paths = match args.command.is_empty() {
        true => paths(&root),
        false => vec![args.command.clone()],
    };
    paths.sort();
    for path in paths {
        let command = at(&root, &path)?;
        let settings = layers.settings(&path, command, console)?;
        let lines: Vec<String> = command
            .get_arguments()
            .filter_map(|arg| line(arg, &settings, args.origin, !args.command.is_empty()))
            .collect();
        if !lines.is_empty() {
            console.out(&format!("\n[{}]\n{}\n", path.join("."), lines.join("\n")));
        }
    }
    Ok(Ending::quiet())
}

/// Every command that does something itself.
fn paths(command: &Command) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for below in command.get_subcommands() {
        let under = paths(below).into_iter().map(|path| [vec![below.get_name().to_owned()], path].concat());
        all.extend(under);
        if !below.has_subcommands() {
            all.push(vec![below.get_name().to_owned()]);
        }
    }
    all
}

fn at<'c>(root: &'c Command, path: &[String]) -> Result<&'c Command, Failure> {
    let mut here = root;
    for word in path {
        let names: Vec<&str> = here.get_subcommands().map(Command::get_name).collect();
        here = here.find_subcommand(word).ok_or_else(|| {
            wrong(format!("there is no command `{}`", path.join(" ")), &help_for(word, names).unwrap_or_default())
        })?;
    }
    Ok(here)
}

/// `seeds = "20"  # profile ci, .config/firedrill.toml:7:1`; with `all` options that nobody set as well.
fn line(arg: &Arg, settings: &[Setting], origin: bool, all: bool) -> Option<String> {
    let key = key_of(arg)?;
    let (value, from) = match settings.iter().find(|setting| setting.key == key) {
        Some(setting) => (value(&setting.value), setting.origin.to_string()),
        None if all => {
            let defaults: Vec<String> =
                arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
            let shown = if defaults.is_empty() { "unset".to_owned() } else { value(&Value::Words(defaults)) };
            (shown, "default".to_owned())
        }
        None => return None,
    };
    let text = if value == "unset" { format!("# {key} is not set") } else { format!("{key} = {value}") };
    Some(if origin { format!("{text:<40} # {from}") } else { text })
}

/// As the file has it.
fn value(value: &Value) -> String {
    let quoted = |word: &String| toml::Value::String(word.clone()).to_string();
    match value {
        Value::Flag(on) => on.to_string(),
        Value::Words(words) => match &words[..] {
            [one] => one.parse::<i64>().map_or_else(|_| quoted(one), |number| number.to_string()),
            several => format!("[{}]", several.iter().map(quoted).collect::<Vec<_>>().join(", ")),
        },
    }
}
