//! What a cache holds: keys of a dense universe, each belonging to one replica, least recently used evicted first, with a TTL.

use crate::base::{Dice, Span, Time};
use crate::plan::CacheSpec;

const NONE: u32 = u32::MAX;

/// The contents of all replicas of one cache. Every list is threaded through arrays indexed by key: no allocation after the start.
#[derive(Clone, Debug)]
pub struct Contents {
    replicas: Vec<Shelf>,
    links: Vec<Link>,
    capacity: u32,
    ttl: Option<Span>,
    held: u64,
}

/// The recency list of one replica.
#[derive(Clone, Copy, Debug)]
struct Shelf {
    newest: u32,
    oldest: u32,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    newer: u32,
    older: u32,
    held: bool,
    expires: Time,
}

impl Contents {
    pub fn new(spec: &CacheSpec, replicas: u32) -> Contents {
        let capacity = (spec.entries / replicas.max(1)).max(1);
        let shelf = Shelf { newest: NONE, oldest: NONE, len: 0 };
        let link = Link { newer: NONE, older: NONE, held: false, expires: Time::MAX };
        let mut contents = Contents {
            replicas: vec![shelf; replicas as usize],
            links: vec![link; spec.keys as usize],
            capacity,
            ttl: spec.ttl,
            held: 0,
        };
        if spec.warm {
            contents.warm_up();
        }
        contents
    }

    /// The replica that a key belongs to: dealt out in turn, so that each replica has the same number of keys of like popularity.
    #[inline]
    pub fn replica_of(&self, key: u32) -> u32 {
        key % self.replicas.len() as u32
    }

    /// A read at `now`: `true` when the key is held and fresh. A hit makes it the most recently used.
    pub fn read(&mut self, key: u32, now: Time) -> bool {
        let Some(link) = self.links.get(key as usize) else { return false };
        if !link.held {
            return false;
        }
        if link.expires <= now {
            self.remove(key);
            return false;
        }
        self.unlink(key);
        self.push_newest(key);
        true
    }

    /// Writes a key at `now`; evicts the least recently used of its replica when full.
    pub fn write(&mut self, key: u32, now: Time) {
        if self.links.get(key as usize).is_none() {
            return;
        }
        self.remove(key);
        let shelf = self.replicas[self.replica_of(key) as usize];
        if shelf.len >= self.capacity {
            self.remove(shelf.oldest);
        }
        let link = &mut self.links[key as usize];
        link.held = true;
        link.expires = self.ttl.map_or(Time::MAX, |ttl| now + ttl);
        self.held += 1;
        self.push_newest(key);
    }

    /// Loses this share of the entries of one replica; says how many.
    pub fn forget(&mut self, replica: u32, share: f64, dice: &mut Dice) -> u64 {
        let before = self.held;
        let mut key = self.replicas[replica as usize].newest;
        while key != NONE {
            let next = self.links[key as usize].older;
            if share >= 1.0 || dice.chance(share) {
                self.remove(key);
            }
            key = next;
        }
        before - self.held
    }

    /// How many keys of the universe are not held. An expired entry counts as held until it is asked for.
    pub fn cold(&self) -> u64 {
        self.links.len() as u64 - self.held
    }

    /// The most popular keys (lowest ranks) that fit, the most popular as the most recently used.
    fn warm_up(&mut self) {
        let mut room = vec![self.capacity; self.replicas.len()];
        let mut chosen = Vec::new();
        for key in 0..self.links.len() as u32 {
            let left = &mut room[self.replica_of(key) as usize];
            if *left > 0 {
                *left -= 1;
                chosen.push(key);
            }
        }
        for key in chosen.into_iter().rev() {
            self.write(key, Time::ZERO);
        }
    }

    fn remove(&mut self, key: u32) {
        if self.links[key as usize].held {
            self.unlink(key);
            self.links[key as usize].held = false;
            self.held -= 1;
        }
    }

    fn unlink(&mut self, key: u32) {
        let Link { newer, older, .. } = self.links[key as usize];
        let replica = self.replica_of(key) as usize;
        match newer {
            NONE => self.replicas[replica].newest = older,
            _ => self.links[newer as usize].older = older,
        }
        match older {
            NONE => self.replicas[replica].oldest = newer,
            _ => self.links[older as usize].newer = newer,
        }
        self.replicas[replica].len -= 1;
    }

    fn push_newest(&mut self, key: u32) {
        let replica = self.replica_of(key) as usize;
        let shelf = &mut self.replicas[replica];
        let older = shelf.newest;
        shelf.newest = key;
        shelf.len += 1;
        match older {
            NONE => shelf.oldest = key,
            _ => self.links[older as usize].newer = key,
        }
        let link = &mut self.links[key as usize];
        (link.newer, link.older) = (NONE, older);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(keys: u32, entries: u32, ttl: Option<Span>, warm: bool) -> Contents {
        Contents::new(&CacheSpec { keys, entries, ttl, warm }, 1)
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = cache(10, 3, None, false);
        let now = Time::ZERO;
        [0, 1, 2].into_iter().for_each(|key| cache.write(key, now));
        assert!(cache.read(0, now));
        cache.write(3, now);
        assert_eq!([0, 1, 2, 3].map(|key| cache.read(key, now)), [true, false, true, true]);
        assert_eq!(cache.cold(), 7);
    }

    #[test]
    fn entries_expire_and_are_forgotten() {
        let mut cache = cache(10, 10, Some(Span::from_secs(5)), true);
        assert!(cache.read(9, Time::from_secs_f64(4.9)));
        assert!(!cache.read(9, Time::from_secs_f64(5.0)));
        let mut dice = Dice::named(1, "forget");
        assert_eq!(cache.forget(0, 1.0, &mut dice), 9);
        assert_eq!(cache.cold(), 10);
    }

    #[test]
    fn warm_holds_the_most_popular_and_replicas_share_evenly() {
        let spec = CacheSpec { keys: 48_000, entries: 48_000, ttl: None, warm: true };
        let mut cache = Contents::new(&spec, 24);
        assert_eq!(cache.cold(), 0);
        let mut dice = Dice::named(1, "forget");
        assert_eq!(cache.forget(3, 1.0, &mut dice), 2000);
        assert_eq!(cache.cold(), 2000);
        let half = cache.forget(4, 0.5, &mut dice);
        assert!((900..1100).contains(&half), "{half}");
    }
}
