//! The faults that act on one proxy, as an immutable set that links hold a copy of until they are told of a new one. It decides; the
//! link acts. Pure apart from counting evidence and from the dice and buckets that its members share. Never touches a socket.

use super::evidence::{Count, Tally};
use super::lock;
use super::toxics::{self, Latency, Throttle, Toxic};
use crate::base::{Dice, Dist, FaultId, Picker, Span, Which};
use crate::plan::{Effect, Spoil, Toxic as Given, Untrusted, Ways};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use tokio_rustls::TlsAcceptor;

/// Which way bytes go; the value is an index into pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Client to server.
    Up = 0,
    /// Server to client.
    Down = 1,
}

/// Who put a rule there: a fault of a plan, or somebody who calls it by a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Fault(FaultId),
    Named(Arc<str>),
}

/// One effect of one fault, from its application to its healing.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique in the life of the proxy: a fault that is healed and applied again is another rule.
    pub stamp: u64,
    pub key: Key,
    pub tally: Arc<Tally>,
    /// The dice of everything this rule draws begin with this name, under this seed.
    pub dice_name: Arc<str>,
    pub seed: u64,
    /// How many connections had come before it.
    pub since: u64,
    pub which: Which,
    /// Grows when the choice of connections is drawn again.
    pub draw: u64,
    pub act: Arc<Act>,
}

pub enum Act {
    Cut {
        lose: bool,
        ways: Ways,
    },
    Refuse,
    Reset {
        chance: f64,
        dice: Mutex<Dice>,
    },
    /// The server is dialled late (in seconds), or never.
    Connect {
        by: Option<Dist>,
    },
    /// New connections meet a wrong certificate; the acceptor is made when the first one comes.
    Certificate {
        wrong: Untrusted,
        acceptor: OnceLock<Option<TlsAcceptor>>,
    },
    /// Messages that a reader of their protocol picks.
    Spoil {
        spoil: Box<Spoil>,
        luck: Mutex<(Picker, Dice)>,
    },
    /// By direction.
    Toxic {
        word: &'static str,
        toxics: [Option<Box<dyn Toxic>>; 2],
    },
}

/// All rules in force, with what links ask at every turn worked out beforehand.
#[derive(Debug, Default)]
pub struct Rules {
    /// Grows with every change.
    pub version: u64,
    list: Vec<Arc<Rule>>,
    /// Nothing is in force that a link must ask about.
    pub clear: bool,
    /// By direction.
    cuts: [bool; 2],
    pub refuse: bool,
    newest: u64,
}

impl Direction {
    pub const BOTH: [Direction; 2] = [Direction::Up, Direction::Down];

    pub fn other(self) -> Direction {
        if self == Direction::Up { Direction::Down } else { Direction::Up }
    }
}

impl From<FaultId> for Key {
    fn from(fault: FaultId) -> Key {
        Key::Fault(fault)
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Act")
    }
}

/// As it stands in the names of dice.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Fault(id) => write!(f, "{}", id.0),
            Key::Named(name) => f.write_str(name),
        }
    }
}

