//! One direction of one connection: the bytes that were read and have not yet been written, and what may be done with them now.
//! Pure: time in, decisions out; the link reads and writes. Never reorders, never drops: first in is first out whatever was drawn.

use super::pool::{self, CHUNK};
use super::rules::{Direction, Rules};
use crate::base::{Dice, Span, Time};
use std::collections::VecDeque;

#[derive(Debug)]
pub struct Lane {
    direction: Direction,
    /// Number of the connection, for the names of its dice.
    connection: u64,
    queue: VecDeque<Held>,
    bytes: usize,
    turn: Option<Turn>,
    dice: Vec<(u64, Dice)>,
    /// The last read filled its buffer: the next one continues the same burst and shares its draws.
    burst: bool,
    ended: bool,
    closed: bool,
}

/// What the link has to do next to move this lane on.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    Write(&'a [u8]),
    /// Pass on the end of the stream (half-close).
    Shut,
    /// Pass on a reset.
    Abort,
    Wait(Time),
    Idle,
}

/// How the sender stopped sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Shut,
    Reset,
}

#[derive(Debug)]
struct Held {
    arrived: Time,
    /// By the stamp of the rule that added it, so that healing one fault takes away only its share.
    delays: Vec<(u64, Span)>,
    what: What,
}

#[derive(Debug)]
enum What {
    Bytes { buffer: Box<[u8]>, from: usize, to: usize },
    End(End),
}

/// A reservation with the rate limits: how many bytes, and when.
#[derive(Clone, Copy, Debug)]
struct Turn {
    bytes: usize,
    from: Time,
}

/// Held chunks beyond which a link stops reading, however small they are.
const CHUNKS_MAX: usize = 16 * 1024;

impl Lane {
    pub fn new(direction: Direction, connection: u64) -> Lane {
        Lane {
            direction,
            connection,
            queue: VecDeque::new(),
            bytes: 0,
            turn: None,
            dice: Vec::new(),
            burst: false,
            ended: false,
            closed: false,
        }
    }

    /// Everything was passed on, the end included, or there is nobody left to take it.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// Whether the link should read.
    pub fn wants_more(&self, rules: &Rules) -> bool {
        !self.ended && self.bytes < rules.holds_max(self.direction) && self.queue.len() < CHUNKS_MAX
    }

    /// Takes what was read into `buffer[..len]`.
    pub fn admit(&mut self, now: Time, buffer: Box<[u8]>, len: usize, rules: &Rules) {
        self.compact();
        let full = len == buffer.len();
        let delays = self.draw(len, rules);
        self.burst = full;
        if rules.cuts(self.direction) {
            rules.count_held(self.direction, Some(len));
        }
        self.bytes += len;
        self.queue.push_back(Held { arrived: now, delays, what: What::Bytes { buffer, from: 0, to: len } });
    }

    /// The sender has stopped sending; that too travels through the queue.
    pub fn end(&mut self, now: Time, end: End, rules: &Rules) {
        self.compact();
        let delays = self.draw(0, rules);
        self.ended = true;
        self.queue.push_back(Held { arrived: now, delays, what: What::End(end) });
    }

