//! What is done while the rest is under way, one line of JSON each, so that a sweep that was killed goes on where it was. The first line says of what;
//! a journal of something else is not continued. A torn last line is played again.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

pub struct Journal {
    file: File,
}

impl Journal {
    /// Opens the journal of this digest, and hands over what it has, piece by piece. One of something else begins anew.
    pub fn open<P: DeserializeOwned>(path: &Path, digest: &str, take: impl FnMut(P)) -> io::Result<Journal> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let whole = read(path, digest, take)?;
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        if whole == 0 {
            file.set_len(0)?;
            writeln!(file, "{digest}")?;
        } else {
            // What stands behind the last whole line is torn.
            file.set_len(whole)?;
        }
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        Ok(Journal { file })
    }

    /// Adds what `line` made.
    pub fn add(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line)
    }
}

/// A piece as a line of the journal. Packing its histograms takes time, which whoever played it has.
pub fn line(done: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(done).expect("what was done is plain data");
    line.push(b'\n');
    line
}

/// Hands over what it has. How many bytes of it are whole lines; 0 if it is not of this digest, or is not there.
fn read<P: DeserializeOwned>(path: &Path, digest: &str, mut take: impl FnMut(P)) -> io::Result<u64> {
    let mut reader = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut line = String::new();
    let mut whole = reader.read_line(&mut line)? as u64;
    if line != format!("{digest}\n") {
        return Ok(0);
    }
    loop {
        line.clear();
        let Ok(bytes) = reader.read_line(&mut line) else { break };
        match serde_json::from_str(&line) {
            Ok(one) if line.ends_with('\n') => take(one),
            _ => break,
        }
        whole += bytes as u64;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::outcome::{Class, Outcome};
    use crate::explore::results::Done;

    fn done(run: usize) -> Done {
        let outcome =
            Outcome { class: Class::Survives, why: String::new(), measured: vec![Some(0.5), None], margin: Some(0.1) };
        Done { run, outcome, served: Vec::new() }
    }

    fn open(path: &Path, digest: &str) -> (Journal, Vec<Done>) {
        let mut done = Vec::new();
        let journal = Journal::open(path, digest, |one| done.push(one)).expect("it opens");
        (journal, done)
    }

    #[test]
    fn it_goes_on_where_it_was_torn() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("below/journal");
        let (mut journal, before) = open(&path, "sha256:a");
        assert!(before.is_empty());
        journal.add(&line(&done(3))).and_then(|()| journal.add(&line(&done(1)))).expect("it is written");
        let bytes = std::fs::read(&path).expect("it is there");
        for cut in [bytes.len(), bytes.len() - 1, bytes.len() - 20] {
            std::fs::write(&path, &bytes[..cut]).expect("it can be torn");
            let (mut journal, before) = open(&path, "sha256:a");
            let whole = if cut == bytes.len() { vec![done(3), done(1)] } else { vec![done(3)] };
            assert_eq!(before, whole, "{cut}");
            journal.add(&line(&done(7))).expect("it is written");
            let (_, again) = open(&path, "sha256:a");
            assert_eq!(again, [whole, vec![done(7)]].concat());
        }
    }

    #[test]
    fn a_journal_of_something_else_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (mut journal, _) = open(&path, "sha256:a");
        journal.add(&line(&done(3))).expect("it is written");
        let (_, before) = open(&path, "sha256:b");
        assert!(before.is_empty());
        let (_, again) = open(&path, "sha256:a");
        assert!(again.is_empty());
    }
}
