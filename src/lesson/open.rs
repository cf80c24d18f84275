//! Finds lessons: those of the library by name, others by the path of their file or of the scenario beside it. It plays nothing.

use super::case::{Case, compiled};
use super::read::Reader;
use crate::library;
use crate::scenario::{Diagnostics, Loaded, Sources, load, load_text, quote, render_lines};
use std::path::{Path, PathBuf};

const ENDING: &str = ".lesson.yaml";

/// Why there is no lesson.
pub enum Refused {
    /// Nothing of that name.
    Unknown { message: String, help: String },
    /// Mistakes in the lesson or in its scenario.
    Mistakes(Box<Diagnostics>, Sources),
}

/// A lesson that was found but not read.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What `firedrill learn play` takes.
    pub name: String,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
enum Origin {
    BuiltIn(&'static library::Entry),
    File(PathBuf),
}

/// Every lesson of the library.
pub fn built_in() -> Vec<Found> {
    let found = |entry: &'static library::Entry| Found { name: entry.name.to_owned(), origin: Origin::BuiltIn(entry) };
    library::SCENARIOS.iter().filter(|entry| entry.lesson.is_some()).map(found).collect()
}

/// The lesson of this name, or in this file, or beside this scenario.
pub fn find(name: &str) -> Result<Found, Refused> {
    if let Some(found) = built_in().into_iter().find(|found| found.name == name) {
        return Ok(found);
    }
    let path = Path::new(name);
    let lesson = match name.strip_suffix(".yaml") {
        Some(stem) if !name.ends_with(ENDING) => PathBuf::from(format!("{stem}{ENDING}")),
        _ => path.to_owned(),
    };
    if lesson.is_file() && lesson.display().to_string().ends_with(ENDING) {
        return Ok(Found { name: name.to_owned(), origin: Origin::File(lesson) });
    }
    let all: Vec<String> = built_in().into_iter().map(|found| found.name).collect();
    let help = match library::named(name) {
        Some(entry) => format!("it can be played without one: firedrill run {}", entry.name),
        None => crate::scenario::help_for(name, all.iter().map(String::as_str))
            .unwrap_or_else(|| "`firedrill learn list` shows all".to_owned()),
    };
    Err(Refused::Unknown { message: format!("there is no lesson {}", quote(name)), help })
}

impl Found {
    /// Reads the lesson and the scenario that it teaches.
    pub fn open(&self) -> Result<Case, Refused> {
        let (diags, beside) = (Diagnostics::new(), Diagnostics::new());
        let (file, scenario) = match &self.origin {
            Origin::BuiltIn(entry) => {
                let name = |ending: &str| format!("built-in/{}{ending}", entry.name);
                let text = entry.lesson.unwrap_or_default();
                let file = load_text(&name(ENDING), text, Path::new(""), &diags);
                (file, load_text(&name(".yaml"), entry.text, Path::new(""), &beside))
            }
            Origin::File(path) => {
                let scenario = path.display().to_string().replace(ENDING, ".yaml");
                (load(path, &diags), load(Path::new(&scenario), &beside))
            }
        };
        if beside.has_errors() {
            let mistakes = render_lines(&beside, &scenario.sources);
            let note =
                diags.error(file.root.place, format!("the scenario beside it cannot be read: {}", mistakes.trim()));
            drop(note.help("a lesson `NAME.lesson.yaml` lies beside its scenario `NAME.yaml`"));
        }
        case(file, scenario, diags)
    }
}

/// A lesson and its scenario, both loaded.
pub fn case(file: Loaded, scenario: Loaded, diags: Diagnostics) -> Result<Case, Refused> {
    if diags.has_errors() {
        return Err(Refused::Mistakes(Box::new(diags), file.sources));
    }
    let base = match base(&scenario) {
        Ok(base) => base,
        Err(mistakes) => {
            diags
                .error(file.root.place, format!("the scenario beside it cannot be played: {mistakes}"))
                .help("`firedrill check` shows where");
            return Err(Refused::Mistakes(Box::new(diags), file.sources));
        }
    };
    let lesson = Reader { file: &file, scenario: &scenario, base: &base, diags: &diags }.lesson();
    match lesson {
        Some(lesson) => Ok(Case { lesson, base, scenario }),
        None => Err(Refused::Mistakes(Box::new(diags), file.sources)),
    }
}

fn base(scenario: &Loaded) -> Result<crate::plan::Plan, String> {
    compiled(scenario, None, Vec::new(), None)
}
