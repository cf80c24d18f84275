//! The sessions of a call as the model has them (`tls` of the call), held open: each request takes one at random, and one whose life is over
//! is closed and made anew by whoever takes it. Each carries one request at a time; who finds all of them busy makes one more, which is not
//! kept. It connects to nobody.

use crate::base::{Dice, Dist, Span, Time};
use crate::engine::Slots;
use crate::plan::Tls;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How many sessions an edge keeps, and for how long: drawn from the dice that the model's own sessions are drawn from, so that both
/// begin with the same lives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wanted {
    pub connections: u32,
    pub life: Dist,
    pub seed: u64,
    pub edge: String,
}

pub struct Sessions<C> {
    wanted: Wanted,
    begun: Instant,
    fresh_only: AtomicBool,
    places: Mutex<Places<C>>,
}

struct Places<C> {
    slots: Slots,
    held: Vec<Held<C>>,
}

enum Held<C> {
    /// Not made yet, or lost.
    Nothing,
    Busy,
    Idle(C),
}

/// Somebody's right to one session. Dropped, the session counts as lost.
pub struct Seat<'a, C> {
    of: &'a Sessions<C>,
    place: Option<usize>,
    connection: Option<C>,
}

impl Wanted {
    /// `None` where each request makes a session of its own.
    pub fn of(tls: &Tls, seed: u64, edge: &str) -> Option<Wanted> {
        let (connections, life, edge) = (tls.connections, tls.life.clone(), edge.to_owned());
        (connections > 0).then_some(Wanted { connections, life, seed, edge })
    }
}

impl<C> Sessions<C> {
    pub fn new(wanted: &Wanted) -> Sessions<C> {
        let dice = Dice::named(wanted.seed, &format!("tls/{}", wanted.edge));
        let slots = Slots::new(wanted.connections, &wanted.life, dice);
        let held = (0..wanted.connections).map(|_| Held::Nothing).collect();
        let (begun, fresh_only) = (Instant::now(), AtomicBool::new(false));
        Sessions { wanted: wanted.clone(), begun, fresh_only, places: Mutex::new(Places { slots, held }) }
    }

    /// One of the places at random; where that one is busy, the next that is not.
    pub fn seat(&self) -> Seat<'_, C> {
        let (now, mut places) = (self.now(), self.places());
        let count = places.held.len();
        let first = places.slots.pick().unwrap_or(0);
        let free = |at: &usize| !matches!(places.held[*at], Held::Busy);
        let place = (first..first + count).map(|at| at % count).find(free);
        let mut connection = None;
        if let Some(at) = place
            && let Held::Idle(idle) = std::mem::replace(&mut places.held[at], Held::Busy)
            && places.slots.lives(at, now)
            && !self.fresh_only.load(Relaxed)
        {
            connection = Some(idle);
        }
        Seat { of: self, place, connection }
    }

    pub fn use_fresh_connections(&self, only: bool) {
        self.fresh_only.store(only, Relaxed);
    }

    fn now(&self) -> Time {
        Time::ZERO + Span::from(self.begun.elapsed())
    }

    fn places(&self) -> MutexGuard<'_, Places<C>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Seat<'_, C> {
    /// The session that is open; `None`: one must be made.
    pub fn take(&mut self) -> Option<C> {
        self.connection.take()
    }

    /// For whoever comes next.
    pub fn keep(mut self, connection: C) {
        let Some(place) = self.place.take() else { return };
        let (now, mut places) = (self.of.now(), self.of.places());
        if !places.slots.lives(place, now) {
            places.slots.renew(place, &self.of.wanted.life, now);
        }
        places.held[place] = Held::Idle(connection);
    }
}

impl<C> Drop for Seat<'_, C> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.of.places().held[place] = Held::Nothing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(connections: u32, life_s: f64) -> Sessions<u32> {
        let (life, edge) = (Dist::Constant(life_s), "a->b".to_owned());
        Sessions::new(&Wanted { connections, life, seed: 1, edge })
    }

    #[test]
    fn each_is_made_once_and_used_again_and_no_more_are_kept() {
        let sessions = sessions(3, 1e6);
        let mut made = 0;
        for _ in 0..100 {
            let mut seat = sessions.seat();
            let connection = seat.take().unwrap_or_else(|| {
                made += 1;
                made
            });
            seat.keep(connection);
        }
        assert_eq!(made, 3);
        let mut seats: Vec<_> = (0..3).map(|_| sessions.seat()).collect();
        let mut taken: Vec<_> = seats.iter_mut().filter_map(Seat::take).collect();
        taken.sort();
        assert_eq!(taken, [1, 2, 3], "busy ones are passed over");
        let mut more = sessions.seat();
        assert_eq!(more.take(), None);
        more.keep(4);
        drop(seats);
        assert!((0..10).all(|_| sessions.seat().take().is_none()), "what was dropped is lost");
    }

    #[test]
    fn one_that_is_over_is_made_anew() {
        let short = sessions(1, 1e-9);
        short.seat().keep(1);
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert_eq!(short.seat().take(), None);
        let long = sessions(1, 1e6);
        long.seat().keep(1);
        long.use_fresh_connections(true);
        assert_eq!(long.seat().take(), None);
    }
}
