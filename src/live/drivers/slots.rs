//! A few connections that many requests share, each made when it is first needed and anew, after a pause, when it broke. Who shares one
//! waits for nobody else's answer, as far as the protocol allows.

use crate::base::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Between two attempts to connect to a server that did not answer.
const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(500);

pub struct Slots<C> {
    slots: Vec<Mutex<Slot<C>>>,
    turn: AtomicUsize,
}

struct Slot<C> {
    connection: Option<C>,
    /// Which connection it is, so that only the first who sees it break takes it away.
    number: u64,
    not_before: Option<Instant>,
    pause: Duration,
    last: Option<ErrorKind>,
}

/// Names the connection that somebody uses.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    slot: usize,
    number: u64,
}

impl<C: Clone> Slots<C> {
    pub fn new(connections: usize) -> Slots<C> {
        Slots {
            slots: (0..connections.max(1)).map(|_| Mutex::new(Slot::empty(0))).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The next connection in turn. While one is being made, others who want it wait for it.
    pub async fn get<F>(&self, connect: impl FnOnce() -> F) -> Result<(C, Place), ErrorKind>
    where
        F: Future<Output = Result<C, ErrorKind>>,
    {
        let at = self.turn.fetch_add(1, Relaxed) % self.slots.len();
        let mut slot = self.slots[at].lock().await;
        if let Some(connection) = &slot.connection {
            return Ok((connection.clone(), Place { slot: at, number: slot.number }));
        }
        if let (Some(moment), Some(kind)) = (slot.not_before, slot.last)
            && Instant::now() < moment
        {
            return Err(kind);
        }
        match connect().await {
            Ok(connection) => {
                let number = slot.number + 1;
                *slot = Slot { connection: Some(connection.clone()), ..Slot::empty(number) };
                Ok((connection, Place { slot: at, number }))
            }
            Err(kind) => {
                slot.pause = (slot.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX);
                slot.not_before = Some(Instant::now() + slot.pause);
                slot.last = Some(kind);
                Err(kind)
            }
        }
    }

    /// The connection is of no more use; whoever comes next makes another one.
    pub async fn broke(&self, place: Place) {
        let mut slot = self.slots[place.slot].lock().await;
        if slot.number == place.number {
            slot.connection = None;
        }
    }
}

impl<C> Slot<C> {
    fn empty(number: u64) -> Slot<C> {
        Slot { connection: None, number, not_before: None, pause: Duration::ZERO, last: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_broken_connection_is_replaced_once_and_a_silent_server_is_left_in_peace() {
        let slots = Slots::new(1);
        let (first, place) = slots.get(|| async { Ok(1) }).await.expect("connected");
        assert_eq!(first, 1);
        slots.broke(place).await;
        let (second, _) = slots.get(|| async { Ok(2) }).await.expect("connected again");
        slots.broke(place).await;
        assert_eq!((second, slots.get(|| async { Ok(3) }).await.expect("kept").0), (2, 2));
        let silent = Slots::<u8>::new(1);
        for _ in 0..3 {
            assert_eq!(silent.get(|| async { Err(ErrorKind::Refused) }).await.unwrap_err(), ErrorKind::Refused);
        }
        let unasked = silent.get(|| async { panic!("it was asked again at once") }).await;
        assert!(unasked.is_err());
    }
}
