//! Which scenarios are meant: files, folders of them, names of built-in ones, or nothing at all for the default. It reads no scenario's meaning.

use super::ending::Failure;
use crate::library;
use crate::scenario::{self, Diagnostics, Loaded};
use std::fs;
use std::path::{Path, PathBuf};

/// Deeper folders are not looked into.
const DEPTH_MAX: usize = 16;
/// A folder with more scenarios is surely not the one that was meant.
const FILES_MAX: usize = 10_000;

/// One scenario that was asked for.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// As the command line names it.
    pub name: String,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    File(PathBuf),
    BuiltIn(&'static library::Entry),
}

impl Chosen {
    pub fn load(&self, diags: &Diagnostics) -> Loaded {
        match &self.origin {
            Origin::File(path) => scenario::load(path, diags),
            Origin::BuiltIn(entry) => {
                scenario::load_text(&format!("built-in/{}.yaml", entry.name), entry.text, Path::new(""), diags)
            }
        }
    }

    pub fn built_in(entry: &'static library::Entry) -> Chosen {
        Chosen { name: entry.name.to_owned(), origin: Origin::BuiltIn(entry) }
    }
}

/// The scenarios that the arguments name, each file once; an empty list of arguments is the default scenario.
pub fn choose(args: &[String]) -> Result<Vec<Chosen>, Failure> {
    if args.is_empty() {
        return Ok(library::named(library::DEFAULT).into_iter().map(Chosen::built_in).collect());
    }
    let mut chosen = Vec::new();
    for arg in args {
        chosen.extend(one(arg)?);
    }
    let mut seen: Vec<String> = Vec::new();
    chosen.retain(|one| {
        let is_new = !seen.contains(&one.name);
        seen.push(one.name.clone());
        is_new
    });
    if chosen.is_empty() {
        return Err(Failure::nothing(
            format!("no scenario (*.yaml) in {}", args.join(", ")),
            "give a scenario file or a folder that holds some; `firedrill new` writes one to start from",
        ));
    }
    Ok(chosen)
}

/// The same, but that with a filter an empty list of arguments is everything that is built in.
pub fn choose_among(args: &[String], is_filtered: bool) -> Result<Vec<Chosen>, Failure> {
    match args.is_empty() && is_filtered {
        true => Ok(library::SCENARIOS.iter().map(Chosen::built_in).collect()),
        false => choose(args),
    }
}

/// The scenarios in a folder, for lists.
pub fn in_folder(folder: &Path) -> Result<Vec<Chosen>, Failure> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)
        .map_err(|error| Failure::usage(format!("the folder {} cannot be read: {error}", folder.display()), ""))?;
    files.sort();
    Ok(files.into_iter().map(file).collect())
}

fn one(arg: &str) -> Result<Vec<Chosen>, Failure> {
    let path = Path::new(arg);
    if path.is_dir() {
        return in_folder(path);
    }
    if path.exists() {
        return Ok(vec![file(path.to_owned())]);
    }
    match library::named(arg) {
        Some(entry) => Ok(vec![Chosen::built_in(entry)]),
        None => Err(missing(arg)),
    }
}

fn file(path: PathBuf) -> Chosen {
    Chosen { name: path.display().to_string(), origin: Origin::File(path) }
}

fn missing(arg: &str) -> Failure {
    let folder = Path::new(arg).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut known: Vec<String> = library::SCENARIOS.iter().map(|entry| entry.name.to_owned()).collect();
    // A folder that cannot be read has no neighbours to suggest.
    let neighbours = fs::read_dir(folder).into_iter().flatten().take(FILES_MAX).filter_map(Result::ok);
    known.extend(neighbours.map(|entry| entry.path()).filter(|path| is_scenario(path)).map(|path| {
        let shown = path.display().to_string();
        shown.strip_prefix("./").map_or(shown.clone(), str::to_owned)
    }));
    known.sort();
    let next = match scenario::did_you_mean(arg, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            let names: Vec<&str> = library::SCENARIOS.iter().map(|entry| entry.name).collect();
            format!("give a file, a folder, or a built-in scenario: {}", names.join(", "))
        }
    };
    Failure::usage(format!("there is no file, folder or built-in scenario {}", scenario::quote(arg)), next)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Links to folders are not followed, so that a loop of them ends.
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < DEPTH_MAX {
            collect(&path, depth + 1, files)?;
        } else if !kind.is_dir() && is_scenario(&path) && files.len() < FILES_MAX {
            files.push(path);
        }
    }
    Ok(())
}

fn is_scenario(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_lesson = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(".lesson.yaml"));
    matches!(ending, Some("yaml" | "yml")) && !is_lesson && path.is_file()
}
