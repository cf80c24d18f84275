//! What a file was when it was last synced: the pages that were written over since then and its length, kept as before-images, so that a
//! power cut can put them back. Names are not kept: they count as synced at once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const PAGE: u64 = 4096;
/// All files of a disk together; beyond that, a file counts as written back, as the kernel does when memory gets tight.
pub const KEPT_MAX: u64 = 256 << 20;

/// Of one file. Empty while everything is synced.
#[derive(Debug, Default)]
pub struct Unsynced {
    /// Length at the last sync.
    length: Option<u64>,
    /// By number of the page.
    pages: BTreeMap<u64, Vec<u8>>,
}

impl Unsynced {
    /// These bytes are about to be written over, or cut off, or made room for.
    pub fn before(&mut self, file: &File, offset: u64, bytes: u64, kept: &AtomicU64) -> io::Result<()> {
        let length = match self.length {
            Some(length) => length,
            None => *self.length.insert(file.metadata()?.len()),
        };
        let end = offset.saturating_add(bytes).min(length);
        for page in offset / PAGE..end.div_ceil(PAGE) {
            if self.pages.contains_key(&page) {
                continue;
            }
            let mut image = vec![0; (length - page * PAGE).min(PAGE) as usize];
            read_full(file, &mut image, page * PAGE)?;
            kept.fetch_add(PAGE, Relaxed);
            self.pages.insert(page, image);
        }
        if kept.load(Relaxed) > KEPT_MAX {
            self.synced(kept);
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.length.is_none()
    }

    pub fn synced(&mut self, kept: &AtomicU64) {
        kept.fetch_sub(self.pages.len() as u64 * PAGE, Relaxed);
        self.pages.clear();
        self.length = None;
    }

    /// Makes the file what it was. Gives how many bytes were lost: those written over, and those it had grown by.
    pub fn put_back(&mut self, file: &File, kept: &AtomicU64) -> io::Result<u64> {
        let Some(length) = self.length else { return Ok(0) };
        let grown = file.metadata()?.len().saturating_sub(length);
        file.set_len(length)?;
        let mut lost = grown;
        for (page, image) in &self.pages {
            file.write_all_at(image, page * PAGE)?;
            lost += image.len() as u64;
        }
        self.synced(kept);
        Ok(lost)
    }
}

/// A file may have been cut since its length was taken; what is gone reads as zeroes.
fn read_full(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64)? {
            0 => return Ok(()),
            count => done += count,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{Read, Seek};

    /// What one can do to a file between two syncs.
    #[derive(Clone, Debug)]
    enum Deed {
        Write(u64, Vec<u8>),
        Cut(u64),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        let write = (0u64..20_000, proptest::collection::vec(any::<u8>(), 1..6000));
        prop_oneof![write.prop_map(|(at, bytes)| Deed::Write(at, bytes)), (0u64..20_000).prop_map(Deed::Cut)]
    }

    fn carry_out(file: &File, deed: &Deed, unsynced: Option<(&mut Unsynced, &AtomicU64)>) {
        let length = file.metadata().unwrap().len();
        if let Some((unsynced, kept)) = unsynced {
            let (from, bytes) = match deed {
                Deed::Write(at, bytes) => (*at, bytes.len() as u64),
                Deed::Cut(to) => (*to, length.saturating_sub(*to)),
            };
            unsynced.before(file, from, bytes, kept).unwrap();
        }
        match deed {
            Deed::Write(at, bytes) => file.write_all_at(bytes, *at).unwrap(),
            Deed::Cut(to) => file.set_len(*to).unwrap(),
        }
    }

    fn bytes_of(mut file: &File) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn a_file_becomes_what_it_was_at_its_last_sync(
            first in proptest::collection::vec(deed(), 0..5),
            then in proptest::collection::vec(deed(), 1..8),
        ) {
            let file = tempfile::tempfile().unwrap();
            first.iter().for_each(|deed| carry_out(&file, deed, None));
            let synced = bytes_of(&file);
            let (mut unsynced, kept) = (Unsynced::default(), AtomicU64::new(0));
            then.iter().for_each(|deed| carry_out(&file, deed, Some((&mut unsynced, &kept))));
            let changed = bytes_of(&file) != synced;
            let lost = unsynced.put_back(&file, &kept).unwrap();
            prop_assert_eq!(bytes_of(&file), synced);
            prop_assert!(lost > 0 || !changed);
            prop_assert_eq!(kept.load(Relaxed), 0);
        }
    }
}
