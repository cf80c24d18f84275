//! The faults that act on one proxy, as an immutable set that links hold a copy of until they are told of a new one. It decides; the
//! link acts. Pure apart from counting evidence and from the dice and buckets that its members share. Never touches a socket.

use super::bucket::Bucket;
use super::evidence::{Count, Tally};
use super::lock;
use crate::base::{Dice, Dist, FaultId, Span, Time};
use crate::plan::{Effect, Ways};
use std::sync::{Arc, Mutex};

/// Which way bytes go; the value is an index into pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Client to server.
    Up = 0,
    /// Server to client.
    Down = 1,
}

/// One effect of one fault, from its application to its healing.
#[derive(Debug)]
pub struct Rule {
    /// Unique in the life of the proxy: a fault that is healed and applied again is another rule.
    pub stamp: u64,
    pub fault: FaultId,
    pub tally: Arc<Tally>,
    /// The dice of everything this rule draws begin with this name.
    pub dice_name: String,
    pub act: Act,
}

#[derive(Debug)]
pub enum Act {
    Delay { by: Dist, direction: Direction },
    Cut { lose: bool, ways: Ways },
    Refuse,
    Reset { chance: f64, dice: Mutex<Dice> },
    Throttle { slice: usize, buckets: [Mutex<Bucket>; 2] },
}

/// All rules in force, with what links ask at every turn worked out beforehand.
#[derive(Debug, Default)]
pub struct Rules {
    /// Grows with every change.
    pub version: u64,
    pub seed: u64,
    list: Vec<Arc<Rule>>,
    /// Nothing is in force that a link must ask about.
    pub clear: bool,
    /// By direction.
    cuts: [bool; 2],
    pub refuse: bool,
    delays: [Vec<Arc<Rule>>; 2],
    throttles: Vec<Arc<Rule>>,
}

/// Held bytes per direction of a connection beyond which a link stops reading, by what holds them.
const DELAY_HOLDS_MAX: usize = 4 << 20;
const THROTTLE_HOLDS_MAX: usize = 1 << 20;
const CUT_HOLDS_MAX: usize = 256 << 10;
/// Without a fault one chunk at a time is taken, and the next only when it is gone.
const PLAIN_HOLDS_MAX: usize = 1;

impl Act {
    /// `None` for an effect that does not concern an edge.
    pub fn of(effect: &Effect, dice: Dice) -> Option<Act> {
        Some(match effect {
            Effect::Delay { by, upstream } => {
                Act::Delay { by: by.clone(), direction: if *upstream { Direction::Up } else { Direction::Down } }
            }
            Effect::Cut { lose, ways } => Act::Cut { lose: *lose, ways: *ways },
            Effect::Refuse => Act::Refuse,
            Effect::Reset { chance } => Act::Reset { chance: *chance, dice: Mutex::new(dice) },
            Effect::Throttle { bytes_per_sec: rate } => {
                let bucket = || Mutex::new(Bucket::new(*rate));
                Act::Throttle { slice: Bucket::slice(*rate), buckets: [bucket(), bucket()] }
            }
            _ => return None,
        })
    }

    fn cuts(&self, direction: Direction) -> bool {
        match (self, direction) {
            (Act::Cut { ways, .. }, Direction::Up) => ways.requests(),
            (Act::Cut { ways, .. }, Direction::Down) => ways.responses(),
            _ => false,
        }
    }

