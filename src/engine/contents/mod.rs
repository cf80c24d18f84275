//! What a cache holds: keys of a dense universe at the replicas that they were written to, until they expire or make room.
//! It knows no requests and no failures; nothing is allocated after the start.

mod failures;
mod fifo;
mod lfu;
mod lru;
mod policy;
#[cfg(test)]
mod reference;
mod s3fifo;
mod slots;
#[cfg(test)]
mod tests;
mod tinylfu;

use super::placement::{COPIES_MAX, Out, Placement};
use crate::base::{Dice, ErrorKind, Span, Time};
use crate::plan::{CacheSpec, Service};
use failures::Failures;
use policy::{Policy, Room};
use s3fifo::Evicted;
use slots::{GHOST, NONE, Slots};

/// The contents of all replicas of one cache.
#[derive(Clone, Debug)]
pub struct Contents {
    placement: Placement,
    policy: Policy,
    slots: Slots,
    /// By key: the first of its slots.
    first: Vec<u32>,
    /// By key: the version of the newest write. Empty as long as nobody writes.
    newest: Vec<u16>,
    /// Entries by replica.
    held: Vec<u32>,
    /// Keys that are held where they belong.
    at_home: u64,
    /// Entries a replica has room for.
    capacity: u32,
    spec: CacheSpec,
    failures: Failures,
    ttl_dice: Dice,
}

/// What a read finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Hit,
    /// A hit, with a value that is older than the newest write of the key.
    Outdated,
    Miss,
    /// No value, and how the last rebuild failed.
    Failure(ErrorKind),
}

impl Contents {
    pub fn new(spec: &CacheSpec, service: &Service, seed: u64) -> Contents {
        let replicas = service.replicas;
        let capacity = (spec.entries / replicas.max(1)).max(1);
        let entries = (u64::from(capacity) * u64::from(replicas)).min(u64::from(spec.keys));
        let mut contents = Contents {
            placement: Placement::new(&spec.placement, spec.keys, replicas),
            policy: Policy::new(spec.eviction, spec.keys, replicas, capacity),
            slots: Slots::with_capacity(entries as usize),
            first: vec![NONE; spec.keys as usize],
            newest: Vec::new(),
            held: vec![0; replicas as usize],
            at_home: 0,
            capacity,
            spec: spec.clone(),
            failures: Failures::default(),
            ttl_dice: Dice::named(seed, &format!("ttl/{}", service.name)),
        };
        if spec.warm {
            contents.warm_up();
        }
        contents
    }

    /// The replica to ask for a key. `out` are those that the caller has put out of its list, `loads` requests under way by replica.
    #[inline]
    pub fn choose(&mut self, key: u32, out: &Out, loads: impl Fn(u32) -> u32, now: Time) -> u32 {
        if now >= self.placement.next_step {
            self.placement.deal(now);
            self.recount();
        }
        self.placement.choose(key, out, loads)
    }

    /// The replicas to write a rebuilt value to: the first so many of the list.
    pub fn targets(
        &mut self,
        key: u32,
        out: &Out,
        loads: impl Fn(u32) -> u32,
        now: Time,
    ) -> ([u32; COPIES_MAX], usize) {
        let (mut owners, count) = self.placement.owners(key, out);
        if count == 1 {
            owners[0] = self.choose(key, out, loads, now);
        }
        (owners, count)
    }

    /// A read at `now`. An expired entry is a miss; it goes, unless it is kept for a while as better than nothing.
    #[inline]
    pub fn read(&mut self, replica: u32, key: u32, now: Time) -> Read {
        if key as usize >= self.first.len() {
            return Read::Miss;
        }
        self.policy.asked(key);
        let slot = self.find(key, replica);
        if slot == NONE || self.slots[slot].list == GHOST {
            return self.miss(replica, key, now);
        }
        let entry = self.slots[slot];
        if entry.expires <= now {
            if entry.expires + self.spec.grace <= now {
                self.remove(slot);
            }
            return self.miss(replica, key, now);
        }
        self.policy.hit(&mut self.slots, slot);
        match self.newest.get(key as usize) {
            Some(newest) if *newest != entry.version => Read::Outdated,
            _ => Read::Hit,
        }
    }

    /// Is a value there for a key, though it may have expired? Changes nothing.
    pub fn peek_stale(&self, key: u32, now: Time) -> bool {
        if key as usize >= self.first.len() {
            return false;
        }
        let slot = self.find(key, self.placement.home(key));
        slot != NONE && self.slots[slot].list != GHOST && self.slots[slot].expires + self.spec.grace > now
    }

