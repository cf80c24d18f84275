//! Connections that carry one request at a time: idle ones are used again, the latest first. One whose request was given up is never put
//! back, because its answer may still come.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

pub struct Pool<C> {
    idle: Mutex<Vec<C>>,
    room: Semaphore,
    fresh_only: AtomicBool,
}

impl<C> Pool<C> {
    /// At most so many connections at a time; whoever finds no room waits.
    pub fn new(most: usize) -> Pool<C> {
        Pool { idle: Mutex::default(), room: Semaphore::new(most), fresh_only: AtomicBool::new(false) }
    }

    /// Room for one connection, held while it is in use.
    pub async fn room(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.room.acquire().await.ok()
    }

    pub fn take(&self) -> Option<C> {
        if self.fresh_only.load(Relaxed) {
            self.clear();
        }
        self.idle().pop()
    }

    pub fn put_back(&self, connection: C) {
        self.idle().push(connection);
    }

    /// After one broke the others are not to be trusted.
    pub fn clear(&self) {
        let idle = std::mem::take(&mut *self.idle());
        drop(idle);
    }

    /// Each request takes a new connection.
    pub fn use_fresh_connections(&self, only: bool) {
        self.fresh_only.store(only, Relaxed);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<C>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_is_used_first_and_a_fault_of_connections_empties_it() {
        let pool = Pool::new(2);
        (1..=3).for_each(|connection| pool.put_back(connection));
        assert_eq!(pool.take(), Some(3));
        pool.use_fresh_connections(true);
        assert_eq!(pool.take(), None);
        pool.use_fresh_connections(false);
        assert_eq!(pool.take(), None);
    }
}