impl Act {
    /// `None` for an effect that does not concern an edge.
    pub fn of(effect: &Effect, dice: Dice) -> Option<Act> {
        Some(match effect {
            Effect::Delay { by, upstream } => one_way("latency", Box::new(Latency { by: by.clone() }), *upstream),
            Effect::Cut { lose, ways } => Act::Cut { lose: *lose, ways: *ways },
            Effect::Refuse => Act::Refuse,
            Effect::Reset { chance } => Act::Reset { chance: *chance, dice: Mutex::new(dice) },
            Effect::Throttle { bytes_per_sec } => {
                let throttle = || Some(Box::new(Throttle::new(*bytes_per_sec)) as Box<dyn Toxic>);
                Act::Toxic { word: "throttle", toxics: [throttle(), throttle()] }
            }
            Effect::Certificate(wrong) => Act::Certificate { wrong: *wrong, acceptor: OnceLock::new() },
            Effect::Spoil(spoil) => Act::Spoil { spoil: spoil.clone(), luck: Mutex::new((Picker::default(), dice)) },
            Effect::Toxic(given) => match toxics::of(given) {
                Some(toxic) => one_way(given.kind.word(), toxic, given.upstream),
                None => Act::Connect { by: dialled(given) },
            },
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
            (Act::Toxic { word, toxics: a }, Act::Toxic { word: other, toxics: b }) => {
                word == other && a[0].is_some() == b[0].is_some()
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

fn one_way(word: &'static str, toxic: Box<dyn Toxic>, upstream: bool) -> Act {
    let toxics = if upstream { [Some(toxic), None] } else { [None, Some(toxic)] };
    Act::Toxic { word, toxics }
}

fn dialled(given: &Given) -> Option<Dist> {
    (given.value("never") == 0.0).then(|| given.late("latency"))
}

impl Rule {
    /// Are they versions of one effect of one fault?
    pub fn same_name(&self, other: &Rule) -> bool {
        self.key == other.key && self.act.same_sort(&other.act)
    }

    /// Whether this rule resets this connection; drawn once a connection.
    pub fn resets(&self, connection: u64) -> bool {
        matches!(&*self.act, Act::Reset { chance, dice } if self.holds(connection) && lock(dice).chance(*chance))
    }

    /// Whether this rule takes a connection, in both directions alike.
    pub fn holds(&self, connection: u64) -> bool {
        self.which == Which::ALL || self.takes(connection, Direction::Up)
    }

    /// One more message comes that this rule wants: how late it is if it is picked.
    pub fn picks(&self) -> Option<Span> {
        let Act::Spoil { spoil, luck } = &*self.act else { return None };
        let (picker, dice) = &mut *lock(luck);
        let picked = picker.picks(spoil.which, dice);
        picked.then(|| spoil.late.as_ref().map_or(Span::ZERO, |late| late.draw_span(dice)))
    }

    /// Whether this rule takes a connection, by its number and a draw of its own.
    pub fn takes(&self, connection: u64, direction: Direction) -> bool {
        let counted = self.which.counts(connection.checked_sub(self.since));
        let share = self.which.share;
        let draw = || self.dice(&format!("take/{}/{connection}/{direction:?}", self.draw)).chance(share);
        counted && (share >= 1.0 || draw())
    }

    pub fn dice(&self, purpose: &str) -> Dice {
        Dice::named(self.seed, &format!("{}/{purpose}", self.dice_name))
    }
}

impl Rules {
    pub fn none() -> Rules {
        Rules::default().worked_out(Vec::new())
    }

    /// With one more; in the place of the one that it replaces, so that the order in which toxics were added stays.
    pub fn with(&self, rule: Rule) -> Rules {
        let mut list = self.list.clone();
        match list.iter().position(|old| old.same_name(&rule)) {
            Some(at) => list[at] = Arc::new(rule),
            None => list.push(Arc::new(rule)),
        }
        self.worked_out(list)
    }

    /// The rules without those of this key, and those.
    pub fn without(&self, key: &Key) -> (Rules, Vec<Arc<Rule>>) {
        let (gone, left) = self.list.iter().cloned().partition(|rule| rule.key == *key);
        (self.worked_out(left), gone)
    }

    /// With the choice of connections of this key drawn again.
    pub fn redrawn(&self, key: &Key) -> Rules {
        let again = |rule: &Arc<Rule>| match rule.key == *key {
            true => Arc::new(Rule { draw: rule.draw + 1, ..Rule::clone(rule) }),
            false => rule.clone(),
        };
        self.worked_out(self.list.iter().map(again).collect())
    }

    fn worked_out(&self, list: Vec<Arc<Rule>>) -> Rules {
        let cut = |way| list.iter().any(|rule| rule.act.cuts(way));
        let cuts = [cut(Direction::Up), cut(Direction::Down)];
        let refuse = list.iter().any(|rule| matches!(*rule.act, Act::Refuse));
        let clear =
            cuts == [false; 2] && !list.iter().any(|rule| matches!(*rule.act, Act::Toxic { .. } | Act::Spoil { .. }));
        let newest = list.iter().map(|rule| rule.stamp).max().unwrap_or(0);
        Rules { version: self.version + 1, clear, cuts, refuse, newest, list }
    }

    /// The highest stamp among them.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Is anything of this key in force?
    pub fn has(&self, key: &Key) -> bool {
        self.list.iter().any(|rule| rule.key == *key)
    }

    pub fn get(&self, stamp: u64) -> Option<&Rule> {
        self.list.iter().map(|rule| &**rule).find(|rule| rule.stamp == stamp)
    }

    /// The toxics of one direction, in the order in which they were added.
    pub fn toxics(&self, direction: Direction) -> impl Iterator<Item = (&Arc<Rule>, &dyn Toxic)> {
        self.list.iter().filter_map(move |rule| match &*rule.act {
            Act::Toxic { toxics, .. } => Some((rule, toxics[direction as usize].as_deref()?)),
            _ => None,
        })
    }

    /// The rule that shows a wrong certificate; of several, the first.
    pub fn certificate(&self) -> Option<&Arc<Rule>> {
        self.list.iter().find(|rule| matches!(*rule.act, Act::Certificate { .. }))
    }

    /// What acts on single messages, in the order in which it was added.
    pub fn spoils(&self) -> impl Iterator<Item = (&Rule, &Spoil)> {
        self.list.iter().filter_map(|rule| match &*rule.act {
            Act::Spoil { spoil, .. } => Some((&**rule, &**spoil)),
            _ => None,
        })
    }

    /// The rule that resets a connection that has just come, if one does; each draws.
    pub fn resets_new(&self, connection: u64) -> Option<&Rule> {
        let mut hit = None;
        for rule in &self.list {
            if rule.resets(connection) {
                hit = hit.or(Some(&**rule));
            }
        }
        hit
    }

    /// The rules that keep this connection from its server, and how long each does (in seconds; `None` for ever).
    pub fn connects(&self, connection: u64) -> impl Iterator<Item = (&Rule, Option<&Dist>)> {
        self.list.iter().filter_map(move |rule| match &*rule.act {
            Act::Connect { by } if rule.takes(connection, Direction::Up) => Some((&**rule, by.as_ref())),
            _ => None,
        })
    }

    /// Is what goes in this direction of this connection held? Links ask once for each set of rules.
    pub fn cuts(&self, direction: Direction, connection: u64) -> bool {
        self.cuts[direction as usize] && self.cutting(direction, connection).next().is_some()
    }

    fn cutting(&self, direction: Direction, connection: u64) -> impl Iterator<Item = &Arc<Rule>> {
        self.list.iter().filter(move |rule| rule.act.cuts(direction) && rule.holds(connection))
    }

    /// Counts a connection (`bytes` is `None`) or a chunk that every cut in force of this direction holds.
    pub fn count_held(&self, direction: Direction, connection: u64, bytes: Option<usize>) {
        for rule in self.cutting(direction, connection) {
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