    /// Keeps a value that was read from where the truth is.
    pub fn fill(&mut self, replica: u32, key: u32, now: Time) {
        if (key as usize) < self.first.len() && (replica as usize) < self.held.len() {
            self.put(replica, key, now);
        }
    }

    /// A user's write: from now on every older value of the key is outdated. All copies of a hot key are written.
    pub fn write(&mut self, replica: u32, key: u32, now: Time) {
        if key as usize >= self.first.len() || replica as usize >= self.held.len() {
            return;
        }
        if self.newest.is_empty() {
            self.newest = vec![0; self.first.len()];
        }
        let newest = &mut self.newest[key as usize];
        *newest = newest.wrapping_add(1);
        self.change(replica, key, now);
        let (owners, count) = self.placement.owners(key, Out::NOBODY);
        if count > 1 && owners[..count].contains(&replica) {
            owners[..count].iter().filter(|other| **other != replica).for_each(|other| self.change(*other, key, now));
        }
    }

    fn change(&mut self, replica: u32, key: u32, now: Time) {
        if !self.spec.invalidate {
            return self.put(replica, key, now);
        }
        self.failures.forget(replica, key);
        let slot = self.find(key, replica);
        if slot != NONE && self.slots[slot].list != GHOST {
            self.remove(slot);
        }
    }

    /// Loses this share of the entries of one replica; says how many.
    pub fn forget(&mut self, replica: u32, share: f64, dice: &mut Dice) -> u64 {
        let Some(before) = self.held.get(replica as usize).copied() else { return 0 };
        for slot in self.policy.all(&self.slots, replica) {
            let is_ghost = self.slots[slot].list == GHOST;
            if share >= 1.0 && is_ghost {
                self.policy.remove(&mut self.slots, slot);
                self.release(slot);
            } else if share >= 1.0 || !is_ghost && dice.chance(share) {
                self.remove(slot);
            }
        }
        if share >= 1.0 {
            let placement = &self.placement;
            self.policy.forget_counts(|key| placement.home(key) == replica);
        }
        let unlearned = self.failures.lose(replica, || share >= 1.0 || dice.chance(share));
        u64::from(before - self.held[replica as usize]) + unlearned
    }

    /// Loses all entries of one replica.
    pub fn flush(&mut self, replica: u32) {
        // Nothing is drawn when everything goes.
        let mut dice = self.ttl_dice.clone();
        self.forget(replica, 1.0, &mut dice);
    }

    /// How many keys of the universe are not held where they belong. An expired entry counts as held until it goes.
    pub fn cold(&self) -> u64 {
        self.first.len() as u64 - self.at_home
    }

    pub fn replicas(&self) -> u32 {
        self.held.len() as u32
    }

    /// A replica came back after a crash.
    pub fn reborn(&mut self, replica: u32, now: Time) {
        if self.placement.reborn(replica, now) {
            self.recount();
        }
    }

    /// There are other figures, or other replicas, from now on. Replicas that are added are empty, and as large as the others unless
    /// the number of entries changes too. The universe of keys stays.
    pub fn reconfigure(&mut self, spec: &CacheSpec, replicas: u32, now: Time) {
        (replicas..self.held.len() as u32).for_each(|gone| self.flush(gone));
        let capacity = match spec.entries == self.spec.entries {
            true => self.capacity,
            false => (spec.entries / replicas.max(1)).max(1),
        };
        let made_anew = capacity != self.capacity || spec.eviction != self.spec.eviction;
        let keys = self.spec.keys;
        (self.spec, self.capacity) = (CacheSpec { keys, ..spec.clone() }, capacity);
        self.placement.resize(&spec.placement, replicas, now);
        match made_anew {
            true => self.sort_in_again(replicas, now),
            false => {
                for _ in self.held.len()..replicas as usize {
                    self.policy.add_replica();
                }
            }
        }
        self.held.resize(replicas as usize, 0);
        self.recount();
    }

