//! The recordings of the shares of one live run, found and joined, with what was seen elsewhere of its faults.

use crate::cli::ending::Failure;
use crate::record::Recording;
use crate::record::join::{self, Seen};
use std::path::{Path, PathBuf};

const RECORDING: &str = "recording.json";
/// Folders in folders are looked into so far: `shares/3/shop.live/recording.json`.
const DEPTH: usize = 3;

/// A folder stands for the recordings in it and below.
pub fn paths(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in named {
        if path.is_dir() {
            let before = all.len();
            below(path, DEPTH, &mut all).map_err(|error| Failure::usage(format!("{}: {error}", path.display()), ""))?;
            all[before..].sort();
            if all.len() == before {
                return Err(Failure::usage(format!("there is no {RECORDING} in {}", path.display()), super::NEXT));
            }
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

fn below(folder: &Path, depth: usize, all: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && depth > 0 {
            below(&path, depth - 1, all)?;
        } else if path.file_name().is_some_and(|name| name == RECORDING) {
            all.push(path);
        }
    }
    Ok(())
}

/// One recording as it is, or the whole of several.
pub fn whole(mut all: Vec<Recording>, evidence: Option<&Path>) -> Result<Recording, Failure> {
    let start = all.first().and_then(|one| one.head.part).map(|part| part.start_unix_s);
    let mut whole = match (all.len(), start) {
        (1, None) => all.remove(0),
        _ => join::join(all).map_err(|words| Failure::usage(words, "give the recordings of all shares of one run"))?,
    };
    if let Some(path) = evidence {
        let start =
            start.ok_or_else(|| Failure::usage("--evidence is for runs whose load several machines made", ""))?;
        let seen = seen(path).map_err(|words| Failure::usage(format!("{}: {words}", path.display()), ""))?;
        whole.take_in(&seen, start).map_err(|words| Failure::usage(words, ""))?;
    }
    Ok(whole)
}

fn seen(path: &Path) -> Result<Vec<Seen>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    // A log has other lines as well.
    let lines = text.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))).collect()
}
