//! A group of consumers: which messages wait for it, in which order they come, and how many it has finished with in which way.
//! It knows nothing of the consumers themselves.

use super::Message;
use crate::base::Time;
use crate::engine::slab::{Handle, Slab};
use std::collections::{BTreeMap, VecDeque};

pub struct Group {
    lines: Vec<Line>,
    /// Messages in all lines, and their bytes.
    waiting: u64,
    waiting_bytes: u64,
    /// The line that was served last.
    turn: usize,
    pub tally: Tally,
}

/// What waits of one partition.
#[derive(Default)]
struct Line {
    /// By position: those that come again, with the number of times they were delivered. They go first.
    again: BTreeMap<u64, (Handle, u32)>,
    fresh: VecDeque<(u64, Handle)>,
    /// Out with consumers, or waiting to come again.
    out: u32,
}

/// What became of the messages that a group was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub taken_in: u64,
    pub done: u64,
    pub dead: u64,
    pub dropped: u64,
    /// Acknowledged to their publishers, and then gone with the only copies that had them.
    pub lost: u64,
    /// Gone in the same way, but never acknowledged.
    pub withdrawn: u64,
    /// Deliveries that failed and are followed by another one.
    pub again: u64,
}

impl Group {
    pub fn new(partitions: u32) -> Group {
        Group {
            lines: (0..partitions).map(|_| Line::default()).collect(),
            waiting: 0,
            waiting_bytes: 0,
            turn: 0,
            tally: Tally::default(),
        }
    }

    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    pub fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes
    }

    /// Messages that it has not finished with.
    pub fn backlog(&self) -> u64 {
        self.waiting + self.lines.iter().map(|line| u64::from(line.out)).sum::<u64>()
    }

    pub fn take_in(&mut self, message: Handle, partition: u32, position: u64, bytes: u64) {
        self.lines[partition as usize].fresh.push_back((position, message));
        self.waiting += 1;
        self.waiting_bytes += bytes;
        self.tally.taken_in += 1;
    }

    /// The next message, and how many times it will have been delivered then; messages after `committed` are not given out yet.
    pub fn next(&mut self, ordered: bool, committed: u64, messages: &Slab<Message>) -> Option<(Handle, u32)> {
        let count = self.lines.len();
        for step in 1..=count {
            let at = (self.turn + step) % count;
            let line = &mut self.lines[at];
            if ordered && line.out > 0 {
                continue;
            }
            let next = match (line.again.pop_first(), line.fresh.front()) {
                (Some((_, again)), _) => again,
                (None, Some((position, _))) if *position <= committed => {
                    line.fresh.pop_front().map(|(_, message)| (message, 0))?
                }
                _ => continue,
            };
            line.out += 1;
            self.turn = at;
            self.no_longer_waits(next.0, messages);
            return Some((next.0, next.1 + 1));
        }
        None
    }

    /// A message that was out is finished with.
    pub fn back_from(&mut self, partition: u32) {
        self.lines[partition as usize].out -= 1;
    }

    /// A message that was out waits again, before all that were never delivered.
    pub fn come_again(&mut self, message: Handle, of: &Message, number: u32) {
        let line = &mut self.lines[of.partition as usize];
        line.out -= 1;
        line.again.insert(of.position, (message, number));
        self.waiting += 1;
        self.waiting_bytes += of.bytes;
    }

    /// The position of the oldest message that waits, and when it was taken in.
    pub fn oldest(&self, messages: &Slab<Message>) -> Option<(u64, Time)> {
        let (position, message) = self.lines.iter().filter_map(Line::first).min_by_key(|(position, _)| *position)?;
        Some((position, messages.get(message)?.taken_in))
    }

    pub fn drop_oldest(&mut self, messages: &Slab<Message>) -> Option<Handle> {
        let (position, _) = self.oldest(messages)?;
        let line = self.lines.iter_mut().find(|line| line.first().is_some_and(|(first, _)| first == position))?;
        let message = match line.again.remove(&position) {
            Some((message, _)) => message,
            None => line.fresh.pop_front()?.1,
        };
        self.no_longer_waits(message, messages);
        self.tally.dropped += 1;
        Some(message)
    }

    /// Takes the messages after a position out of the lines, and says which they were.
    pub fn lose_after(&mut self, position: u64, messages: &Slab<Message>) -> Vec<Handle> {
        let mut gone = Vec::new();
        for line in &mut self.lines {
            gone.extend(line.again.split_off(&(position + 1)).into_values().map(|(message, _)| message));
            while line.fresh.back().is_some_and(|(last, _)| *last > position) {
                gone.extend(line.fresh.pop_back().map(|(_, message)| message));
            }
        }
        for message in &gone {
            self.no_longer_waits(*message, messages);
            let acked = messages.get(*message).is_some_and(|message| message.acked);
            let count = if acked { &mut self.tally.lost } else { &mut self.tally.withdrawn };
            *count += 1;
        }
        gone
    }

    fn no_longer_waits(&mut self, message: Handle, messages: &Slab<Message>) {
        self.waiting -= 1;
        self.waiting_bytes -= messages.get(message).map_or(0, |message| message.bytes);
    }
}

impl Line {
    /// The oldest: it may be one that comes again, or a fresh one.
    fn first(&self) -> Option<(u64, Handle)> {
        let again = self.again.first_key_value().map(|(position, (message, _))| (*position, *message));
        let fresh = self.fresh.front().copied();
        again.into_iter().chain(fresh).min_by_key(|(position, _)| *position)
    }
}

impl Tally {
    pub fn and(self, other: Tally) -> Tally {
        Tally {
            taken_in: self.taken_in + other.taken_in,
            done: self.done + other.done,
            dead: self.dead + other.dead,
            dropped: self.dropped + other.dropped,
            lost: self.lost + other.lost,
            withdrawn: self.withdrawn + other.withdrawn,
            again: self.again + other.again,
        }
    }

    #[cfg(test)]
    /// Messages that it has finished with, in whatever way.
    pub fn ended(&self) -> u64 {
        self.done + self.dead + self.dropped + self.lost + self.withdrawn
    }
}
