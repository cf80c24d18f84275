//! Numbered pieces of one exploration (the runs of a sweep, the searches of an edge or a hunt): played on all cores, kept in a journal while others are
//! under way, handed in as one file by each shard, and put together again. Together they are, byte for byte, what one process would have written.

use super::journal::{self, Journal};
use super::pool;
use super::results::Head;
use super::shard::{self, Shard};
use crate::record::file::write_whole;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// One piece that is done.
pub trait Piece: Serialize + DeserializeOwned + Send {
    /// Of `Head::runs`.
    fn number(&self) -> usize;
}

/// What came of all pieces, or of those of a shard.
pub trait Pieces: Serialize + DeserializeOwned {
    fn head(&self) -> &Head;
    fn shard(&self) -> Option<Shard>;
    /// How many pieces are in it.
    fn count(&self) -> usize;
    /// Takes in those of another shard.
    fn absorb(&mut self, other: Self);
    /// Everything is in: in the order of the numbers, and of no shard unless it is one's.
    fn in_order(self, shard: Option<Shard>) -> Self;

    /// As one line of JSON.
    fn line(&self) -> String {
        serde_json::to_string(self).expect("results are plain data") + "\n"
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        write_whole(path, self.line().as_bytes())
    }

    /// `NAME.sweep.3-of-8.json`.
    fn file_name(&self, shard: Shard) -> String {
        let head = self.head();
        let variant = head.variant.as_ref().map_or(String::new(), |variant| format!(".{variant}"));
        format!("{}{variant}.{}.{}-of-{}.json", head.scenario, head.what, shard.number, shard.of)
    }
}

/// Why it ended before it was done.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// Values with which the scenario cannot be compiled.
    #[error("{0}")]
    Refused(String),
    #[error("the journal cannot be written: {0}")]
    Disk(#[from] io::Error),
    /// Somebody wanted it to end; what is done is kept.
    #[error("stopped after {0}")]
    Stopped(usize),
}

/// What is to be played, and where what is done is kept.
pub struct Play<'a> {
    pub head: &'a Head,
    pub shard: Option<Shard>,
    pub threads: usize,
    pub journal: &'a Path,
}

impl Play<'_> {
    /// Plays what is ours and not done yet, and hands over each piece once. `tell` hears how many are done of how many, and ends it by answering
    /// false.
    pub fn each<P: Piece>(
        &self,
        work: impl Fn(usize) -> Result<P, Halt> + Sync,
        mut take: impl FnMut(P),
        mut tell: impl FnMut(usize, usize) -> bool,
    ) -> Result<(), Halt> {
        let ours = self.shard.unwrap_or(Shard::WHOLE);
        let mut known = BTreeSet::new();
        let mut journal = Journal::open(
            self.journal,
            &format!("{} {ours} {}", self.head.digest, env!("CARGO_PKG_VERSION")),
            |one: P| {
                if known.insert(one.number()) {
                    take(one);
                }
            },
        )?;
        let mine: Vec<usize> = (0..self.head.runs()).filter(|number| ours.has(*number)).collect();
        let left: Vec<usize> = mine.iter().copied().filter(|number| !known.contains(number)).collect();
        let (mut done, mut trouble) = (mine.len() - left.len(), None);
        if tell(done, mine.len()) {
            let work = |number| work(number).map(|piece| (journal::line(&piece), piece));
            pool::each(&left, self.threads, work, |_, answer| {
                match answer.and_then(|(line, piece)| journal.add(&line).map(|()| piece).map_err(Halt::Disk)) {
                    Ok(piece) => {
                        take(piece);
                        done += 1;
                    }
                    Err(halt) => trouble = Some(halt),
                }
                tell(done, mine.len()) && trouble.is_none()
            });
        }
        match trouble {
            Some(trouble) => Err(trouble),
            None if done < mine.len() => Err(Halt::Stopped(done)),
            None => Ok(()),
        }
    }
}

/// Puts shards together. Words on why it cannot be done: results of different things, shards that are missing.
pub fn merge<P: Pieces>(all: Vec<P>) -> Result<P, String> {
    let head = all.first().ok_or("there is nothing to merge")?.head().clone();
    all.iter().try_for_each(|one| head.differs(one.head()))?;
    let (parts, missing) = shard::gather(all.into_iter().map(|one| (one.shard().unwrap_or(Shard::WHOLE), one)))?;
    if !missing.is_empty() {
        return Err(shard::missing_words(&missing));
    }
    let mut all = parts.into_iter();
    let mut whole = all.next().ok_or("there is nothing to merge")?;
    all.for_each(|one| whole.absorb(one));
    match head.runs() - whole.count().min(head.runs()) {
        0 => Ok(whole.in_order(None)),
        missing => Err(format!("{missing} of {} runs are missing: a shard was ended before it was done", head.runs())),
    }
}
