//! The formats that results are written in: one file each, whose head is its manual page (`firedrill explain csv`). A format makes bytes of
//! Recordings and Judgements; where they go is for the command line.

pub mod csv;
pub mod github;
pub mod hgrm;
pub mod hlog;
pub mod html;
pub mod json;
pub mod junit;
pub mod md;
pub mod ndjson;
pub mod openmetrics;
pub mod recording;
pub mod tap;
pub mod text;
pub mod trace;

use crate::judge::Judgement;
use crate::record::Recording;

/// Every format, in the order in which people look for them.
pub static FORMATS: &[&Format] = &[
    &text::FORMAT,
    &json::FORMAT,
    &ndjson::FORMAT,
    &html::FORMAT,
    &junit::FORMAT,
    &tap::FORMAT,
    &github::FORMAT,
    &md::FORMAT,
    &csv::FORMAT,
    &hlog::FORMAT,
    &hgrm::FORMAT,
    &trace::FORMAT,
    &openmetrics::FORMAT,
    &recording::FORMAT,
];

/// What is told of one run, or of the run that is shown of several seeds.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    pub recording: &'a Recording,
    pub judgement: &'a Judgement,
    /// The command that plays exactly this again.
    pub command: &'a str,
    /// Empty when it is not known any more.
    pub scenario_text: &'a str,
    /// What tells this run from others: the name of its folder.
    pub run: &'a str,
    /// The way from the root of the repository to the folder in which the command was given, with a slash at its end; empty: the same.
    pub below_root: &'a str,
}

/// A document that is being written.
pub trait Document {
    fn add(&mut self, account: &Account) -> Result<(), String>;
    fn finish(self: Box<Self>) -> Result<Vec<u8>, String>;
}

pub struct Format {
    pub word: &'static str,
    /// Its file's name in the folder of a run.
    pub file: &'static str,
    /// What it is for, in one line.
    pub purpose: &'static str,
    /// One document holds several runs; otherwise each has its own.
    pub is_joint: bool,
    /// Without a path it goes to standard output; otherwise into the folder of the run.
    pub is_printed: bool,
    /// The source file whose head is the manual page.
    pub source: &'static str,
    pub begin: fn() -> Box<dyn Document>,
}

/// A document that is one part a run, one after the other.
pub struct Parts {
    bytes: Vec<u8>,
    part: fn(&Account) -> Result<Vec<u8>, String>,
}

pub fn named(word: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.word == word)
}

impl Format {
    pub fn page(&self) -> String {
        let head = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        head.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }
}

impl Parts {
    /// `head` stands once at the top.
    pub fn begin(head: &str, part: fn(&Account) -> Result<Vec<u8>, String>) -> Box<dyn Document> {
        Box::new(Parts { bytes: head.as_bytes().to_vec(), part })
    }
}

impl Document for Parts {
    fn add(&mut self, account: &Account) -> Result<(), String> {
        self.bytes.extend((self.part)(account)?);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        Ok(self.bytes)
    }
}

/// The scenario's name, with the variant's in brackets.
pub fn title(recording: &Recording) -> String {
    match &recording.plan.variant {
        Some(variant) => format!("{} ({variant})", recording.plan.scenario),
        None => recording.plan.scenario.clone(),
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::*;

    pub fn account<'a>(recording: &'a Recording, judgement: &'a Judgement) -> Account<'a> {
        let command = "firedrill run fixture";
        Account { recording, judgement, command, scenario_text: "", run: "fixture", below_root: "" }
    }

    pub fn written(format: &Format, accounts: &[Account]) -> String {
        let mut document = (format.begin)();
        accounts.iter().for_each(|account| document.add(account).expect("it can be written"));
        String::from_utf8(document.finish().expect("it can be written")).expect("UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_file_here_is_a_format_with_a_page() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/formats");
        for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("names are UTF-8").to_owned();
            if stem == "mod" {
                continue;
            }
            let format = named(&stem).unwrap_or_else(|| panic!("{} is not in FORMATS", path.display()));
            let page = format.page();
            assert!(page.len() > 60, "{stem} has no page: {page}");
            assert!(format.purpose.len() <= 68, "{stem}: its purpose would not fit beside it in the help");
        }
    }

    #[test]
    fn words_and_files_are_unique() {
        for (index, format) in FORMATS.iter().enumerate() {
            let clash = FORMATS[..index].iter().find(|other| other.word == format.word || other.file == format.file);
            assert!(clash.is_none(), "{} clashes", format.word);
        }
    }
}
