//! The toxics at work in one lane, in the order in which they were added: a copy of each with its own dice and books. It asks them and
//! joins their answers (delays add, the slowest turn and the smallest slice count, the earliest end wins); it decides nothing itself.

use super::evidence::Count;
use super::hub::Close;
use super::rules::{Direction, Rule, Rules};
use super::toxics::{Desk, Fate, Toxic, count_delay};
use crate::base::{Dice, Span, Time};
use std::sync::Arc;

#[derive(Debug)]
pub struct Stages {
    direction: Direction,
    /// Number of the connection, for the names of its dice.
    connection: u64,
    opened: Time,
    list: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    rule: Arc<Rule>,
    /// The rule takes this connection.
    chosen: bool,
    dice: Dice,
    toxic: Box<dyn Toxic>,
}

/// What a new set of rules means for a lane.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Followed {
    pub close: Option<Close>,
    /// Another set of toxics decides how much goes, and when.
    pub reshaped: bool,
    /// What is held is gone.
    pub swallowed: bool,
}

/// How long each rule, by its stamp, makes a chunk wait.
pub type Delays = Vec<(u64, Span)>;

impl Stages {
    pub fn new(direction: Direction, connection: u64, opened: Time) -> Stages {
        Stages { direction, connection, opened, list: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Makes the list that of these rules. A rule that stays keeps its toxic, unless its choice of connections is drawn again.
    pub fn follow(&mut self, rules: &Rules, now: Time) -> Followed {
        let mut followed = Followed::default();
        if self.list.is_empty() && rules.toxics(self.direction).next().is_none() {
            return followed;
        }
        let mut old = std::mem::take(&mut self.list);
        for (rule, toxic) in rules.toxics(self.direction) {
            let kept = old.iter().position(|stage| stage.rule.stamp == rule.stamp && stage.rule.draw == rule.draw);
            let stage = match kept {
                Some(at) => old.remove(at),
                None => {
                    let stage = self.begin(rule, toxic, &mut old, now);
                    followed.reshaped |= stage.chosen && stage.toxic.shapes();
                    followed.swallowed |= stage.chosen && stage.toxic.swallows();
                    stage
                }
            };
            self.list.push(stage);
        }
        for gone in old.iter().filter(|stage| stage.chosen) {
            followed.reshaped |= gone.toxic.shapes();
            if let Some(close) = gone.toxic.removed() {
                gone.rule.tally.add(closed_by(close), 1);
                followed.close = followed.close.or(Some(close));
            }
        }
        followed
    }

    /// A stage for a rule that is new here. One of the same name is its predecessor: it hands over what it has counted and goes.
    fn begin(&self, rule: &Arc<Rule>, toxic: &dyn Toxic, old: &mut Vec<Stage>, now: Time) -> Stage {
        let before = old.iter().position(|stage| stage.rule.same_name(rule)).map(|at| old.remove(at));
        let carried = before.filter(|stage| stage.chosen).map_or(0, |stage| stage.toxic.carry());
        let chosen = rule.takes(self.connection, self.direction);
        let mut dice = rule.dice(&format!("{}/{:?}", self.connection, self.direction));
        let mut toxic = toxic.fresh();
        if chosen {
            let mut desk = Desk { now, dice: &mut dice, tally: &rule.tally };
            toxic.begin(&mut desk, self.opened, carried);
        }
        Stage { rule: rule.clone(), chosen, dice, toxic }
    }

    /// Bytes have come: the delays that they get, or `None` if they vanish. Those of `before` are taken over instead of drawn, for
    /// chunks of one burst.
    pub fn arrive(&mut self, now: Time, bytes: usize, before: &[(u64, Span)]) -> Option<Delays> {
        let mut delays = Delays::new();
        for (stage, mut desk) in working(&mut self.list, now) {
            let stamp = stage.stamp;
            let fate = match before.iter().find(|(of, _)| *of == stamp) {
                Some((_, span)) => Fate::Late(*span),
                None => stage.toxic.arrive(&mut desk, bytes),
            };
            match fate {
                Fate::Pass => {}
                Fate::Drop => return None,
                Fate::Late(by) => {
                    count_delay(&desk, bytes, by);
                    delays.push((stamp, by));
                }
            }
        }
        Some(delays)
    }

    pub fn end(&mut self, now: Time) -> Delays {
        let late = working(&mut self.list, now).map(|(stage, mut desk)| (stage.stamp, stage.toxic.end(&mut desk)));
        late.filter(|(_, by)| *by > Span::ZERO).collect()
    }

    pub fn shapes(&self) -> bool {
        self.list.iter().any(|stage| stage.chosen && stage.toxic.shapes())
    }

    /// How many of these ready bytes go next, and when.
    pub fn turn(&mut self, now: Time, since: Time, ready: usize) -> (usize, Time) {
        let mut bytes = ready;
        for (stage, mut desk) in working(&mut self.list, now).filter(|(stage, _)| stage.toxic.shapes()) {
            bytes = stage.toxic.most(&mut desk, bytes);
        }
        let mut at = since;
        if bytes > 0 {
            for (stage, mut desk) in working(&mut self.list, now).filter(|(stage, _)| stage.toxic.shapes()) {
                at = at.max(stage.toxic.turn(&mut desk, since, bytes));
            }
        }
        (bytes, at)
    }

    pub fn sent(&mut self, now: Time, bytes: usize) {
        for (stage, mut desk) in working(&mut self.list, now) {
            stage.toxic.sent(&mut desk, bytes);
        }
    }

    /// When the next toxic ends the connection.
    pub fn ends(&self) -> Option<Time> {
        let ends = self.list.iter().filter(|stage| stage.chosen).filter_map(|stage| stage.toxic.ends());
        ends.map(|(at, _)| at).min()
    }

    /// Ends the connection if it is time: counts it, and says how.
    pub fn strike(&self, now: Time) -> Option<Close> {
        let due = |stage: &&Stage| stage.chosen && stage.toxic.ends().is_some_and(|(at, _)| at <= now);
        let stage = self.list.iter().find(due)?;
        let (_, close) = stage.toxic.ends()?;
        stage.rule.tally.add(closed_by(close), 1);
        Some(close)
    }

    pub fn holds_max(&self) -> usize {
        let holds = self.list.iter().filter(|stage| stage.chosen).map(|stage| stage.toxic.holds_max());
        holds.max().unwrap_or(0)
    }
}

fn closed_by(close: Close) -> Count {
    match close {
        Close::Reset => Count::ConnectionsReset,
        Close::Ended | Close::Clean => Count::ConnectionsClosed,
    }
}

/// A stage that acts, apart from what goes onto its desk.
struct Working<'a> {
    stamp: u64,
    toxic: &'a mut dyn Toxic,
}

fn working(list: &mut [Stage], now: Time) -> impl Iterator<Item = (Working<'_>, Desk<'_>)> {
    list.iter_mut().filter(|stage| stage.chosen).map(move |stage| {
        let desk = Desk { now, dice: &mut stage.dice, tally: &stage.rule.tally };
        (Working { stamp: stage.rule.stamp, toxic: &mut *stage.toxic }, desk)
    })
}
