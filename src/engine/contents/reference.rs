//! For tests: the eviction policies once more, written for the eye and not for speed, each from the text of its paper alone.

use std::collections::{BTreeMap, VecDeque};

/// A cache of one replica that is asked for a key and takes it in after a miss.
pub trait Naive {
    /// `true`: a hit.
    fn access(&mut self, key: u32) -> bool;
}

/// Newest at the back.
pub struct NaiveLru(pub usize, pub Vec<u32>);

impl Naive for NaiveLru {
    fn access(&mut self, key: u32) -> bool {
        let hit = self.1.contains(&key);
        self.1.retain(|other| *other != key);
        self.1.push(key);
        if self.1.len() > self.0 {
            self.1.remove(0);
        }
        hit
    }
}

pub struct NaiveFifo(pub usize, pub VecDeque<u32>);

impl Naive for NaiveFifo {
    fn access(&mut self, key: u32) -> bool {
        let hit = self.1.contains(&key);
        if !hit {
            self.1.push_back(key);
            if self.1.len() > self.0 {
                self.1.pop_front();
            }
        }
        hit
    }
}

/// Keys that are held, with their last use; how often every key was read.
#[derive(Default)]
pub struct NaiveLfu {
    pub capacity: usize,
    pub halve_every: Option<u64>,
    pub held: BTreeMap<u32, u64>,
    pub reads: BTreeMap<u32, u32>,
    pub weight: BTreeMap<u32, u32>,
    pub tick: u64,
}

impl Naive for NaiveLfu {
    fn access(&mut self, key: u32) -> bool {
        self.tick += 1;
        *self.reads.entry(key).or_default() += 1;
        if self.halve_every.is_some_and(|every| self.tick.is_multiple_of(every)) {
            self.reads.values_mut().for_each(|reads| *reads /= 2);
            self.weight.values_mut().for_each(|reads| *reads /= 2);
        }
        let hit = self.held.contains_key(&key);
        if !hit && self.held.len() == self.capacity {
            let first = self.held.iter().min_by_key(|(key, used)| (self.weight[*key], **used));
            let victim = *first.expect("a full cache holds something").0;
            self.held.remove(&victim);
        }
        self.held.insert(key, self.tick);
        self.weight.insert(key, self.reads[&key]);
        hit
    }
}

/// Queues of (key, uses), newest at the back.
#[derive(Default)]
pub struct NaiveS3 {
    pub capacity: usize,
    pub small: VecDeque<(u32, u8)>,
    pub main: VecDeque<(u32, u8)>,
    pub ghosts: VecDeque<u32>,
}

impl NaiveS3 {
    fn main_max(&self) -> usize {
        self.capacity - (self.capacity / 10).max(1)
    }

    fn evict(&mut self) {
        if self.main.len() <= self.main_max() {
            while let Some((key, uses)) = self.small.pop_front() {
                if uses > 1 {
                    self.main.push_back((key, 0));
                    continue;
                }
                self.ghosts.push_back(key);
                if self.ghosts.len() > self.main_max() {
                    self.ghosts.pop_front();
                }
                return;
            }
        }
        while let Some((key, uses)) = self.main.pop_front() {
            if uses == 0 {
                return;
            }
            self.main.push_back((key, uses - 1));
        }
    }
}

impl Naive for NaiveS3 {
    fn access(&mut self, key: u32) -> bool {
        if let Some((_, uses)) = self.small.iter_mut().chain(&mut self.main).find(|(other, _)| *other == key) {
            *uses = (*uses + 1).min(3);
            return true;
        }
        while self.small.len() + self.main.len() >= self.capacity {
            self.evict();
        }
        if self.ghosts.contains(&key) {
            self.ghosts.retain(|other| *other != key);
            self.main.push_back((key, 0));
        } else {
            self.small.push_back((key, 0));
        }
        false
    }
}

/// Newest at the back of each list.
#[derive(Default)]
pub struct NaiveTiny {
    pub capacity: usize,
    pub window: Vec<u32>,
    pub probation: Vec<u32>,
    pub protected: Vec<u32>,
    pub counts: BTreeMap<u32, u32>,
    pub seen: usize,
}

impl NaiveTiny {
    fn touch(&mut self, key: u32) -> bool {
        if self.window.contains(&key) {
            self.window.retain(|other| *other != key);
            self.window.push(key);
        } else if self.probation.contains(&key) || self.protected.contains(&key) {
            self.probation.retain(|other| *other != key);
            self.protected.retain(|other| *other != key);
            self.protected.push(key);
            let main = self.capacity - (self.capacity / 100).max(1);
            if self.protected.len() > main / 5 * 4 {
                self.probation.push(self.protected.remove(0));
            }
        } else {
            return false;
        }
        true
    }
}

impl Naive for NaiveTiny {
    fn access(&mut self, key: u32) -> bool {
        let count = self.counts.entry(key).or_default();
        *count = (*count + 1).min(15);
        self.seen += 1;
        if self.seen == 10 * self.capacity {
            self.seen = 0;
            self.counts.values_mut().for_each(|count| *count /= 2);
        }
        if self.touch(key) {
            return true;
        }
        self.window.push(key);
        let window_max = (self.capacity / 100).max(1);
        if self.window.len() <= window_max {
            return false;
        }
        let candidate = self.window.remove(0);
        if self.probation.len() + self.protected.len() < self.capacity - window_max {
            self.probation.push(candidate);
            return false;
        }
        let part = if self.probation.is_empty() { &mut self.protected } else { &mut self.probation };
        let count = |key: &u32| self.counts.get(key).copied().unwrap_or(0);
        if part.first().is_some_and(|victim| count(&candidate) > count(victim)) {
            part.remove(0);
            self.probation.push(candidate);
        }
        false
    }
}
