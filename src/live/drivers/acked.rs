//! What a server has acknowledged, kept so that it can be asked for at the end of a run.
//!
//! Every write carries a number of its own. A server that keeps one value per key must still have, for each key, the newest write that
//! it acknowledged, or one that may have come after it: a later one, one that was under way at the same time, or one that was never
//! answered and arrived late. A server that keeps every message must still have every number that it acknowledged. Memory is bounded:
//! one bit a write and one line a key. What goes beyond that is not recorded, and never counts as lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers that are recorded: 8 MiB of bits.
const WRITES_MAX: u64 = 64 << 20;
const KEYS_MAX: usize = 1 << 20;

/// The books of one server, for all edges that lead to it.
#[derive(Debug)]
pub struct Acked {
    /// Tells this run's writes from those of an earlier one.
    run: u32,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    next: u64,
    acknowledged: Bits,
    under_way: BTreeSet<u64>,
    /// The newest acknowledged write of each key.
    newest: BTreeMap<u32, Newest>,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    number: u64,
    /// The lowest number that was under way when it was sent: what lies between may have overtaken it.
    floor: u64,
}

#[derive(Debug, Default)]
struct Bits(Vec<u64>);

/// A write that was sent. Dropped without `acknowledged`, its fate is unknown.
#[derive(Debug)]
pub struct Write {
    acked: Arc<Acked>,
    key: u32,
    number: u64,
    floor: u64,
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
        Acked { run: nanos as u32 ^ std::process::id().rotate_left(16), books: Mutex::default() }
    }
}

impl Acked {
    /// A write to this key is about to be sent.
    pub fn begin(self: &Arc<Self>, key: u32) -> Write {
        let mut books = self.books();
        let number = books.next;
        books.next += 1;
        books.under_way.insert(number);
        let floor = books.under_way.first().copied().unwrap_or(number);
        Write { acked: self.clone(), key, number, floor }
    }

    pub fn is_empty(&self) -> bool {
        self.books().count == 0
    }

    /// The number in a value of this run; `None` for a value that is older than the run or not ours.
    pub fn number_in(&self, value: &[u8]) -> Option<u64> {
        let text = std::str::from_utf8(value.get(..value.len().min(64))?).ok()?;
        let (run, rest) = text.strip_prefix('w')?.split_once('.')?;
        let number = rest.split(':').next()?.parse().ok()?;
        (u32::from_str_radix(run, 16) == Ok(self.run)).then_some(number)
    }

    /// The keys to read back.
    pub fn keys(&self) -> Vec<u32> {
        self.books().newest.keys().copied().collect()
    }

    /// For a server with one value per key. `found` holds what was read, key by key.
    pub fn tally_values(&self, found: &BTreeMap<u32, u64>) -> Tally {
        let books = self.books();
        let is_lost = |key: &u32, newest: &Newest| match found.get(key) {
            None => true,
            Some(number) => *number < newest.floor && books.acknowledged.has(*number),
        };
        let lost = books.newest.iter().filter(|(key, newest)| is_lost(key, newest)).count() as u64;
        Tally { acknowledged: books.count, lost }
    }

