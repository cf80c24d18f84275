//! Where one document goes, and whether it can be written there. It writes nothing but a trial file that it takes away.

use crate::cli::ending::Failure;
use crate::report::formats::Format;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Stdout,
    /// Standard output, after the summary for people, which it does not spoil.
    Beside,
    /// The run's own folder below --out.
    Folder,
    /// A path in which `{run}` stands for the run's name.
    File(String),
}

impl Target {
    pub fn of(format: &Format, path: Option<&str>) -> Target {
        match path {
            Some("-") => Target::Stdout,
            Some(path) => Target::File(path.to_owned()),
            None if format.is_printed => Target::Stdout,
            None => Target::Folder,
        }
    }
}

/// One document at most on standard output, and no two runs in one file that holds only one.
pub fn check(list: &[(&Format, &Target)], runs: usize) -> Result<(), Failure> {
    if list.iter().filter(|(_, target)| **target == Target::Stdout).count() > 1 {
        return Err(Failure::usage(
            "more than one --output goes to standard output",
            "give all but one of them a file: --output json=result.json",
        ));
    }
    for (format, target) in list {
        let (Format { word, file, .. }, Target::File(path)) = (format, target) else { continue };
        if runs > 1 && !format.is_joint && !path.contains("{run}") {
            return Err(Failure::usage(
                format!("{runs} runs would all write to {path}"),
                format!("put `{{run}}` into the path, such as --output {word}='{{run}}-{file}'"),
            ));
        }
    }
    Ok(())
}

/// Makes the folders and a file in each, so that a run is not played in vain.
pub fn probe(list: &[(&Format, &Target)], out: &Path) -> Result<(), Failure> {
    let has_folder = list.iter().any(|(_, target)| **target == Target::Folder);
    let files = list.iter().filter_map(|(_, target)| match target {
        Target::File(path) => Some(Path::new(path.as_str()).parent()?.to_owned()),
        _ => None,
    });
    let folders = files.filter(|folder| !folder.to_string_lossy().contains("{run}"));
    for folder in has_folder.then(|| out.to_owned()).into_iter().chain(folders) {
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

pub fn in_words(error: &io::Error) -> String {
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
