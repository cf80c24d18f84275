//! What all connections of one proxy share: the rules in force, the register of live connections, the counters. Faults are applied and
//! healed here, under one lock, so that a connection comes either before a change or after it. Never waits while it holds that lock.

use super::door::Door;
use super::evidence::{Count, Counters, Evidence, Tally, Traffic};
use super::lock;
use super::reader::{Protocol, Reader};
use super::rules::{Act, Key, Rule, Rules};
use super::tallies::Tallies;
use super::upstream::Upstream;
use crate::base::{Dice, Time};
use crate::live::certificates::Authority;
use crate::plan::Effect;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Instant;
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Hub {
    pub name: String,
    pub upstream: Upstream,
    protocol: Option<Arc<dyn Protocol>>,
    /// Whom the callers of this edge trust.
    pub authority: Option<Arc<Authority>>,
    pub door: Door,
    pub counters: Counters,
    seed: u64,
    epoch: Instant,
    /// Version of the rules in force; links compare it at every turn without taking the lock.
    version: AtomicU64,
    state: Mutex<State>,
    /// Told when the last connection has left.
    pub empty: Notify,
}

#[derive(Debug)]
struct State {
    rules: Arc<Rules>,
    /// By number, in the order of arrival, so that dice are thrown in that order.
    connections: BTreeMap<u64, Arc<Post>>,
    tallies: Tallies,
    stamps: u64,
    stopped: bool,
}

/// Where a connection gets its orders.
#[derive(Debug, Default)]
pub struct Post {
    pub number: u64,
    pub opened: Time,
    order: AtomicU8,
    waker: Mutex<Option<Waker>>,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Both directions have ended by themselves.
    Ended,
    /// With FIN, wherever the streams are.
    Clean,
    Reset,
}

impl Hub {
    pub fn new(name: &str, seed: u64, upstream: Upstream, door: Door, protocol: Option<Arc<dyn Protocol>>) -> Hub {
        let rules = Arc::new(Rules::none());
        let version = AtomicU64::new(rules.version);
        let (connections, tallies) = (BTreeMap::new(), Tallies::default());
        let state = Mutex::new(State { rules, connections, tallies, stamps: 0, stopped: false });
        let (counters, empty) = (Counters::default(), Notify::new());
        Hub {
            name: name.into(),
            upstream,
            protocol,
            authority: None,
            door,
            counters,
            seed,
            epoch: Instant::now(),
            version,
            state,
            empty,
        }
    }

    pub fn now(&self) -> Time {
        Time::ZERO + self.epoch.elapsed().into()
    }

    pub fn instant(&self, at: Time) -> Instant {
        self.epoch + at.since(Time::ZERO).to_std()
    }

    pub fn rules(&self) -> Arc<Rules> {
        lock(&self.state).rules.clone()
    }

    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub fn apply(&self, key: Key, effect: &Effect) {
        let mut state = lock(&self.state);
        let tally = state.tally(&key);
        let round = tally.rounds.fetch_add(1, Ordering::Relaxed);
        let dice_name = format!("proxy/{}/{key}/{round}", self.name);
        let (effect, which) = effect.split();
        let Some(act) = Act::of(effect, Dice::named(self.seed, &dice_name)) else {
            debug_assert!(false, "{effect:?} does not concern an edge");
            return;
        };
        state.stamps += 1;
        let (stamp, since) = (state.stamps, self.counters.accepted.load(Ordering::Relaxed));
        let (dice_name, act) = (dice_name.into(), Arc::new(act));
        let rule = Rule { stamp, key, tally, dice_name, seed: self.seed, since, which, draw: 0, act };
        let rules = state.rules.with(rule);
        let refused = state.rules.refuse;
        self.install(&mut state, rules, refused);
        state.strike(stamp, &self.door);
        state.wake_all();
    }

    /// Draws again which connections the toxics of this key take.
    pub fn redraw(&self, key: &Key) {
        let mut state = lock(&self.state);
        let rules = state.rules.redrawn(key);
        let refused = state.rules.refuse;
        self.install(&mut state, rules, refused);
        state.wake_all();
    }

