//! Where results go: formats and their targets, checked before the run starts, each file written whole or not at all.

use super::Group;
use super::show::Done;
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::judge::Judgement;
use crate::record::{Recording, file};
use crate::report::{html, junit, result, text};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Junit,
    Html,
    Recording,
}

/// One `--output`: a format and the path behind `=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    format: Format,
    path: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Stdout,
    /// The run's own folder below --out.
    Folder,
    /// A path in which `{run}` stands for the run's name.
    File(String),
}

pub struct Outputs {
    list: Vec<(Format, Target)>,
    out: PathBuf,
    /// For the formats that hold several runs in one file.
    gathered: Vec<(Recording, Judgement)>,
    texts: String,
}

impl Format {
    const ALL: [Format; 5] = [Format::Text, Format::Json, Format::Junit, Format::Html, Format::Recording];

    fn word(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Junit => "junit",
            Format::Html => "html",
            Format::Recording => "recording",
        }
    }

    fn file_name(self) -> &'static str {
        match self {
            Format::Text => "summary.txt",
            Format::Json => "result.json",
            Format::Junit => "junit.xml",
            Format::Html => "report.html",
            Format::Recording => "recording.json",
        }
    }

    fn holds_several_runs(self) -> bool {
        matches!(self, Format::Text | Format::Junit)
    }
}

/// Reads `FMT[=PATH]`.
pub fn wish(text: &str) -> Result<Wish, String> {
    let (word, path) = text.split_once('=').map_or((text, None), |(word, path)| (word, Some(path)));
    let words = Format::ALL.map(Format::word);
    let format = Format::ALL.into_iter().find(|format| format.word() == word).ok_or_else(|| {
        let meant = crate::scenario::did_you_mean(word, words).map(|meant| format!("did you mean `{meant}`? "));
        format!("{}the formats are {}", meant.unwrap_or_default(), words.join(", "))
    })?;
    if path.is_some_and(str::is_empty) {
        return Err(format!("a path is missing behind `{word}=`"));
    }
    Ok(Wish { format, path: path.map(str::to_owned) })
}

impl Outputs {
    /// Settles where everything goes and makes sure that it can be written there.
    pub fn new(wishes: &[Wish], out: &Path, groups: &[Group]) -> Result<Outputs, Failure> {
        let list = if wishes.is_empty() { defaults() } else { wishes.iter().map(target).collect() };
        let outputs = Outputs { list, out: out.to_owned(), gathered: Vec::new(), texts: String::new() };
        outputs.check_targets(groups.len())?;
        outputs.probe()?;
        Ok(outputs)
    }

    /// The usual files for one run, in a folder of its own.
    pub fn into_folder(out: &Path) -> Result<Outputs, Failure> {
        let list = defaults().into_iter().filter(|(format, _)| *format != Format::Recording).collect();
        let outputs = Outputs { list, out: out.to_owned(), gathered: Vec::new(), texts: String::new() };
        outputs.probe()?;
        Ok(outputs)
    }

    /// Standard output holds a document that further lines would spoil.
    pub fn holds_stdout(&self) -> bool {
        self.list.iter().any(|(format, target)| *target == Target::Stdout && *format != Format::Text)
    }

    pub fn text_on_stdout(&self) -> bool {
        self.list.contains(&(Format::Text, Target::Stdout))
    }

    /// Writes everything about one run that can be written now, and returns the paths.
    pub fn write(&mut self, done: &Done<'_>, console: &mut Console) -> Result<Vec<PathBuf>, Failure> {
        let mut written = Vec::new();
        for (format, target) in self.list.clone() {
            let in_one_file = format.holds_several_runs() && target != Target::Folder;
            if in_one_file {
                continue;
            }
            let bytes = bytes(format, done)?;
            match target {
                Target::Stdout => console.out(&String::from_utf8_lossy(&bytes)),
                Target::Folder => {
                    written.push(save(self.out.join(done.folder).join(format.file_name()), &bytes, done)?);
                }
                Target::File(path) => {
                    written.push(save(PathBuf::from(path.replace("{run}", done.folder)), &bytes, done)?);
                }
            }
        }
        if self.list.iter().any(|(format, target)| *format == Format::Junit && *target != Target::Folder) {
            self.gathered.push((done.recording.clone(), done.judgement.clone()));
        }
        self.texts.push_str(&text::summary(&done.recording, &done.judgement, text::Style::PLAIN));
        self.texts.push('\n');
        Ok(written)
    }

