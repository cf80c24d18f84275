//! A connection pool as a pure state machine: places for connections that are taken and given back, the idle timers of both ends,
//! and the race between them. It opens nothing itself: it says when a connection must be opened.
//!
//! A called side that closes an idle connection before its caller would, leaves a short window in which the caller still believes
//! in it: a request sent then is lost (the 504 without a backend log line of classic load balancers).
//! Timers are not run but read off when a connection is taken: what was idle for too long is found closed then.

use super::slab::Handle;
use super::waiters::Waiters;
use crate::base::{Dice, Time};
use crate::plan::{Pick, Pool};
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub struct Connections {
    policy: Pool,
    /// When each was given back last. There are never more places than the pool had connections at a time.
    since: Vec<Time>,
    /// Places with a connection that was open when it was given back, in that order.
    idle: VecDeque<u32>,
    /// Places whose connection is closed.
    closed: Vec<u32>,
    waiters: Waiters,
    dice: Dice,
}

/// A place in the pool, and what is to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// An open connection.
    Open(u32),
    /// It must be opened first.
    Closed(u32),
    /// It looks open, and the called side has closed it: what is sent is lost.
    Lost(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    Lost,
}

impl Connections {
    pub fn new(policy: &Pool, dice: Dice) -> Connections {
        let open = if policy.open_ahead { policy.size } else { 0 };
        Connections {
            policy: policy.clone(),
            since: vec![Time::ZERO; open as usize],
            idle: (0..open).collect(),
            closed: Vec::new(),
            waiters: Waiters::default(),
            dice,
        }
    }

    /// From now on the pool is as this says. If it shrinks, connections in use are closed when they are given back.
    pub fn reconfigure(&mut self, policy: &Pool) {
        self.policy = policy.clone();
        while self.idle.len() as u32 > self.free() {
            self.closed.extend(self.idle.pop_front());
        }
    }

    /// Takes a connection; `None`: all are in use.
    pub fn take(&mut self, now: Time) -> Option<Taken> {
        let free = self.free();
        if free == 0 {
            return None;
        }
        let idle = match self.policy.pick {
            Pick::Newest => self.idle.pop_back(),
            Pick::Oldest => self.oldest(now),
            // One that is not among the idle ones has no connection in it, and these are all alike.
            Pick::Random => self.idle.swap_remove_back(self.dice.below(u64::from(free)) as usize),
        };
        let Some(place) = idle else { return Some(Taken::Closed(self.place_without())) };
        Some(match self.state(place, now) {
            State::Open => Taken::Open(place),
            State::Closed => Taken::Closed(place),
            State::Lost => Taken::Lost(place),
        })
    }

    /// Waits in line for a connection.
    pub fn wait(&mut self, attempt: (Handle, u16), waits: impl Fn(Handle, u16) -> bool) {
        self.waiters.join(attempt, waits);
    }

    /// An attempt in line has given up.
    pub fn give_up(&mut self) {
        self.waiters.give_up();
    }

    /// Gives a place back, with its connection open or not. The first in line, if there is one, gets it at once.
    pub fn give_back(
        &mut self,
        place: u32,
        open: bool,
        now: Time,
        waits: impl Fn(Handle, u16) -> bool,
    ) -> Option<((Handle, u16), Taken)> {
        let fits = self.in_use() <= self.policy.size;
        if fits && let Some(next) = self.waiters.next(waits) {
            return Some((next, if open { Taken::Open(place) } else { Taken::Closed(place) }));
        }
        self.since[place as usize] = now;
        match open && fits {
            true => self.idle.push_back(place),
            false => self.closed.push(place),
        }
        None
    }

    /// Takes a connection for the first in line, after there have come to be more of them.
    pub fn serve_next(&mut self, now: Time, waits: impl Fn(Handle, u16) -> bool) -> Option<((Handle, u16), Taken)> {
        if self.free() == 0 {
            return None;
        }
        let next = self.waiters.next(waits)?;
        self.take(now).map(|taken| (next, taken))
    }

    /// The called side, or a share of it, is gone and with it the idle connections to it, as the caller sees at once.
    pub fn break_idle(&mut self, share: f64) {
        let (dice, closed) = (&mut self.dice, &mut self.closed);
        self.idle.retain(|place| {
            let breaks = share >= 1.0 || dice.chance(share);
            if breaks {
                closed.push(*place);
            }
            !breaks
        });
    }

    /// Connections that are in use, or idle and open at both ends.
    pub fn open(&self, now: Time) -> u64 {
        let idle = self.idle.iter().filter(|place| self.state(**place, now) == State::Open).count();
        u64::from(self.in_use()) + idle as u64
    }

    /// Connections in use, and attempts that wait for one.
    pub fn load(&self) -> (u32, u32) {
        (self.in_use(), self.waiters.len())
    }

    #[cfg(test)]
    pub fn is_full(&self) -> bool {
        self.free() == 0
    }

    fn in_use(&self) -> u32 {
        (self.since.len() - self.idle.len() - self.closed.len()) as u32
    }

    fn free(&self) -> u32 {
        self.policy.size.saturating_sub(self.in_use())
    }

    /// A place without a connection. They are made as they are needed.
    fn place_without(&mut self) -> u32 {
        self.closed.pop().unwrap_or_else(|| {
            self.since.push(Time::ZERO);
            (self.since.len() - 1) as u32
        })
    }

    /// The open connection that was idle longest; those before it are found to be closed.
    fn oldest(&mut self, now: Time) -> Option<u32> {
        while let Some(place) = self.idle.pop_front() {
            if self.state(place, now) != State::Closed {
                return Some(place);
            }
            self.closed.push(place);
        }
        None
    }