    /// For a server that keeps every message.
    pub fn tally_messages(&self, found: impl IntoIterator<Item = u64>) -> Tally {
        let books = self.books();
        let mut missing = Bits(books.acknowledged.0.clone());
        found.into_iter().for_each(|number| missing.clear(number));
        Tally { acknowledged: books.count, lost: missing.count() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write {
    /// What is written: the run and the number, filled up to `bytes`.
    pub fn value(&self, bytes: u64) -> Vec<u8> {
        let mut value = format!("w{:08x}.{}:", self.acked.run, self.number).into_bytes();
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        value.resize(bytes.max(value.len()), b'.');
        value
    }

    /// The server has promised to keep it.
    pub fn acknowledged(self) {
        let mut books = self.acked.books();
        if !books.acknowledged.set(self.number) {
            return;
        }
        books.count += 1;
        let Write { key, number, floor, .. } = self;
        if books.newest.len() >= KEYS_MAX && !books.newest.contains_key(&key) {
            return;
        }
        let newest = books.newest.entry(key).or_insert(Newest { number, floor });
        if newest.number < number {
            *newest = Newest { number, floor };
        }
    }

    /// It is there, but may be forgotten: a value that a cache was filled with. It only counts for the order of writes.
    pub fn filled(self) {
        self.acked.books().acknowledged.set(self.number);
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        self.acked.books().under_way.remove(&self.number);
    }
}

impl Bits {
    fn has(&self, number: u64) -> bool {
        self.0.get((number / 64) as usize).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// `false`: there is no room for it.
    fn set(&mut self, number: u64) -> bool {
        if number >= WRITES_MAX {
            return false;
        }
        let at = (number / 64) as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (number % 64);
        true
    }

    fn clear(&mut self, number: u64) {
        if let Some(word) = self.0.get_mut((number / 64) as usize) {
            *word &= !(1 << (number % 64));
        }
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(acked: &Acked, found: &[(u32, u64)]) -> u64 {
        acked.tally_values(&found.iter().copied().collect()).lost
    }

    #[test]
    fn a_value_tells_its_number_in_its_own_run_only() {
        let (acked, other) = (Arc::new(Acked::default()), Arc::new(Acked { run: 7, books: Mutex::default() }));
        let write = acked.begin(3);
        let value = write.value(100);
        assert_eq!((value.len(), acked.number_in(&value)), (100, Some(write.number)));
        assert_eq!(other.number_in(&value), None);
        assert_eq!(acked.number_in(b"....."), None);
        assert!(acked.number_in(&write.value(0)).is_some(), "a number is never cut off");
    }

    #[test]
    fn what_was_overwritten_is_not_lost_and_what_went_back_is() {
        let acked = Arc::new(Acked::default());
        let first = acked.begin(1);
        let old = first.number;
        first.acknowledged();
        let second = acked.begin(1);
        let new = second.number;
        second.acknowledged();
        assert_eq!(tally(&acked, &[(1, new)]), 0);
        assert_eq!(tally(&acked, &[(1, old)]), 1, "back to an older state");
        assert_eq!(tally(&acked, &[]), 1, "one state of one key is gone");
        assert_eq!(acked.tally_values(&BTreeMap::new()).acknowledged, 2);
    }

    #[test]
    fn what_may_have_come_later_is_not_counted_against_the_server() {
        let acked = Arc::new(Acked::default());
        let (slow, fast) = (acked.begin(1), acked.begin(1));
        let (slow_number, fast_number) = (slow.number, fast.number);
        fast.acknowledged();
        slow.acknowledged();
        assert_eq!(tally(&acked, &[(1, slow_number)]), 0, "they were under way together");
        assert_eq!(tally(&acked, &[(1, fast_number)]), 0);
        let never_answered = acked.begin(1);
        let number = never_answered.number;
        drop(never_answered);
        acked.begin(1).acknowledged();
        assert_eq!(tally(&acked, &[(1, number)]), 0, "it may have arrived late");
    }

    #[test]
    fn every_message_counts_for_itself() {
        let acked = Arc::new(Acked::default());
        let numbers: Vec<u64> = (0..200)
            .map(|key| {
                let write = acked.begin(key);
                let number = write.number;
                write.acknowledged();
                number
            })
            .collect();
        drop(acked.begin(0));
        assert_eq!(acked.tally_messages(numbers.iter().copied()), Tally { acknowledged: 200, lost: 0 });
        assert_eq!(acked.tally_messages(numbers[10..].iter().copied().chain([10_000])).lost, 10);
    }

    #[test]
    fn a_filled_value_counts_for_the_order_only() {
        let acked = Arc::new(Acked::default());
        let filled = acked.begin(1);
        let number = filled.number;
        filled.filled();
        assert!(acked.is_empty() && acked.keys().is_empty());
        acked.begin(1).acknowledged();
        assert_eq!(tally(&acked, &[(1, number)]), 1, "the write after it is gone");
    }
}
