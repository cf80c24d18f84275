//! What a server has acknowledged, kept so that it can be asked for at the end of a run.
//!
//! Every write carries a number of its own. A server that keeps one value per key must still have, for each key, the newest write that
//! it acknowledged, or one that may have come after it: a later one, one that was under way at the same time, or one that was never
//! answered and arrived late. A server that keeps every message must still have every number that it acknowledged. Memory is bounded:
//! one bit a write and one line a key. What goes beyond that is not recorded, and never counts as lost.
//!
//! Several processes that write to one server keep books of their own and hand them in at the end. Their numbers never meet: of three
//! processes the second writes 1, 4, 7 and so on. Which of two writes of different processes came first is told by the clock that they share.

mod bits;
mod books;
#[cfg(test)]
mod tests;

pub use books::Books;

use crate::engine::Share;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The books of one server, for all edges that lead to it.
#[derive(Debug)]
pub struct Acked {
    /// Tells this run's writes from those of an earlier one.
    run: u32,
    share: Share,
    /// By turn; those of other processes come at the end.
    books: Mutex<Vec<Books>>,
}

/// A write that was sent. Dropped without `acknowledged`, its fate is unknown.
#[derive(Debug)]
pub struct Write {
    acked: Arc<Acked>,
    key: u32,
    /// Among the writes of this process.
    own: u64,
    floor: u64,
    begun: u64,
}

/// What came of the acknowledged writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub acknowledged: u64,
    pub lost: u64,
}

impl Default for Acked {
    fn default() -> Acked {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        Acked::of_run(nanos as u32 ^ std::process::id().rotate_left(16), Share::WHOLE)
    }
}

impl Acked {
    /// For one of the processes that share a run.
    pub fn of_run(run: u32, share: Share) -> Acked {
        let books = (0..share.of).map(|_| Books::default()).collect();
        Acked { run, share, books: Mutex::new(books) }
    }

    pub fn run(&self) -> u32 {
        self.run
    }

    /// A write to this key is about to be sent.
    pub fn begin(self: &Arc<Self>, key: u32) -> Write {
        let is_shared = self.share.of > 1;
        let (own, floor, begun) = self.own(|books| books.begin(is_shared));
        Write { acked: self.clone(), key, own, floor, begun }
    }

    pub fn is_empty(&self) -> bool {
        self.books().iter().all(|books| books.count == 0)
    }

    /// The number in a value of this run; `None` for a value that is older than the run or not ours.
    pub fn number_in(&self, value: &[u8]) -> Option<u64> {
        let text = std::str::from_utf8(value.get(..value.len().min(64))?).ok()?;
        let (run, rest) = text.strip_prefix('w')?.split_once('.')?;
        let number = rest.split(':').next()?.parse().ok()?;
        (u32::from_str_radix(run, 16) == Ok(self.run)).then_some(number)
    }

    /// What this process has written down, to be handed in.
    pub fn hand_in(&self) -> Books {
        self.own(std::mem::take)
    }

    /// The books of another process of the run, whose `turn` it was.
    pub fn take_in(&self, turn: u32, handed_in: Books) {
        if let Some(books) = self.books().get_mut(turn as usize) {
            *books = handed_in;
        }
    }

    /// The keys to read back.
    pub fn keys(&self) -> Vec<u32> {
        let books = self.books();
        let keys: BTreeSet<u32> = books.iter().flat_map(|books| books.newest.keys().copied()).collect();
        keys.into_iter().collect()
    }

    /// For a server with one value per key. `found` holds what was read, key by key.
    pub fn tally_values(&self, found: &BTreeMap<u32, u64>) -> Tally {
        let keys = self.keys();
        let books = self.books();
        let is_lost = |key: &&u32| match found.get(key) {
            None => true,
            Some(number) => self.was_overwritten(&books, **key, *number),
        };
        let lost = keys.iter().filter(is_lost).count() as u64;
        Tally { acknowledged: acknowledged(&books), lost }
    }

    /// For a server that keeps every message.
    pub fn tally_messages(&self, found: impl IntoIterator<Item = u64>) -> Tally {
        let books = self.books();
        let mut missing: Vec<bits::Bits> = books.iter().map(|books| books.acknowledged.clone()).collect();
        for number in found {
            let (turn, own) = self.whose(number);
            missing[turn].clear(own);
        }
        Tally { acknowledged: acknowledged(&books), lost: missing.iter().map(bits::Bits::count).sum() }
    }

    /// Had this write ended before some acknowledged write to the same key began?
    fn was_overwritten(&self, books: &[Books], key: u32, number: u64) -> bool {
        let (turn, own) = self.whose(number);
        let of = &books[turn];
        let by = |(other, books): (usize, &Books)| match books.newest.get(&key) {
            Some(newest) if other == turn => own < newest.floor,
            Some(newest) => own < of.ended_before(newest.begun),
            None => false,
        };
        of.acknowledged.has(own) && books.iter().enumerate().any(by)
    }

    /// Which process wrote this, and what number it is there.
    fn whose(&self, number: u64) -> (usize, u64) {
        let of = u64::from(self.share.of);
        ((number % of) as usize, number / of)
    }

    fn own<T>(&self, act: impl FnOnce(&mut Books) -> T) -> T {
        act(&mut self.books()[self.share.turn as usize])
    }

    fn books(&self) -> MutexGuard<'_, Vec<Books>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn acknowledged(books: &[Books]) -> u64 {
    books.iter().map(|books| books.count).sum()
}

impl Write {
    fn number(&self) -> u64 {
        let Share { turn, of } = self.acked.share;
        self.own * u64::from(of) + u64::from(turn)
    }

    /// What is written: the run and the number, filled up to `bytes`.
    pub fn value(&self, bytes: u64) -> Vec<u8> {
        let mut value = format!("w{:08x}.{}:", self.acked.run, self.number()).into_bytes();
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        value.resize(bytes.max(value.len()), b'.');
        value
    }

    /// The server has promised to keep it.
    pub fn acknowledged(self) {
        let newest = books::Newest { number: self.own, floor: self.floor, begun: self.begun };
        self.acked.own(|books| books.acknowledge(self.key, newest));
    }

    /// It is there, but may be forgotten: a value that a cache was filled with. It only counts for the order of writes.
    pub fn filled(self) {
        self.acked.own(|books| books.acknowledged.set(self.own));
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        self.acked.own(|books| books.under_way.remove(&self.own));
    }
}