    fn state(&self, place: u32, now: Time) -> State {
        let idle = now.since(self.since[place as usize]);
        let (own, peer) = (self.policy.idle, self.policy.peer_idle);
        // What the caller closed itself, or whose end it has heard of, is known to be closed.
        if own.is_some_and(|own| idle >= own) || peer.is_some_and(|peer| idle >= peer + self.policy.race) {
            return State::Closed;
        }
        if peer.is_some_and(|peer| idle >= peer) { State::Lost } else { State::Open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn policy(size: u32, pick: Pick, open_ahead: bool) -> Pool {
        Pool { size, open_ahead, pick, max_wait: None, idle: None, peer_idle: None, race: Span::ZERO }
    }

    fn pool(policy: &Pool) -> Connections {
        Connections::new(policy, Dice::named(1, "pool"))
    }

    const NOBODY: fn(Handle, u16) -> bool = |_, _| false;

    #[test]
    fn a_request_is_lost_only_inside_the_race_window() {
        let taken_after = |idle: Option<u64>, seconds: f64| {
            let timers = Pool {
                idle: idle.map(Span::from_secs),
                peer_idle: Some(Span::from_secs(20)),
                race: Span::from_millis(100),
                ..policy(1, Pick::Newest, true)
            };
            pool(&timers).take(Time::from_secs_f64(seconds)).expect("there is one")
        };
        assert_eq!(taken_after(Some(60), 19.9), Taken::Open(0));
        assert_eq!(taken_after(Some(60), 20.05), Taken::Lost(0));
        assert_eq!(taken_after(Some(60), 20.2), Taken::Closed(0));
        assert_eq!(taken_after(Some(15), 20.05), Taken::Closed(0));
        assert_eq!(taken_after(None, 20.05), Taken::Lost(0));
    }

    #[test]
    fn connections_are_opened_on_demand_and_used_again() {
        let mut pool = pool(&policy(2, Pick::Newest, false));
        assert_eq!(pool.take(Time::ZERO), Some(Taken::Closed(0)));
        assert_eq!(pool.take(Time::ZERO), Some(Taken::Closed(1)));
        assert_eq!((pool.take(Time::ZERO), pool.load()), (None, (2, 0)));
        assert_eq!(pool.give_back(1, true, Time::ZERO, NOBODY), None);
        assert_eq!(pool.give_back(0, false, Time::ZERO, NOBODY), None);
        assert_eq!([pool.take(Time::ZERO), pool.take(Time::ZERO)], [Some(Taken::Open(1)), Some(Taken::Closed(0))]);
    }

    #[test]
    fn what_is_given_back_goes_to_the_first_in_line() {
        let mut pool = pool(&policy(1, Pick::Newest, true));
        pool.take(Time::ZERO);
        let attempt = |slot: u32| (Handle { slot, generation: 1 }, 1);
        (0..3).for_each(|slot| pool.wait(attempt(slot), |_, _| true));
        pool.give_up();
        let waits = |call: Handle, _: u16| call.slot > 0;
        assert_eq!(pool.give_back(0, true, Time::ZERO, waits), Some((attempt(1), Taken::Open(0))));
        assert_eq!(pool.give_back(0, false, Time::ZERO, waits), Some((attempt(2), Taken::Closed(0))));
        assert_eq!((pool.give_back(0, true, Time::ZERO, waits), pool.load()), (None, (0, 0)));
    }

    #[test]
    fn the_newest_lets_the_others_grow_old_and_the_oldest_keeps_all_in_use() {
        let places = |pick: Pick| {
            let timers = Pool { idle: Some(Span::from_secs(10)), ..policy(3, pick, true) };
            let mut pool = pool(&timers);
            let mut used = [0, 0, 0];
            for second in 0..30 {
                let taken = pool.take(Time::from_secs_f64(f64::from(second))).expect("there is one");
                let (Taken::Open(place) | Taken::Closed(place) | Taken::Lost(place)) = taken;
                used[place as usize] += 1;
                pool.give_back(place, true, Time::from_secs_f64(f64::from(second)), NOBODY);
            }
            used
        };
        assert_eq!(places(Pick::Oldest), [10, 10, 10]);
        assert_eq!(places(Pick::Newest), [0, 0, 30]);
        assert!(places(Pick::Random).iter().all(|used| *used > 3));
    }

    #[test]
    fn a_pool_that_shrinks_closes_what_is_given_back_and_one_that_grows_serves_the_line() {
        let mut pool = pool(&policy(2, Pick::Newest, true));
        let places = [pool.take(Time::ZERO), pool.take(Time::ZERO)];
        assert_eq!(places, [Some(Taken::Open(1)), Some(Taken::Open(0))]);
        pool.wait((Handle { slot: 7, generation: 1 }, 1), |_, _| true);
        pool.reconfigure(&policy(1, Pick::Newest, true));
        assert_eq!((pool.give_back(1, true, Time::ZERO, |_, _| true), pool.load()), (None, (1, 1)));
        assert_eq!((pool.take(Time::ZERO), pool.serve_next(Time::ZERO, |_, _| true)), (None, None));
        pool.reconfigure(&policy(3, Pick::Newest, true));
        let next = pool.serve_next(Time::ZERO, |_, _| true);
        assert_eq!(next, Some(((Handle { slot: 7, generation: 1 }, 1), Taken::Closed(1))));
    }

    #[test]
    fn the_death_of_the_called_side_breaks_what_is_idle() {
        let mut pool = pool(&policy(1000, Pick::Oldest, true));
        pool.break_idle(0.5);
        assert!((400..600).contains(&pool.idle.len()), "{}", pool.idle.len());
        pool.break_idle(1.0);
        assert_eq!((pool.idle.len(), pool.load()), (0, (0, 0)));
        assert!(matches!(pool.take(Time::ZERO), Some(Taken::Closed(_))));
    }
}
