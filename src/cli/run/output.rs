//! Where results go: formats and their targets, checked before the run starts, each file written whole or not at all.

use super::actions::{self, Summary};
use super::feed::Feed;
use super::show::Done;
use super::target::{self, Target};
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::record::file;
use crate::report::formats::{self, Account, Document, FORMATS, Format, github, ndjson};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

/// One `--output`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Says what the formats are.
    Help,
    /// A format by its word and the path behind `=`.
    Write { word: &'static str, path: Option<String> },
}

/// A format, where it goes, and the document that holds several runs.
struct Output {
    format: &'static Format,
    target: Target,
    joint: Option<Box<dyn Document>>,
}

pub struct Outputs {
    list: Vec<Output>,
    /// What is written while runs go on.
    feed: Option<Feed>,
    out: PathBuf,
    /// Where GitHub Actions runs us.
    summary: Option<Summary>,
    below_root: String,
}

/// Reads `FMT[=PATH]`.
pub fn wish(text: &str) -> Result<Wish, String> {
    let (word, path) = text.split_once('=').map_or((text, None), |(word, path)| (word, Some(path)));
    if text == "help" {
        return Ok(Wish::Help);
    }
    let format = formats::named(word).ok_or_else(|| {
        let words: Vec<&str> = FORMATS.iter().map(|format| format.word).collect();
        let meant = crate::scenario::did_you_mean(word, words.iter().copied());
        let meant = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
        format!("{meant}the formats are {}", words.join(", "))
    })?;
    if path.is_some_and(str::is_empty) {
        return Err(format!("a path is missing behind `{word}=`"));
    }
    Ok(Wish::Write { word: format.word, path: path.map(str::to_owned) })
}

/// What `--help` says of `--output`.
pub fn long_help() -> String {
    let rows: Vec<String> = FORMATS.iter().map(|format| format!("{:<12} {}", format.word, format.purpose)).collect();
    format!(
        "What to write instead of the default (text to standard output; html, json, junit and recording below --out), to a file of your choice \
         with =PATH (`-`: standard output, which takes one document only; `{{run}}` in it: the run's name). Repeatable; `--output help` lists:\n\n{}",
        rows.join("\n")
    )
}

/// Answers `--output help`; `None` if nobody asked.
pub fn help(wishes: &[Wish]) -> Option<String> {
    wishes.contains(&Wish::Help).then(|| {
        let rows = FORMATS.iter().map(|format| {
            let place = if format.is_printed { "standard output" } else { "a file below --out" };
            format!("  {:<12} {}\n  {:<12} without a path: {place}; {}\n", format.word, format.purpose, "", format.file)
        });
        format!("Formats of --output FMT[=PATH]; `firedrill explain FMT` says more:\n\n{}", rows.collect::<String>())
    })
}

impl Outputs {
    /// For runs that are about to be played.
    pub fn new(wishes: &[Wish], out: &Path, groups: usize) -> Result<Outputs, Failure> {
        let mut outputs = Outputs::of_played(wishes, out, groups)?;
        let fed = outputs.list.iter().find(|output| output.is_fed()).map(|output| Feed::open(&output.target));
        outputs.feed = fed.transpose()?;
        Ok(outputs)
    }

    /// For runs that were played already: settles where everything goes and makes sure that it can be written there.
    pub fn of_played(wishes: &[Wish], out: &Path, groups: usize) -> Result<Outputs, Failure> {
        let mut list = if wishes.is_empty() { defaults() } else { chosen(wishes) };
        let spoils = |output: &Output| output.target == Target::Stdout && output.format.word != "text";
        if actions::is_here() && !list.iter().any(|output| spoils(output) || output.is_for_actions()) {
            list.push(Output::new(&github::FORMAT, Target::Beside));
        }
        Outputs::checked(list, out, groups)
    }

    /// For one run that was played earlier: the usual files, but for its recording, in a folder of its own.
    pub fn again(wishes: &[Wish], out: &Path) -> Result<Outputs, Failure> {
        let usual = || defaults().into_iter().filter(|output| output.format.word != "recording").collect();
        Outputs::checked(if wishes.is_empty() { usual() } else { chosen(wishes) }, out, 1)
    }

    fn checked(list: Vec<Output>, out: &Path, runs: usize) -> Result<Outputs, Failure> {
        let annotates = list.iter().any(Output::is_for_actions);
        let summary = annotates.then(Summary::new).flatten();
        let outputs = Outputs { list, feed: None, out: out.to_owned(), summary, below_root: actions::below_root() };
        let targets: Vec<(&Format, &Target)> =
            outputs.list.iter().map(|output| (output.format, &output.target)).collect();
        target::check(&targets, runs)?;
        target::probe(&targets, out)?;
        Ok(outputs)
    }

    /// Standard output holds a document that further lines would spoil.
    pub fn holds_stdout(&self) -> bool {
        self.list.iter().any(|output| output.target == Target::Stdout && output.format.word != "text")
    }

    pub fn text_on_stdout(&self) -> bool {
        self.list.iter().any(|output| output.target == Target::Stdout && output.format.word == "text")
    }

    /// Where the lines go that are written while runs go on.
    pub fn feed(&self) -> Option<Sender<String>> {
        self.feed.as_ref().map(Feed::sender)
    }

