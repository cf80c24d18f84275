//! The ledger's file format: one JSON object per line, a head first, then changes and strike-outs. A line that was cut
//! short by a crash is skipped: the change it announced was never begun. Each line *starts* with its newline, so that a
//! torn one cannot swallow its successor.

use super::{Entry, EntryId, Identity, Latest, identity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Far above any real run; stops a runaway loop from filling the disk, and a foreign file from filling our memory.
const LEDGER_BYTES_MAX: u64 = 64 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    Head(Head),
    Change {
        id: EntryId,
        entry: Entry,
        /// When it must be undone, whether or not the run is over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        latest: Option<Latest>,
    },
    Undone {
        id: EntryId,
    },
}

/// Who wrote the ledger, and in which boot and pid namespace its pids mean anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub format: u32,
    pub run: String,
    pub runner: Identity,
    pub boot_id: String,
    pub pid_namespace: String,
}

/// A ledger as read back: its head (if that was ever written) and what is still to be undone.
#[derive(Debug, Default)]
pub struct Contents {
    pub head: Option<Head>,
    pub open: BTreeMap<EntryId, Entry>,
    /// Of those that have one.
    pub latest: BTreeMap<EntryId, Latest>,
}

impl Head {
    pub fn of_this_run(run: &str) -> io::Result<Head> {
        Ok(Head {
            format: 1,
            run: run.to_owned(),
            runner: Identity::of_self()?,
            boot_id: identity::boot_id()?,
            pid_namespace: identity::pid_namespace()?,
        })
    }
}

/// Appends one line and waits until it is on disk.
pub fn append(mut file: &File, line: &Line) -> io::Result<()> {
    let mut text = vec![b'\n'];
    serde_json::to_writer(&mut text, line)?;
    if file.metadata()?.len() + text.len() as u64 > LEDGER_BYTES_MAX {
        return Err(io::Error::other("the ledger has reached its limit of 64 MiB"));
    }
    file.write_all(&text)?;
    file.sync_data()
}

pub fn read(path: &Path) -> io::Result<Contents> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LEDGER_BYTES_MAX + 4096).read_to_end(&mut bytes)?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Contents {
    let mut contents = Contents::default();
    for line in bytes.split(|byte| *byte == b'\n').filter_map(|text| serde_json::from_slice(text).ok()) {
        match line {
            Line::Head(head) => contents.head = Some(head),
            Line::Change { id, entry, latest } => {
                contents.open.insert(id, entry);
                contents.latest.extend(latest.map(|latest| (id, latest)));
            }
            Line::Undone { id } => {
                contents.open.remove(&id);
                contents.latest.remove(&id);
            }
        }
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::undo::entries;
    use proptest::prelude::*;

    fn ballast(path: &str) -> Entry {
        Entry::from(entries::Ballast { path: path.into() })
    }

    fn change(id: u64, path: &str) -> Line {
        Line::Change { id: EntryId(id), entry: ballast(path), latest: None }
    }

    #[test]
    fn a_torn_line_is_skipped_and_its_successor_is_kept() {
        let whole = |line: &Line| format!("\n{}", serde_json::to_string(line).unwrap());
        let first = whole(&change(1, "/a"));
        let torn = &whole(&change(2, "/b"))[..20];
        let third = whole(&change(3, "/c"));
        let struck = whole(&Line::Undone { id: EntryId(1) });
        let contents = parse(format!("{first}{torn}{third}{struck}").as_bytes());
        assert_eq!(contents.open, BTreeMap::from([(EntryId(3), ballast("/c"))]));
        assert!(contents.head.is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            parse(&bytes);
        }
    }
}