    pub fn next(&mut self, now: Time, rules: &Rules) -> Next<'_> {
        let Some(head) = self.queue.front().filter(|_| !rules.cuts(self.direction)) else { return Next::Idle };
        let due = if head.delays.is_empty() { head.arrived } else { head.due() };
        if !rules.clear && due > now {
            return Next::Wait(due);
        }
        let (from, to) = match head.what {
            What::End(End::Shut) => return Next::Shut,
            What::End(End::Reset) => return Next::Abort,
            What::Bytes { from, to, .. } => (from, to),
        };
        let mut upto = to;
        if rules.throttled() {
            let turn = *self.turn.get_or_insert_with(|| {
                let (bytes, from) = rules.reserve(self.direction, now, due, to - from);
                Turn { bytes, from }
            });
            if turn.from > now {
                return Next::Wait(turn.from);
            }
            upto = from + turn.bytes.min(to - from);
        }
        match self.queue.front() {
            Some(Held { what: What::Bytes { buffer, .. }, .. }) => Next::Write(&buffer[from..upto]),
            _ => Next::Idle,
        }
    }

    /// The first `count` bytes of what `next` offered were written.
    pub fn wrote(&mut self, count: usize) {
        self.bytes -= count;
        self.turn = self.turn.and_then(|turn| {
            let bytes = turn.bytes.saturating_sub(count);
            (bytes > 0).then_some(Turn { bytes, ..turn })
        });
        let Some(Held { what: What::Bytes { from, to, .. }, .. }) = self.queue.front_mut() else { return };
        *from += count;
        if from == to
            && let Some(Held { what: What::Bytes { buffer, .. }, .. }) = self.queue.pop_front()
        {
            pool::give(buffer);
        }
    }

    /// The end was passed on, or the receiver is gone: nothing more will be read or written.
    pub fn close(&mut self) {
        self.queue = VecDeque::new();
        self.bytes = 0;
        self.ended = true;
        self.closed = true;
    }

    /// Makes what is held small before the link goes to sleep: a few bytes must not keep a whole pooled buffer.
    pub fn compact(&mut self) {
        const SLOTS_KEPT: usize = 64;
        if self.queue.is_empty() && self.queue.capacity() > SLOTS_KEPT {
            self.queue = VecDeque::new();
        }
        let Some(Held { what: What::Bytes { buffer, from, to }, .. }) = self.queue.back_mut() else { return };
        if buffer.len() == CHUNK && *to - *from <= CHUNK / 2 {
            let small: Box<[u8]> = buffer[*from..*to].into();
            (*from, *to) = (0, small.len());
            pool::give(std::mem::replace(buffer, small));
        }
    }

    /// Another set of rules is in force: what healed faults put on held bytes is taken off.
    pub fn change(&mut self, old: &Rules, new: &Rules) {
        if !new.same_throttles(old) {
            self.turn = None;
        }
        for held in &mut self.queue {
            held.delays.retain(|(stamp, _)| new.get(*stamp).is_some());
        }
        self.dice.retain(|(stamp, _)| new.get(*stamp).is_some());
        self.burst = false;
    }

    fn draw(&mut self, len: usize, rules: &Rules) -> Vec<(u64, Span)> {
        let mut delays = match self.queue.back() {
            Some(last) if self.burst => last.delays.clone(),
            _ => Vec::new(),
        };
        for (rule, by) in rules.delays(self.direction) {
            let added = match delays.iter().find(|(stamp, _)| *stamp == rule.stamp) {
                Some((_, span)) => *span,
                None => {
                    let span = by.draw_span(self.dice_of(rule.stamp, &rule.dice_name, rules.seed));
                    delays.push((rule.stamp, span));
                    span
                }
            };
            if len > 0 && added > Span::ZERO {
                rules.count_delay(rule, len, added);
            }
        }
        delays
    }

    fn dice_of(&mut self, stamp: u64, rule: &str, seed: u64) -> &mut Dice {
        let at = self.dice.iter().position(|(of, _)| *of == stamp).unwrap_or_else(|| {
            let name = format!("{rule}/{}/{:?}", self.connection, self.direction);
            self.dice.push((stamp, Dice::named(seed, &name)));
            self.dice.len() - 1
        });
        &mut self.dice[at].1
    }
}