    /// Another policy or another size: what was held is taken in again, what is worth most last.
    fn sort_in_again(&mut self, replicas: u32, now: Time) {
        let old: Vec<slots::Slot> = (0..self.held.len().min(replicas as usize) as u32)
            .flat_map(|replica| self.policy.all(&self.slots, replica).into_iter().rev())
            .map(|slot| self.slots[slot])
            .filter(|entry| entry.list != GHOST)
            .collect();
        self.policy = Policy::new(self.spec.eviction, self.spec.keys, replicas, self.capacity);
        self.slots = Slots::with_capacity(old.len());
        self.first.fill(NONE);
        self.held = vec![0; replicas as usize];
        for entry in old {
            self.put(entry.replica, entry.key, now);
            let slot = self.find(entry.key, entry.replica);
            if slot != NONE {
                (self.slots[slot].expires, self.slots[slot].version) = (entry.expires, entry.version);
            }
        }
    }

    /// The most popular keys (lowest ranks) that fit, the most popular as the most recently used.
    fn warm_up(&mut self) {
        let mut room = vec![self.capacity; self.held.len()];
        let mut chosen = Vec::new();
        for key in 0..self.first.len() as u32 {
            let (owners, count) = self.placement.owners(key, Out::NOBODY);
            for replica in &owners[..count] {
                let left = &mut room[*replica as usize];
                if *left > 0 {
                    *left -= 1;
                    chosen.push((*replica, key));
                }
            }
        }
        for (replica, key) in chosen.into_iter().rev() {
            self.put(replica, key, Time::ZERO);
        }
    }

    fn put(&mut self, replica: u32, key: u32, now: Time) {
        if !self.failures.is_empty() {
            self.failures.forget(replica, key);
        }
        let mut slot = self.find(key, replica);
        if slot != NONE && self.slots[slot].list != GHOST {
            self.policy.rewritten(&mut self.slots, slot);
        } else {
            let full = self.held[replica as usize] >= self.capacity;
            match self.policy.make_room(&mut self.slots, replica, full, now) {
                Room::No => return,
                Room::Free => {}
                Room::For(evicted) => {
                    self.evicted(evicted);
                    // The key's own ghost may have been the one to go.
                    slot = self.find(key, replica);
                }
            }
            if slot == NONE {
                slot = self.slots.take(key, replica, self.first[key as usize]);
                self.first[key as usize] = slot;
            }
            self.policy.insert(&mut self.slots, slot);
            self.held[replica as usize] += 1;
            self.at_home += u64::from(self.placement.home(key) == replica);
        }
        let expires = self.expiry(now);
        let entry = &mut self.slots[slot];
        entry.expires = expires;
        entry.version = self.newest.get(key as usize).copied().unwrap_or(0);
    }

    fn expiry(&mut self, now: Time) -> Time {
        match self.spec.ttl {
            None => Time::MAX,
            Some(ttl) if self.spec.jitter == 0.0 => now + ttl,
            Some(ttl) => now + Span((ttl.0 as f64 * (1.0 - self.spec.jitter * self.ttl_dice.unit())) as u64),
        }
    }

    #[inline]
    fn find(&self, key: u32, replica: u32) -> u32 {
        let mut slot = self.first[key as usize];
        while slot != NONE && self.slots[slot].replica != replica {
            slot = self.slots[slot].copy;
        }
        slot
    }

    fn evicted(&mut self, evicted: Evicted) {
        self.count_out(evicted.entry);
        if let Some(slot) = evicted.freed {
            self.release(slot);
        }
    }

    fn remove(&mut self, slot: u32) {
        self.policy.remove(&mut self.slots, slot);
        self.count_out(slot);
        self.release(slot);
    }

    fn count_out(&mut self, slot: u32) {
        let entry = self.slots[slot];
        self.held[entry.replica as usize] -= 1;
        self.at_home -= u64::from(self.placement.home(entry.key) == entry.replica);
    }

    /// Frees a slot that stands in no list any more.
    fn release(&mut self, slot: u32) {
        let slots::Slot { key, copy, .. } = self.slots[slot];
        let mut before = self.first[key as usize];
        if before == slot {
            self.first[key as usize] = copy;
        } else {
            while self.slots[before].copy != slot {
                before = self.slots[before].copy;
            }
            self.slots[before].copy = copy;
        }
        self.slots.give_back(slot);
    }

    /// Keys have moved: counts anew how many are held where they belong.
    fn recount(&mut self) {
        let at_home = (0..self.first.len() as u32).filter(|key| {
            let slot = self.find(*key, self.placement.home(*key));
            slot != NONE && self.slots[slot].list != GHOST
        });
        self.at_home = at_home.count() as u64;
    }
}
