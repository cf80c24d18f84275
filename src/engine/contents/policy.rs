//! Which entry goes when there is no room: one of the eviction policies, chosen when the cache is made. It never finds a key.

use super::fifo::Fifo;
use super::lfu::Lfu;
use super::lru::Lru;
use super::s3fifo::{self, Evicted, S3Fifo};
use super::slots::{List, Slots};
use super::tinylfu::{self, TinyLfu};
use crate::base::Time;
use crate::plan::Eviction;

#[derive(Clone, Debug)]
pub enum Policy {
    Lru(Lru),
    Fifo(Fifo),
    Lfu(Lfu),
    S3Fifo(S3Fifo),
    TinyLfu(Box<TinyLfu>),
}

/// Whether a new entry finds room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Free,
    For(Evicted),
    No,
}

impl Policy {
    /// `capacity` is entries per replica, at least 1.
    pub fn new(eviction: Eviction, keys: u32, replicas: u32, capacity: u32) -> Policy {
        match eviction {
            Eviction::Lru => Policy::Lru(Lru::new(replicas)),
            Eviction::Fifo => Policy::Fifo(Fifo::new(replicas, false)),
            Eviction::None => Policy::Fifo(Fifo::new(replicas, true)),
            Eviction::Lfu { halve_after } => Policy::Lfu(Lfu::new(keys, replicas, capacity, halve_after)),
            Eviction::S3Fifo => Policy::S3Fifo(S3Fifo::new(replicas, capacity)),
            Eviction::WTinyLfu => Policy::TinyLfu(Box::new(TinyLfu::new(keys, replicas, capacity))),
        }
    }

    /// A key was asked for, whether it is held or not.
    #[inline]
    pub fn asked(&mut self, key: u32) {
        match self {
            Policy::Lru(_) | Policy::Fifo(_) | Policy::S3Fifo(_) => {}
            Policy::Lfu(lfu) => lfu.asked(key),
            Policy::TinyLfu(tiny) => tiny.asked(key),
        }
    }

    #[inline]
    pub fn hit(&mut self, slots: &mut Slots, slot: u32) {
        match self {
            Policy::Lru(lru) => lru.hit(slots, slot),
            Policy::Fifo(_) => {}
            Policy::Lfu(lfu) => lfu.hit(slots, slot),
            Policy::S3Fifo(s3) => s3.hit(slots, slot),
            Policy::TinyLfu(tiny) => tiny.hit(slots, slot),
        }
    }

    /// An entry that is held is written again.
    pub fn rewritten(&mut self, slots: &mut Slots, slot: u32) {
        match self {
            Policy::Fifo(fifo) => fifo.rewritten(slots, slot),
            _ => self.hit(slots, slot),
        }
    }

    pub fn insert(&mut self, slots: &mut Slots, slot: u32) {
        match self {
            Policy::Lru(lru) => lru.insert(slots, slot),
            Policy::Fifo(fifo) => fifo.insert(slots, slot),
            Policy::Lfu(lfu) => lfu.insert(slots, slot),
            Policy::S3Fifo(s3) => s3.insert(slots, slot),
            Policy::TinyLfu(tiny) => tiny.insert(slots, slot),
        }
    }

    /// Takes a slot, or a ghost, out of its list.
    pub fn remove(&mut self, slots: &mut Slots, slot: u32) {
        match self {
            Policy::Lru(lru) => lru.remove(slots, slot),
            Policy::Fifo(fifo) => fifo.remove(slots, slot),
            Policy::Lfu(lfu) => lfu.remove(slots, slot),
            Policy::S3Fifo(s3) => s3.remove(slots, slot),
            Policy::TinyLfu(tiny) => tiny.remove(slots, slot),
        }
    }

    /// Makes room for one more entry at a replica that is `full` or not.
    #[inline]
    pub fn make_room(&mut self, slots: &mut Slots, replica: u32, full: bool, now: Time) -> Room {
        let victim = match self {
            // Its window can be full when the cache is not.
            Policy::TinyLfu(tiny) => {
                let Some(victim) = tiny.victim(slots, replica) else { return Room::Free };
                tiny.remove(slots, victim);
                return Room::For(Evicted { entry: victim, freed: Some(victim) });
            }
            _ if !full => return Room::Free,
            Policy::S3Fifo(s3) => return s3.evict(slots, replica).map_or(Room::No, Room::For),
            Policy::Lru(lru) => lru.victim(replica),
            Policy::Fifo(fifo) => fifo.victim(slots, replica, now),
            Policy::Lfu(lfu) => lfu.victim(replica),
        };
        let Some(victim) = victim else { return Room::No };
        self.remove(slots, victim);
        Room::For(Evicted { entry: victim, freed: Some(victim) })
    }

    /// Another replica, empty.
    pub fn add_replica(&mut self) {
        match self {
            Policy::Lru(Lru { shelves }) | Policy::Fifo(Fifo { shelves, .. }) => shelves.push(List::EMPTY),
            Policy::Lfu(lfu) => lfu.heaps.push(Vec::new()),
            Policy::S3Fifo(s3) => s3.shelves.push(s3fifo::Shelf::EMPTY),
            Policy::TinyLfu(tiny) => tiny.shelves.push(tinylfu::Shelf::EMPTY),
        }
    }

    /// All slots of a replica, ghosts last: the order is the policy's own, most worth keeping first where it has such an order.
    pub fn all(&self, slots: &Slots, replica: u32) -> Vec<u32> {
        let index = replica as usize;
        let lists = match self {
            Policy::Lru(Lru { shelves }) | Policy::Fifo(Fifo { shelves, .. }) => {
                [shelves[index], List::EMPTY, List::EMPTY]
            }
            Policy::Lfu(lfu) => return lfu.heaps[index].clone(),
            Policy::S3Fifo(s3) => {
                let shelf = s3.shelves[index];
                [shelf.main, shelf.small, shelf.ghosts]
            }
            Policy::TinyLfu(tiny) => {
                let shelf = tiny.shelves[index];
                [shelf.protected, shelf.probation, shelf.window]
            }
        };
        lists.into_iter().flat_map(|list| list.iter(slots)).collect()
    }

    /// What was counted of these keys is lost.
    pub fn forget_counts(&mut self, lost: impl Fn(u32) -> bool) {
        match self {
            Policy::Lru(_) | Policy::Fifo(_) | Policy::S3Fifo(_) => {}
            Policy::Lfu(lfu) => lfu.forget(lost),
            Policy::TinyLfu(tiny) => tiny.forget(lost),
        }
    }
}