    /// Applying a fault again replaces its rule of the same sort; it does not stack with itself.
    fn same_sort(&self, other: &Act) -> bool {
        match (self, other) {
            (Act::Delay { direction, .. }, Act::Delay { direction: other, .. }) => direction == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Rule {
    /// Whether this rule resets one more connection; drawn once a connection.
    pub fn resets(&self) -> bool {
        matches!(&self.act, Act::Reset { chance, dice } if lock(dice).chance(*chance))
    }
}

impl Rules {
    pub fn none(seed: u64) -> Rules {
        Rules { seed, ..Rules::default() }.worked_out(Vec::new())
    }

    pub fn with(&self, rule: Rule) -> Rules {
        let stays = |old: &&Arc<Rule>| old.fault != rule.fault || !old.act.same_sort(&rule.act);
        let mut list: Vec<Arc<Rule>> = self.list.iter().filter(stays).cloned().collect();
        list.push(Arc::new(rule));
        self.worked_out(list)
    }

    /// The rules without those of this fault, and those.
    pub fn without(&self, fault: FaultId) -> (Rules, Vec<Arc<Rule>>) {
        let (gone, left) = self.list.iter().cloned().partition(|rule| rule.fault == fault);
        (self.worked_out(left), gone)
    }

    fn worked_out(&self, list: Vec<Arc<Rule>>) -> Rules {
        let all = |wanted: &dyn Fn(&Act) -> bool| -> Vec<Arc<Rule>> {
            list.iter().filter(|rule| wanted(&rule.act)).cloned().collect()
        };
        let delays = |way| all(&|act| matches!(act, Act::Delay { direction, .. } if *direction == way));
        let delays = [delays(Direction::Up), delays(Direction::Down)];
        let throttles = all(&|act| matches!(act, Act::Throttle { .. }));
        let cut = |way| list.iter().any(|rule| rule.act.cuts(way));
        let cuts = [cut(Direction::Up), cut(Direction::Down)];
        let refuse = list.iter().any(|rule| matches!(rule.act, Act::Refuse));
        let clear = cuts == [false; 2] && throttles.is_empty() && delays.iter().all(Vec::is_empty);
        Rules { version: self.version + 1, seed: self.seed, clear, cuts, refuse, delays, throttles, list }
    }

    pub fn get(&self, stamp: u64) -> Option<&Rule> {
        self.list.iter().map(|rule| &**rule).find(|rule| rule.stamp == stamp)
    }

    pub fn delays(&self, direction: Direction) -> impl Iterator<Item = (&Rule, &Dist)> {
        self.delays[direction as usize].iter().filter_map(|rule| match &rule.act {
            Act::Delay { by, .. } => Some((&**rule, by)),
            _ => None,
        })
    }

    /// The rule that resets a connection that has just come, if one does; each draws.
    pub fn resets_new(&self) -> Option<&Rule> {
        let mut hit = None;
        for rule in &self.list {
            if rule.resets() {
                hit = hit.or(Some(&**rule));
            }
        }
        hit
    }

    pub fn throttled(&self) -> bool {
        !self.throttles.is_empty()
    }

    /// Whether both sets limit the rate by the same rules, so that a reservation made under one is good under the other.
    pub fn same_throttles(&self, other: &Rules) -> bool {
        self.throttles.iter().map(|rule| rule.stamp).eq(other.throttles.iter().map(|rule| rule.stamp))
    }

    /// Reserves up to `bytes` with every rate limit; gives how many and when they may go.
    pub fn reserve(&self, direction: Direction, now: Time, ready: Time, bytes: usize) -> (usize, Time) {
        let limits = || {
            self.throttles.iter().filter_map(|rule| match &rule.act {
                Act::Throttle { slice, buckets } => Some((rule, *slice, &buckets[direction as usize])),
                _ => None,
            })
        };
        let bytes = limits().map(|(_, slice, _)| slice).min().unwrap_or(bytes).min(bytes);
        let mut turn = Time::ZERO;
        for (rule, _, bucket) in limits() {
            let at = lock(bucket).reserve(now, ready, bytes);
            // Compared with when the bytes were ready and not with now: a link that wakes late finds its turn already come.
            if at > ready {
                rule.tally.add(Count::WritesThrottled, 1);
                rule.tally.add(Count::BytesThrottled, bytes as u64);
            }
            turn = turn.max(at);
        }
        (bytes, turn)
    }

    /// How many held bytes stop a link from reading more in this direction.
    pub fn holds_max(&self, direction: Direction) -> usize {
        match () {
            () if !self.delays[direction as usize].is_empty() => DELAY_HOLDS_MAX,
            () if self.throttled() => THROTTLE_HOLDS_MAX,
            () if self.cuts(direction) => CUT_HOLDS_MAX,
            () => PLAIN_HOLDS_MAX,
        }
    }

    pub fn count_delay(&self, rule: &Rule, bytes: usize, added: Span) {
        rule.tally.add(Count::ChunksDelayed, 1);
        rule.tally.add(Count::BytesDelayed, bytes as u64);
        rule.tally.add(Count::MicrosecondsAdded, added.0 / 1000);
    }

    /// Is what goes in this direction held?
    pub fn cuts(&self, direction: Direction) -> bool {
        self.cuts[direction as usize]
    }

    /// Counts a connection (`bytes` is `None`) or a chunk that every cut in force of this direction holds.
    pub fn count_held(&self, direction: Direction, bytes: Option<usize>) {
        for rule in self.list.iter().filter(|rule| rule.act.cuts(direction)) {
            match bytes {
                None => rule.tally.add(Count::ConnectionsHeld, 1),
                Some(bytes) => {
                    rule.tally.add(Count::ChunksHeld, 1);
                    rule.tally.add(Count::BytesHeld, bytes as u64);
                }
            }
        }
    }
}
