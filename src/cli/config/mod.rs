//! `.config/firedrill.toml`: options of commands that are written down once, by profile, and put into the command line before it is read.
//! What is given on the command line counts first, then the environment, then the profile, what it inherits, and the program's defaults.

mod file;
mod layers;
mod show;

pub use layers::NONE;
pub use show::{ShowConfigArgs, show};

use super::console::{ColorWish, Console};
use super::ending::{Failure, unread};
use crate::judge::ExitCode;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};
use layers::Layers;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where settings come from, for every command.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// The profile of the configuration file; default: FIREDRILL_PROFILE, else `default`
    #[arg(long, global = true, value_name = "NAME", help_heading = "Configuration")]
    pub profile: Option<String>,
    /// The configuration file; default: FIREDRILL_CONFIG_FILE, else `.config/firedrill.toml` or `firedrill.toml` here or in a folder above; `none`: only
    /// the command line counts
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub config_file: Option<PathBuf>,
}

/// One option of a command, as a file or the environment has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The command and the command below it, if any.
    pub command: Vec<String>,
    /// The option without its dashes, or the name of what has none.
    pub key: String,
    pub value: Value,
    pub origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Flag(bool),
    Words(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    Profile {
        name: String,
        /// `file:line:column`.
        at: String,
    },
    /// The variable.
    Environment(String),
}

/// The arguments with what the environment and the profile add to them. Arguments that cannot be read are given back as they are: the parser will say so.
pub fn applied(args: Vec<OsString>, config: &ConfigArgs, console: &Console) -> Result<Vec<OsString>, Failure> {
    let root = super::command_line();
    let layers = Layers::open(config, &root)?;
    let Ok(matches) = leniently(&args) else { return Ok(args) };
    let (path, command, matches) = leaf(&root, &matches);
    let given: Vec<&Arg> = command.get_arguments().filter(|arg| is_given(arg, matches)).collect();
    // What excludes something that was given on the command line is not wanted this time.
    let excluded = |arg: &Arg| {
        let clash = |one: &Arg, other: &Arg| {
            command.get_arg_conflicts_with(one).iter().any(|arg| arg.get_id() == other.get_id())
        };
        given.iter().any(|one| one.get_id() == arg.get_id() || clash(one, arg) || clash(arg, one))
    };
    let settings: Vec<Setting> = layers
        .settings(&path, command, console)?
        .into_iter()
        .filter(|setting| option(command, &setting.key).is_some_and(|arg| !excluded(arg)))
        .collect();
    let words: Vec<String> = settings.iter().flat_map(|one| words(one, command)).collect();
    if words.is_empty() {
        return Ok(args);
    }
    if !matches.try_get_one::<bool>("quiet").ok().flatten().is_some_and(|quiet| *quiet) {
        tell(&settings, command, console);
    }
    check(&args, &path, &words, &settings)
}

/// What a command line says of the configuration and of colours that is not complete yet.
pub fn asked_for(args: &[OsString]) -> (ColorWish, ConfigArgs) {
    let Ok(matches) = leniently(args) else { return (ColorWish::Auto, ConfigArgs::default()) };
    let color = matches.get_one::<ColorWish>("color").copied().unwrap_or(ColorWish::Auto);
    let config = ConfigArgs {
        profile: matches.get_one::<String>("profile").cloned(),
        config_file: matches.get_one::<PathBuf>("config_file").cloned(),
    };
    (color, config)
}

/// What is missing is no mistake yet.
fn leniently(args: &[OsString]) -> Result<ArgMatches, clap::Error> {
    super::command_line().ignore_errors(true).try_get_matches_from(args)
}

/// The command that was called, with the words that call it.
fn leaf<'a>(root: &'a Command, matches: &'a ArgMatches) -> (Vec<String>, &'a Command, &'a ArgMatches) {
    let (mut path, mut command, mut here) = (Vec::new(), root, matches);
    while let Some((name, below)) = here.subcommand() {
        let Some(found) = command.find_subcommand(name) else { break };
        path.push(name.to_owned());
        (command, here) = (found, below);
    }
    (path, command, here)
}

fn is_given(arg: &Arg, matches: &ArgMatches) -> bool {
    let id = arg.get_id().as_str();
    matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// The option of this name; what has no dashes goes by its own name.
fn option<'c>(command: &'c Command, key: &str) -> Option<&'c Arg> {
    command.get_arguments().find(|arg| key_of(arg) == Some(key))
}

/// What an option is called in the file. Help, colours, and what says where settings are, are not set by settings.
fn key_of(arg: &Arg) -> Option<&str> {
    let id = arg.get_id().as_str();
    let fixed = ["help", "version", "color", "profile", "config_file"].contains(&id) || arg.is_hide_set();
    let name = if arg.is_positional() { Some(id) } else { arg.get_long() };
    name.filter(|_| !fixed)
}

fn takes_several(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

/// A setting as words of the command line.
fn words(setting: &Setting, command: &Command) -> Vec<String> {
    let is_positional = option(command, &setting.key).is_some_and(Arg::is_positional);
    match &setting.value {
        Value::Flag(true) => vec![format!("--{}", setting.key)],
        Value::Flag(false) => Vec::new(),
        Value::Words(all) if is_positional => all.clone(),
        Value::Words(all) => all.iter().map(|word| format!("--{}={word}", setting.key)).collect(),
    }
}

/// Somebody who reads a log must see why the command did what it did.
fn tell(settings: &[Setting], command: &Command, console: &Console) {
    for setting in settings {
        let words = words(setting, command);
        if !words.is_empty() {
            console.err(&format!("config: {} ({})", words.join(" "), setting.origin));
        }
    }
}

/// Puts the words behind the command's own, and lets the parser look at the whole: what it refuses was refused because of them.
fn check(args: &[OsString], path: &[String], words: &[String], settings: &[Setting]) -> Result<Vec<OsString>, Failure> {
    let mut at = 1;
    for name in path {
        // The value of an option before it may have the same name.
        let is_it = |index: &usize| args[*index] == name.as_str() && !is_value(args, *index);
        at = (at..args.len()).find(is_it).map_or(args.len(), |index| index + 1);
    }
    let mut all = args.to_vec();
    all.splice(at..at, words.iter().map(OsString::from));
    match super::command_line().try_get_matches_from(&all) {
        Err(error) if error.use_stderr() => {
            let origins: Vec<String> = settings.iter().map(|one| format!("  {} ({})", one.key, one.origin)).collect();
            Err(Failure {
                code: ExitCode::Usage,
                message: unread(&error),
                next: format!("of these options some are from the configuration:\n{}", origins.join("\n")),
                reason: "wrong configuration".to_owned(),
            })
        }
        _ => Ok(all),
    }
}

/// Is it the value of the option before it?
fn is_value(args: &[OsString], index: usize) -> bool {
    let options = ["--color", "--profile", "--config-file"];
    options.iter().any(|option| args[index - 1] == *option)
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Profile { name, at } => write!(f, "profile {name}, {at}"),
            Origin::Environment(name) => write!(f, "environment, {name}"),
        }
    }
}
