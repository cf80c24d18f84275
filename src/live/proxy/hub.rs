//! What all connections of one proxy share: the rules in force, the register of live connections, the counters. Faults are applied and
//! healed here, under one lock, so that a connection comes either before a change or after it. Never waits while it holds that lock.

use super::door::Door;
use super::evidence::{Count, Counters, Evidence, Tally, Traffic};
use super::lock;
use super::rules::{Act, Rule, Rules};
use crate::base::{Dice, FaultId, Time};
use crate::plan::Effect;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Instant;
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Hub {
    pub name: String,
    pub upstream: SocketAddr,
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
    tallies: BTreeMap<FaultId, Arc<Tally>>,
    stamps: u64,
    stopped: bool,
}

/// Where a connection gets its orders.
#[derive(Debug, Default)]
pub struct Post {
    pub number: u64,
    order: AtomicU8,
    waker: Mutex<Option<Waker>>,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    Clean,
    Reset,
}

impl Hub {
    pub fn new(name: &str, seed: u64, upstream: SocketAddr, door: Door) -> Hub {
        let rules = Arc::new(Rules::none(seed));
        let version = AtomicU64::new(rules.version);
        let (connections, tallies) = (BTreeMap::new(), BTreeMap::new());
        let state = Mutex::new(State { rules, connections, tallies, stamps: 0, stopped: false });
        let (counters, empty) = (Counters::default(), Notify::new());
        Hub { name: name.into(), upstream, door, counters, seed, epoch: Instant::now(), version, state, empty }
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

    pub fn apply(&self, fault: FaultId, effect: &Effect) {
        let mut state = lock(&self.state);
        let tally = state.tallies.entry(fault).or_default().clone();
        let round = tally.rounds.fetch_add(1, Ordering::Relaxed);
        let dice_name = format!("proxy/{}/{}/{round}", self.name, fault.0);
        let Some(act) = Act::of(effect, Dice::named(self.seed, &dice_name)) else {
            debug_assert!(false, "{effect:?} does not concern an edge");
            return;
        };
        state.stamps += 1;
        let rule = Rule { stamp: state.stamps, fault, tally, dice_name, act };
        let stamp = rule.stamp;
        let rules = state.rules.with(rule);
        self.install(&mut state, rules);
        state.strike(stamp, &self.door);
        state.wake_all();
    }

    pub fn heal(&self, fault: FaultId) {
        let mut state = lock(&self.state);
        let (rules, gone) = state.rules.without(fault);
        if gone.is_empty() {
            return;
        }
        let refused = state.rules.refuse;
        self.install(&mut state, rules);
        for rule in gone.iter().filter(|rule| matches!(rule.act, Act::Cut { lose: true, .. })) {
            state.reset_all(&rule.tally);
        }
        if refused && !state.rules.refuse && !state.stopped {
            self.door.open();
        }
        state.wake_all();
    }

    pub fn evidence(&self, fault: FaultId) -> Evidence {
        lock(&self.state).tallies.get(&fault).map(|tally| tally.evidence()).unwrap_or_default()
    }

    pub fn traffic(&self) -> Traffic {
        let open = lock(&self.state).connections.len();
        self.counters.traffic(open)
    }

    /// Registers a connection that was just accepted; `None` if it must be reset at once.
    pub fn enter(&self) -> Option<Arc<Post>> {
        let number = self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        let mut state = lock(&self.state);
        if let Some(rule) = state.rules.resets_new() {
            rule.tally.add(Count::ConnectionsReset, 1);
            return None;
        }
        if state.stopped {
            return None;
        }
        let post = Arc::new(Post { number, ..Post::default() });
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

    fn install(&self, state: &mut State, rules: Rules) {
        let version = rules.version;
        state.rules = Arc::new(rules);
        self.version.store(version, Ordering::Release);
    }
}

impl State {
    /// What a new rule does at once.
    fn strike(&self, stamp: u64, door: &Door) {
        let Some(rule) = self.rules.get(stamp) else { return };
        match rule.act {
            Act::Refuse => {
                door.close();
                rule.tally.add(Count::ListenerClosed, 1);
                self.reset_all(&rule.tally);
            }
            Act::Reset { .. } => self.reset_some(rule),
            _ => {}
        }
    }

    fn reset_all(&self, tally: &Tally) {
        let told = self.connections.values().filter(|post| post.tell(Close::Reset)).count();
        tally.add(Count::ConnectionsReset, told as u64);
    }

    fn reset_some(&self, rule: &Rule) {
        let hit = self.connections.values().filter(|_| rule.resets());
        let told = hit.filter(|post| post.tell(Close::Reset)).count();
        rule.tally.add(Count::ConnectionsReset, told as u64);
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
            order if order == Close::Clean.code() => Some(Close::Clean),
            _ => Some(Close::Reset),
        }
    }

    /// Gives an order, unless there was one before; says whether it did.
    fn tell(&self, close: Close) -> bool {
        let first = self.order.compare_exchange(NO_ORDER, close.code(), Ordering::AcqRel, Ordering::Acquire).is_ok();
        self.wake();
        first
    }

    fn wake(&self) {
        if let Some(waker) = &*lock(&self.waker) {
            waker.wake_by_ref();
        }
    }
}

impl Close {
    fn code(self) -> u8 {
        match self {
            Close::Clean => 1,
            Close::Reset => 2,
        }
    }
}
