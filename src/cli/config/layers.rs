//! The layers that settings come from, the nearer before the farther: the environment, the profile, the profiles that it inherits, `default`.

use super::file::{self, File, Profile};
use super::{ConfigArgs, Failure, Origin, Setting, Value};
use crate::cli::console::Console;
use crate::judge::ExitCode;
use crate::scenario::help_for;
use clap::{Arg, ArgAction, Command};
use std::env;
use std::path::PathBuf;

/// In place of a file: nothing counts but the command line.
pub const NONE: &str = "none";

/// Every profile inherits it.
const DEFAULT: &str = "default";

/// What counts on this call.
#[derive(Debug, Default)]
pub struct Layers {
    /// `None`: there is no file.
    pub file: Option<File>,
    /// The profiles that count, the nearer first.
    pub chain: Vec<Profile>,
    /// Not even the environment counts.
    is_off: bool,
}

impl Layers {
    /// Reads the file, if there is one, and settles which of its profiles count.
    pub fn open(config: &ConfigArgs, root: &Command) -> Result<Layers, Failure> {
        let named = config.config_file.clone().or_else(|| variable("FIREDRILL_CONFIG_FILE").map(PathBuf::from));
        if named.as_deref().is_some_and(|path| path.as_os_str() == NONE) {
            return Ok(Layers { is_off: true, ..Layers::default() });
        }
        let wanted = config.profile.clone().or_else(|| variable("FIREDRILL_PROFILE"));
        let Some(path) = named.or_else(file::find) else {
            return match wanted {
                Some(name) => Err(wrong(
                    format!("there is no profile `{name}`, because there is no configuration file"),
                    "write .config/firedrill.toml; `firedrill show-config --help` shows one",
                )),
                None => Ok(Layers::default()),
            };
        };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path)
            .map_err(|error| wrong(format!("{name} cannot be read: {error}"), "look at --config-file"))?;
        let file = file::read(&name, &text, root).map_err(|mistakes| wrong(mistakes.join("\n"), ""))?;
        let chain = chain(&file, wanted.as_deref())?;
        Ok(Layers { file: Some(file), chain, is_off: false })
    }

    /// What the environment and the profiles say of a command, each option once.
    pub fn settings(&self, path: &[String], command: &Command, console: &Console) -> Result<Vec<Setting>, Failure> {
        if self.is_off {
            return Ok(Vec::new());
        }
        let mut all = environment(path, command, console)?;
        for setting in self.chain.iter().flat_map(|profile| &profile.settings).filter(|one| one.command == path) {
            if all.iter().all(|known| known.key != setting.key) {
                all.push(setting.clone());
            }
        }
        Ok(all)
    }
}

/// The wanted profile and what it inherits; `default` at the end.
fn chain(file: &File, wanted: Option<&str>) -> Result<Vec<Profile>, Failure> {
    let names = || file.profiles.iter().map(|profile| profile.name.as_str());
    let mut chain: Vec<Profile> = Vec::new();
    let (mut next, mut asked_at) = (wanted.unwrap_or(DEFAULT).to_owned(), String::new());
    loop {
        if let Some(known) = chain.iter().find(|profile| profile.name == next) {
            return Err(wrong(format!("{}: error: the profile `{next}` inherits itself", known.at), ""));
        }
        let Some(found) = file.profiles.iter().find(|profile| profile.name == next) else {
            if next == DEFAULT {
                return Ok(chain);
            }
            let place = if asked_at.is_empty() { String::new() } else { format!("{asked_at}: error: ") };
            let help = help_for(&next, names().chain([DEFAULT])).unwrap_or_default();
            return Err(wrong(format!("{place}there is no profile `{next}` in {}", file.name), &help));
        };
        chain.push(found.clone());
        if next == DEFAULT {
            return Ok(chain);
        }
        asked_at.clone_from(&found.at);
        next = found.inherits.clone().unwrap_or_else(|| DEFAULT.to_owned());
    }
}

/// `FIREDRILL_RUN_SEEDS=20` is `--seeds 20` of `run`.
fn environment(path: &[String], command: &Command, console: &Console) -> Result<Vec<Setting>, Failure> {
    let upper = |word: &str| word.to_uppercase().replace('-', "_");
    let prefix = format!("FIREDRILL_{}_", path.iter().map(|word| upper(word)).collect::<Vec<_>>().join("_"));
    let mut variables: Vec<(String, String)> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, value)| name.starts_with(&prefix) && !value.is_empty())
        .collect();
    variables.sort();
    let mut all = Vec::new();
    for (name, value) in variables {
        let key_is = |arg: &&Arg| super::key_of(arg).is_some_and(|key| upper(key) == name[prefix.len()..]);
        match command.get_arguments().find(key_is) {
            Some(arg) => {
                let value = read(arg, &value).map_err(|why| wrong(format!("{name} {why}"), ""))?;
                let key = super::key_of(arg).expect("it was found by it").to_owned();
                let origin = Origin::Environment(name);
                all.push(Setting { command: path.to_vec(), key, value, origin });
            }
            None => {
                console.err(&format!("warning: {name} is set, and `firedrill {}` has no such option", path.join(" ")))
            }
        }
    }
    Ok(all)
}

fn read(arg: &Arg, text: &str) -> Result<Value, String> {
    match (arg.get_action(), text) {
        (ArgAction::SetTrue, "1" | "true" | "yes") => Ok(Value::Flag(true)),
        (ArgAction::SetTrue, "0" | "false" | "no") => Ok(Value::Flag(false)),
        (ArgAction::SetTrue, other) => Err(format!("is 1 or 0, not `{other}`")),
        // Values hold commas and blanks.
        _ if super::takes_several(arg) => Ok(Value::Words(text.lines().map(str::to_owned).collect())),
        _ => Ok(Value::Words(vec![text.to_owned()])),
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

pub fn wrong(message: String, next: &str) -> Failure {
    Failure { code: ExitCode::Usage, message, next: next.into(), reason: "wrong configuration".into() }
}