    pub fn heal(&self, key: &Key) {
        let mut state = lock(&self.state);
        let (rules, gone) = state.rules.without(key);
        if gone.is_empty() {
            return;
        }
        let refused = state.rules.refuse;
        self.install(&mut state, rules, refused);
        for rule in gone.iter().filter(|rule| matches!(*rule.act, Act::Cut { lose: true, .. })) {
            state.reset_where(&rule.tally, |connection| rule.holds(connection));
        }
        state.wake_all();
    }

    pub fn evidence(&self, key: &Key) -> Evidence {
        lock(&self.state).tallies.evidence(key)
    }

    /// What ever acted here, with what it did; as [`Tallies`] keeps it.
    pub fn tallies(&self) -> Vec<(Key, Arc<Tally>)> {
        lock(&self.state).tallies.all()
    }

    /// For a proxy that was told the protocol.
    pub fn reader(&self, connection: u64) -> Option<Box<dyn Reader>> {
        self.protocol.as_ref().map(|protocol| protocol.reader(connection))
    }

    pub fn traffic(&self) -> Traffic {
        let open = lock(&self.state).connections.len();
        self.counters.traffic(open)
    }

    /// Registers a connection that was just accepted; `None` if it must be reset at once.
    pub fn enter(&self) -> Option<Arc<Post>> {
        let number = self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        let mut state = lock(&self.state);
        if let Some(rule) = state.rules.resets_new(number) {
            rule.tally.add(Count::ConnectionsReset, 1);
            return None;
        }
        if state.stopped {
            return None;
        }
        let post = Arc::new(Post { number, opened: self.now(), ..Post::default() });
        state.connections.insert(number, post.clone());
        Some(post)
    }

    pub fn leave(&self, number: u64) {
        let mut state = lock(&self.state);
        state.connections.remove(&number);
        if state.connections.is_empty() {
            self.empty.notify_one();
        }
    }

    /// Closes the listener and tells every connection to close.
    pub fn stop(&self) {
        let mut state = lock(&self.state);
        state.stopped = true;
        self.door.close();
        for post in state.connections.values() {
            post.tell(Close::Clean);
        }
    }

    fn install(&self, state: &mut State, rules: Rules, refused: bool) {
        let version = rules.version;
        state.rules = Arc::new(rules);
        self.version.store(version, Ordering::Release);
        if refused && !state.rules.refuse && !state.stopped {
            self.door.open();
        }
    }
}

impl State {
    fn tally(&mut self, key: &Key) -> Arc<Tally> {
        let State { tallies, rules, .. } = self;
        tallies.of(key, |key| rules.has(key))
    }

    /// What a new rule does at once.
    fn strike(&self, stamp: u64, door: &Door) {
        let Some(rule) = self.rules.get(stamp) else { return };
        match &*rule.act {
            Act::Refuse => {
                door.close();
                rule.tally.add(Count::ListenerClosed, 1);
                self.reset_where(&rule.tally, |_| true);
            }
            Act::Reset { .. } => self.reset_where(&rule.tally, |connection| rule.resets(connection)),
            _ => {}
        }
    }

    fn reset_where(&self, tally: &Tally, is_hit: impl Fn(u64) -> bool) {
        let hit = self.connections.values().filter(|post| is_hit(post.number));
        let told = hit.filter(|post| post.tell(Close::Reset)).count();
        tally.add(Count::ConnectionsReset, told as u64);
    }

    fn wake_all(&self) {
        self.connections.values().for_each(|post| post.wake());
    }
}

const NO_ORDER: u8 = 0;

impl Post {
    /// The order, if there is one; otherwise the task is woken when there is one or when the rules have changed.
    pub fn poll(&self, waker: &Waker) -> Option<Close> {
        let mut slot = lock(&self.waker);
        if !slot.as_ref().is_some_and(|old| old.will_wake(waker)) {
            *slot = Some(waker.clone());
        }
        drop(slot);
        match self.order.load(Ordering::Acquire) {
            NO_ORDER => None,
            order if order == Close::Clean as u8 + 1 => Some(Close::Clean),
            _ => Some(Close::Reset),
        }
    }

    /// Gives an order, unless there was one before; says whether it did.
    fn tell(&self, close: Close) -> bool {
        let first = self.order.compare_exchange(NO_ORDER, close as u8 + 1, Ordering::AcqRel, Ordering::Acquire).is_ok();
        self.wake();
        first
    }

    fn wake(&self) {
        if let Some(waker) = &*lock(&self.waker) {
            waker.wake_by_ref();
        }
    }
}