impl Held {
    fn due(&self) -> Time {
        self.delays.iter().fold(self.arrived, |due, (_, span)| due + *span)
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::{Count, Tally};
    use super::super::rules::{Act, Rule};
    use super::*;
    use crate::base::{Dist, FaultId};
    use crate::plan::Effect;
    use std::sync::Arc;

    const MS: u64 = 1_000_000;

    fn rule(stamp: u64, effect: &Effect) -> Rule {
        let act = Act::of(effect, Dice::named(1, "reset")).expect("an effect on an edge");
        Rule { stamp, fault: FaultId(stamp as u32), tally: Arc::default(), dice_name: format!("test/{stamp}"), act }
    }

    fn delay(stamp: u64, ms: f64) -> Rule {
        rule(stamp, &Effect::Delay { by: Dist::Constant(ms / 1e3), upstream: false })
    }

    fn admit(lane: &mut Lane, ms: u64, text: &str, rules: &Rules) {
        let mut buffer = pool::take();
        buffer[..text.len()].copy_from_slice(text.as_bytes());
        lane.admit(Time(ms * MS), buffer, text.len(), rules);
    }

    #[test]
    fn bytes_leave_at_their_arrival_plus_the_delay_and_pipelined_ones_wait_once() {
        let rules = Rules::none(1).with(delay(1, 100.0));
        let mut lane = Lane::new(Direction::Down, 0);
        admit(&mut lane, 10, "a", &rules);
        admit(&mut lane, 15, "b", &rules);
        assert_eq!(lane.next(Time(109 * MS), &rules), Next::Wait(Time(110 * MS)));
        assert_eq!(lane.next(Time(110 * MS), &rules), Next::Write(b"a"));
        lane.wrote(1);
        assert_eq!(lane.next(Time(110 * MS), &rules), Next::Wait(Time(115 * MS)));
        assert_eq!(lane.next(Time(115 * MS), &rules), Next::Write(b"b"));
    }

    #[test]
    fn delays_add_and_healing_one_takes_off_its_share_of_what_is_held() {
        let both = Rules::none(1).with(delay(1, 100.0)).with(delay(2, 30.0));
        let mut lane = Lane::new(Direction::Down, 0);
        admit(&mut lane, 0, "a", &both);
        assert_eq!(lane.next(Time(0), &both), Next::Wait(Time(130 * MS)));
        let (one, gone) = both.without(FaultId(1));
        lane.change(&both, &one);
        assert_eq!(gone.len(), 1);
        assert_eq!(lane.next(Time(0), &one), Next::Wait(Time(30 * MS)));
        let (none, _) = one.without(FaultId(2));
        lane.change(&one, &none);
        assert_eq!(lane.next(Time(0), &none), Next::Write(b"a"));
    }

    #[test]
    fn a_later_chunk_with_a_shorter_draw_does_not_overtake() {
        let slow = Rules::none(1).with(delay(1, 100.0));
        let quick = slow.with(Rule { stamp: 2, ..delay(1, 1.0) });
        let mut lane = Lane::new(Direction::Down, 0);
        admit(&mut lane, 0, "a", &slow);
        let late = slow.with(delay(3, 1.0));
        admit(&mut lane, 1, "b", &late);
        assert_eq!(lane.next(Time(50 * MS), &late), Next::Wait(Time(100 * MS)));
        assert!(quick.get(1).is_none(), "applying a fault again replaces its rule");
    }

    #[test]
    fn a_delay_acts_on_its_own_direction_only() {
        let rules = Rules::none(1).with(delay(1, 100.0));
        let mut lane = Lane::new(Direction::Up, 0);
        admit(&mut lane, 0, "a", &rules);
        assert_eq!(lane.next(Time(0), &rules), Next::Write(b"a"));
    }

    #[test]
    fn a_cut_holds_everything_the_end_included() {
        let cut = Rules::none(1).with(rule(1, &Effect::Cut { lose: false, ways: crate::plan::Ways::Both }));
        let mut lane = Lane::new(Direction::Up, 0);
        admit(&mut lane, 0, "abc", &cut);
        lane.end(Time(0), End::Shut, &cut);
        assert_eq!(lane.next(Time(9_000 * MS), &cut), Next::Idle);
        assert!(!lane.wants_more(&cut));
        let (none, gone) = cut.without(FaultId(1));
        lane.change(&cut, &none);
        assert_eq!(lane.next(Time(0), &none), Next::Write(b"abc"));
        lane.wrote(3);
        assert_eq!(lane.next(Time(0), &none), Next::Shut);
        let evidence = gone[0].tally.evidence();
        assert_eq!((evidence.touched, evidence.details["bytes held"]), (1, 3));
    }

    #[test]
    fn a_burst_of_full_buffers_shares_one_draw() {
        let by = Dist::Uniform { low: 0.1, high: 0.9 };
        let rules = Rules::none(1).with(rule(1, &Effect::Delay { by, upstream: false }));
        let mut lane = Lane::new(Direction::Down, 0);
        lane.admit(Time(0), pool::take(), CHUNK, &rules);
        admit(&mut lane, 0, "the rest", &rules);
        admit(&mut lane, 0, "another message", &rules);
        let draws: Vec<u64> = lane.queue.iter().map(|held| held.due().0).collect();
        assert_eq!(draws[0], draws[1]);
        assert_ne!(draws[1], draws[2]);
    }

    #[test]
    fn reading_stops_at_the_limits_and_small_chunks_keep_no_large_buffer() {
        let rules = Rules::none(1).with(delay(1, 100.0));
        let mut lane = Lane::new(Direction::Down, 0);
        let mut chunks = 0;
        while lane.wants_more(&rules) {
            admit(&mut lane, 0, "x", &rules);
            chunks += 1;
        }
        lane.compact();
        assert_eq!(chunks, CHUNKS_MAX);
        let memory: usize = lane
            .queue
            .iter()
            .map(|held| matches!(&held.what, What::Bytes { buffer, .. } if buffer.len() == 1) as usize)
            .sum();
        assert_eq!(memory, CHUNKS_MAX);
        let mut lane = Lane::new(Direction::Down, 0);
        while lane.wants_more(&rules) {
            lane.admit(Time(0), pool::take(), CHUNK, &rules);
        }
        assert_eq!(lane.bytes, 4 << 20);
    }

    #[test]
    fn a_reservation_survives_the_change_of_other_faults() {
        let limit = Rules::none(1).with(rule(1, &Effect::Throttle { bytes_per_sec: 1000.0 }));
        let mut lane = Lane::new(Direction::Down, 0);
        admit(&mut lane, 0, &"x".repeat(500), &limit);
        let Next::Write(first) = lane.next(Time(0), &limit) else { panic!("the first slice goes at once") };
        let first = first.len();
        lane.wrote(first);
        let Next::Wait(turn) = lane.next(Time(0), &limit) else { panic!("the second slice waits") };
        let more = limit.with(rule(2, &Effect::Cut { lose: false, ways: crate::plan::Ways::Both }));
        lane.change(&limit, &more);
        let (less, _) = more.without(FaultId(2));
        lane.change(&more, &less);
        assert_eq!(lane.next(Time(0), &less), Next::Wait(turn));
    }

    #[test]
    fn nothing_is_touched_by_a_delay_of_zero() {
        let tally = Arc::new(Tally::default());
        let rules = Rules::none(1).with(Rule { tally: tally.clone(), ..delay(1, 0.0) });
        admit(&mut Lane::new(Direction::Down, 0), 0, "a", &rules);
        assert_eq!(tally.evidence().touched, 0);
        tally.add(Count::ChunksDelayed, 1);
        assert_eq!(tally.evidence().touched, 1);
    }
}