    /// Writes the files that hold all runs.
    pub fn finish(&self, console: &mut Console) -> Result<(), Failure> {
        for (format, target) in &self.list {
            let document = match (format, target) {
                (Format::Junit, Target::Stdout | Target::File(_)) => {
                    let runs: Vec<_> =
                        self.gathered.iter().map(|(recording, judgement)| (recording, judgement)).collect();
                    junit_text(&runs)?
                }
                (Format::Text, Target::File(_)) => self.texts.clone(),
                _ => continue,
            };
            match target {
                Target::File(path) => {
                    let path = Path::new(path);
                    file::write_whole(path, document.as_bytes()).map_err(|error| unwritten(path, &error, ""))?;
                }
                _ => console.out(&document),
            }
        }
        Ok(())
    }

    fn check_targets(&self, runs: usize) -> Result<(), Failure> {
        if self.list.iter().filter(|(_, target)| *target == Target::Stdout).count() > 1 {
            return Err(Failure::usage(
                "more than one --output goes to standard output",
                "give all but one of them a file: --output json=result.json",
            ));
        }
        for (format, target) in &self.list {
            let Target::File(path) = target else { continue };
            if runs > 1 && !format.holds_several_runs() && !path.contains("{run}") {
                return Err(Failure::usage(
                    format!("{runs} runs would all write to {path}"),
                    format!(
                        "put `{{run}}` into the path, such as --output {}='{{run}}-{}'",
                        format.word(),
                        format.file_name()
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Makes the folders and a file in each, so that a run is not played in vain.
    fn probe(&self) -> Result<(), Failure> {
        let has_folder = self.list.iter().any(|(_, target)| *target == Target::Folder);
        let files = self.list.iter().filter_map(|(_, target)| match target {
            Target::File(path) => Some(Path::new(path.as_str()).parent()?.to_owned()),
            _ => None,
        });
        let folders = files.filter(|folder| !folder.to_string_lossy().contains("{run}"));
        for folder in has_folder.then(|| self.out.clone()).into_iter().chain(folders) {
            let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
            let probed = std::fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder).map(drop));
            probed.map_err(|error| {
                Failure::usage(
                    format!("reports cannot be written to {}: {}", folder.display(), in_words(&error)),
                    "nothing was played; give a folder that you can write to with --out DIR",
                )
            })?;
        }
        Ok(())
    }
}

fn defaults() -> Vec<(Format, Target)> {
    let folder = |format| (format, Target::Folder);
    let files = [Format::Html, Format::Json, Format::Junit, Format::Recording].map(folder);
    [(Format::Text, Target::Stdout)].into_iter().chain(files).collect()
}

fn target(wish: &Wish) -> (Format, Target) {
    let target = match (&wish.path, wish.format) {
        (Some(path), _) if path == "-" => Target::Stdout,
        (Some(path), _) => Target::File(path.clone()),
        (None, Format::Text | Format::Json | Format::Junit) => Target::Stdout,
        (None, Format::Html | Format::Recording) => Target::Folder,
    };
    (wish.format, target)
}

fn bytes(format: Format, done: &Done<'_>) -> Result<Vec<u8>, Failure> {
    let (recording, judgement) = (&done.recording, &done.judgement);
    Ok(match format {
        Format::Text => text::summary(recording, judgement, text::Style::PLAIN).into_bytes(),
        Format::Json => result::to_json(recording, judgement).into_bytes(),
        Format::Junit => junit_text(&[(recording, judgement)])?.into_bytes(),
        Format::Html => {
            let scenario_text = Some(done.scenario_text.to_owned()).filter(|text| !text.is_empty());
            let options = html::Options { command: done.run().again.clone(), scenario_text };
            html::render(recording, judgement, &options).into_bytes()
        }
        Format::Recording => serde_json::to_vec(recording)
            .map_err(|error| Failure::internal(format!("the recording cannot be written as JSON: {error}"), ""))?,
    })
}

fn junit_text(runs: &[(&Recording, &Judgement)]) -> Result<String, Failure> {
    junit::junit(runs).map_err(|error| Failure::internal(format!("junit.xml cannot be written: {error}"), ""))
}

fn save(path: PathBuf, bytes: &[u8], done: &Done<'_>) -> Result<PathBuf, Failure> {
    file::write_whole(&path, bytes).map_err(|error| unwritten(&path, &error, &done.run().again))?;
    Ok(path)
}

fn unwritten(path: &Path, error: &io::Error, again: &str) -> Failure {
    let again = if again.is_empty() { String::new() } else { format!(":\n  {again} --out DIR") };
    Failure::internal(
        format!("{} cannot be written: {}", path.display(), in_words(error)),
        format!("no half-written file was left there; free some space, or write somewhere else{again}"),
    )
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a part of the path is a file, not a folder".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_a_format_and_a_path() {
        assert_eq!(wish("json"), Ok(Wish { format: Format::Json, path: None }));
        assert_eq!(wish("junit=a=b.xml"), Ok(Wish { format: Format::Junit, path: Some("a=b.xml".into()) }));
        assert!(wish("jsn").is_err_and(|error| error.starts_with("did you mean `json`?")));
        assert!(wish("json=").is_err());
    }
}