    /// Writes everything about one run that can be written now, and returns the paths.
    pub fn write(&mut self, done: &Done<'_>, console: &mut Console) -> Result<Vec<PathBuf>, Failure> {
        let Outputs { list, feed, out, summary, below_root } = self;
        let account = done.account(below_root);
        summary.iter_mut().for_each(|summary| summary.add(&account));
        let mut written = Vec::new();
        for output in list {
            if output.is_shown_otherwise() || (feed.is_some() && output.is_fed()) {
                continue;
            }
            if output.format.is_joint && output.target != Target::Folder {
                let document = output.joint.get_or_insert_with(output.format.begin);
                document.add(&account).map_err(|error| unmade(output.format, &error))?;
                continue;
            }
            let bytes = document(output.format, &account)?;
            match &output.target {
                Target::Stdout | Target::Beside => console.out(&String::from_utf8_lossy(&bytes)),
                Target::Folder => {
                    written.push(save(out.join(done.folder).join(output.format.file), &bytes, done)?);
                }
                Target::File(path) => {
                    written.push(save(PathBuf::from(path.replace("{run}", &done.name)), &bytes, done)?);
                }
            }
        }
        Ok(written)
    }

    /// Writes the documents that hold all runs, and says where they are.
    pub fn finish(self, quiet: bool, console: &mut Console) -> Result<(), Failure> {
        let says = self.text_on_stdout() && !quiet;
        let mut written = Vec::new();
        for Output { format, target, joint } in self.list {
            let Some(document) = joint else { continue };
            let bytes = document.finish().map_err(|error| unmade(format, &error))?;
            match target {
                Target::File(path) => {
                    let path = Path::new(&path);
                    file::write_whole(path, &bytes).map_err(|error| unwritten(path, &error, ""))?;
                    written.push(path.display().to_string());
                }
                _ => console.out(&String::from_utf8_lossy(&bytes)),
            }
        }
        if says && !written.is_empty() {
            console.out(&format!("Written: {}\n\n", written.join(", ")));
        }
        self.summary.iter().for_each(|summary| summary.finish(console));
        self.feed.map_or(Ok(()), Feed::close)
    }
}

impl Output {
    fn new(format: &'static Format, target: Target) -> Output {
        Output { format, target, joint: None }
    }

    fn is_for_actions(&self) -> bool {
        self.format.word == github::FORMAT.word
    }

    fn is_fed(&self) -> bool {
        self.format.word == ndjson::FORMAT.word
    }

    /// The summary on a terminal has colours and its width, and is printed as soon as there is one.
    fn is_shown_otherwise(&self) -> bool {
        self.format.word == "text" && self.target == Target::Stdout
    }
}

fn defaults() -> Vec<Output> {
    let usual = [("text", Target::Stdout)].into_iter();
    let files = ["html", "json", "junit", "recording"].map(|word| (word, Target::Folder));
    usual.chain(files).filter_map(|(word, target)| Some(Output::new(formats::named(word)?, target))).collect()
}

fn chosen(wishes: &[Wish]) -> Vec<Output> {
    let each = wishes.iter().filter_map(|wish| match wish {
        Wish::Help => None,
        Wish::Write { word, path } => {
            let format = formats::named(word)?;
            Some(Output::new(format, Target::of(format, path.as_deref())))
        }
    });
    each.collect()
}

fn document(format: &Format, account: &Account) -> Result<Vec<u8>, Failure> {
    let mut document = (format.begin)();
    let written = document.add(account).and_then(|()| document.finish());
    written.map_err(|error| unmade(format, &error))
}

fn unmade(format: &Format, error: &str) -> Failure {
    Failure::internal(format!("{} cannot be written: {error}", format.file), "")
}

fn save(path: PathBuf, bytes: &[u8], done: &Done<'_>) -> Result<PathBuf, Failure> {
    file::write_whole(&path, bytes).map_err(|error| unwritten(&path, &error, &done.run().again))?;
    Ok(path)
}

pub fn unwritten(path: &Path, error: &io::Error, again: &str) -> Failure {
    let again = if again.is_empty() { String::new() } else { format!(":\n  {again} --out DIR") };
    Failure::internal(
        format!("{} cannot be written: {}", path.display(), target::in_words(error)),
        format!("no half-written file was left there; free some space, or write somewhere else{again}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_a_format_and_a_path() {
        assert_eq!(wish("json"), Ok(Wish::Write { word: "json", path: None }));
        assert_eq!(wish("junit=a=b.xml"), Ok(Wish::Write { word: "junit", path: Some("a=b.xml".into()) }));
        assert_eq!(wish("help"), Ok(Wish::Help));
        assert!(wish("jsn").is_err_and(|error| error.starts_with("did you mean `json`?")));
        assert!(wish("json=").is_err());
    }

    #[test]
    fn help_names_every_format() {
        let said = help(&[Wish::Help]).expect("asked for");
        assert!(FORMATS.iter().all(|format| said.contains(format.purpose)), "{said}");
        assert!(FORMATS.iter().all(|format| long_help().contains(format.purpose)));
        assert_eq!(help(&[]), None);
    }
}
