//! Finds and reads the configuration file: profiles, and in each the options of commands. It knows the file's shape and which options there are;
//! what they mean is the command line's own. One file alone knows the TOML crate, and it is this one.

use super::{Setting, Value};
use crate::scenario::help_for;
use clap::{Arg, ArgAction, Command};
use std::env;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// In this folder, or in one above it, the first of these that is there.
const NAMES: [&str; 2] = [".config/firedrill.toml", "firedrill.toml"];

/// A profile as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub name: String,
    /// `file:line:column`.
    pub at: String,
    /// The profile that is asked where this one says nothing.
    pub inherits: Option<String>,
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// As it is named in messages.
    pub name: String,
    pub profiles: Vec<Profile>,
}

/// The file that counts here; its folder is asked for first, then those above it.
pub fn find() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let found = here.ancestors().flat_map(|folder| NAMES.map(|name| folder.join(name))).find(|path| path.is_file())?;
    // Messages name it as somebody would who stands here.
    Some(found.strip_prefix(&here).map(Path::to_owned).unwrap_or(found))
}

/// Every mistake at once, each with its place.
pub fn read(name: &str, text: &str, root: &Command) -> Result<File, Vec<String>> {
    let mut reader = Reader { name, text, root, mistakes: Vec::new() };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = reader.at(error.span().unwrap_or(0..0));
            return Err(vec![format!("{at}: error: {}", error.message())]);
        }
    };
    let profiles = reader.profiles(table.get_ref());
    match reader.mistakes.is_empty() {
        true => Ok(File { name: name.to_owned(), profiles }),
        false => Err(reader.mistakes),
    }
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    root: &'a Command,
    mistakes: Vec<String>,
}

type Key<'k, 't> = &'k Spanned<std::borrow::Cow<'t, str>>;

impl Reader<'_> {
    fn at(&self, span: Range<usize>) -> String {
        let before = &self.text[..span.start.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    fn mistake(&mut self, span: Range<usize>, message: &str, help: Option<String>) {
        let help = help.map_or(String::new(), |help| format!("\n  help: {help}"));
        let at = self.at(span);
        self.mistakes.push(format!("{at}: error: {message}{help}"));
    }

    fn profiles(&mut self, table: &DeTable) -> Vec<Profile> {
        let mut all = Vec::new();
        for (key, value) in table {
            match value.get_ref() {
                DeValue::Table(profiles) if key.get_ref() == "profile" => {
                    all.extend(profiles.iter().filter_map(|(name, value)| self.profile(name, value)));
                }
                _ => {
                    let message = format!("`{}` is no part of this file", key.get_ref());
                    self.mistake(key.span(), &message, Some("its tables are `[profile.NAME.COMMAND]`".to_owned()));
                }
            }
        }
        all
    }

    fn profile(&mut self, name: Key, value: &Spanned<DeValue>) -> Option<Profile> {
        let (at, name) = (self.at(name.span()), name.get_ref().to_string());
        let DeValue::Table(table) = value.get_ref() else {
            self.mistake(value.span(), &format!("the profile `{name}` is no table"), None);
            return None;
        };
        let mut profile = Profile { name, at, ..Profile::default() };
        for (key, value) in table {
            match value.get_ref() {
                DeValue::String(parent) if key.get_ref() == "inherits" => profile.inherits = Some(parent.to_string()),
                _ if self.root.find_subcommand(key.get_ref().as_ref()).is_some() => {
                    let root = self.root;
                    self.under(root, &[], key, value, &mut profile);
                }
                _ => {
                    let commands: Vec<&str> = self.root.get_subcommands().map(Command::get_name).collect();
                    let message = format!("`{}` is no command", key.get_ref());
                    let help = help_for(key.get_ref(), commands.into_iter().chain(["inherits"]));
                    self.mistake(key.span(), &message, help);
                }
            }
        }
        Some(profile)
    }

    /// One key of a command's table: a command below it, or one of its options.
    fn under(&mut self, command: &Command, path: &[String], key: Key, value: &Spanned<DeValue>, into: &mut Profile) {
        let word = key.get_ref().as_ref();
        if let Some(below) = command.find_subcommand(word) {
            let path = [path, &[word.to_owned()]].concat();
            let DeValue::Table(table) = value.get_ref() else {
                return self.mistake(value.span(), &format!("`{word}` is a command: its options are a table"), None);
            };
            table.iter().for_each(|(key, value)| self.under(below, &path, key, value, into));
            return;
        }
        let Some(arg) = super::option(command, word) else {
            let known: Vec<&str> = command.get_arguments().filter_map(super::key_of).collect();
            let message = format!("`firedrill {}` has no option --{word}", path.join(" "));
            return self.mistake(key.span(), &message, help_for(word, known));
        };
        match self::value(arg, value.get_ref()) {
            Ok(value) => {
                let origin = super::Origin::Profile { name: into.name.clone(), at: self.at(key.span()) };
                into.settings.push(Setting { command: path.to_vec(), key: word.to_owned(), value, origin });
            }
            Err(message) => self.mistake(value.span(), &format!("--{word} {message}"), None),
        }
    }
}

/// As the command line would have it.
fn value(arg: &Arg, value: &DeValue) -> Result<Value, String> {
    let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
    match value {
        DeValue::Boolean(on) if is_flag => Ok(Value::Flag(*on)),
        _ if is_flag => Err("is true or false".to_owned()),
        DeValue::Array(all) if super::takes_several(arg) => {
            all.iter().map(|one| word(one.get_ref())).collect::<Result<Vec<_>, _>>().map(Value::Words)
        }
        DeValue::Array(_) => Err("takes one value".to_owned()),
        one => Ok(Value::Words(vec![word(one)?])),
    }
}

fn word(value: &DeValue) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Float(number) => Ok(number.to_string()),
        DeValue::Boolean(_) => Err("is no flag: it takes a value".to_owned()),
        _ => Err("is a text, a number, or a list of them".to_owned()),
    }
}
