//! Buffers that exist only while bytes move: each worker thread keeps a few, a link borrows one for the length of a read and a write,
//! and an idle connection holds none. Never shared between threads while on the shelf, so it needs no lock.

use std::cell::RefCell;

/// Size of a pooled buffer: the most that one read takes. Below 64 KiB the number of system calls limits the speed of a bulk copy.
pub const CHUNK: usize = 64 * 1024;

/// Buffers kept by each thread, 2 MiB; more are given back to the allocator.
const SHELF_MAX: usize = 32;

thread_local! {
    static SHELF: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of `CHUNK` bytes with old contents.
pub fn take() -> Box<[u8]> {
    SHELF.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; CHUNK].into_boxed_slice())
}

/// Puts a buffer back. One of another size was made for a single small chunk and is freed.
pub fn give(buffer: Box<[u8]>) {
    if buffer.len() != CHUNK {
        return;
    }
    SHELF.with_borrow_mut(|shelf| {
        if shelf.len() < SHELF_MAX {
            shelf.push(buffer);
        }
    });
}
