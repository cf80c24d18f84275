//! One connection whose messages are understood: which request waits for which answer, which rules pick it, and what is passed on. It asks a
//! codec where messages end and the rules which are meant; it knows no protocol. Bytes of messages that nobody picks pass as they came.

use super::due::{Answering, Asked, Due, Verdict};
use super::run::{Run, joined};
use super::{Codec, Extent, Found, Refusal};
use crate::base::{Span, Time};
use crate::live::proxy::evidence::Count;
use crate::live::proxy::lane::End;
use crate::live::proxy::reader::{Piece, Reader, What};
use crate::live::proxy::rules::{Direction, Rules};
use crate::live::proxy::stages::Delays;
use crate::plan::spoil::Does;
use std::collections::VecDeque;

#[derive(Debug)]
pub struct Session {
    codec: Box<dyn Codec>,
    /// By direction: the beginning of a message that cannot be judged yet.
    kept: [Vec<u8>; 2],
    /// In the order of the requests.
    due: VecDeque<Due>,
    /// The rest of the request under way goes nowhere.
    swallows: bool,
    answering: Answering,
    /// A fault has ended the connection; what still comes is for nobody.
    over: bool,
    /// Bytes of answers of ours that wait for their turn.
    holds: usize,
    foreign: bool,
    /// Rules that were told that this connection is foreign.
    told: Vec<u64>,
}

/// Requests that wait for an answer; a connection with more is left alone.
const DUE_MAX: usize = 65_536;
/// Of a request with a longer head, or behind so many others, the answer is not touched by faults that begin while it is under way.
const HEAD_KEPT_MAX: usize = 4096;
const HEADS_KEPT_MAX: usize = 1024;

impl Session {
    pub fn new(codec: Box<dyn Codec>) -> Session {
        Session {
            codec,
            kept: [Vec::new(), Vec::new()],
            due: VecDeque::new(),
            swallows: false,
            answering: Answering::Pass,
            over: false,
            holds: 0,
            foreign: false,
            told: Vec::new(),
        }
    }

    fn requests(&mut self, bytes: &[u8], now: Time, rules: &Rules, pieces: &mut Vec<Piece>) {
        let work = joined(&mut self.kept[0], bytes);
        let mut run = Run::new(&work, Direction::Up, pieces);
        while !run.rest().is_empty() && !self.over {
            match self.codec.request(run.rest()) {
                Found::More => break,
                Found::Foreign => {
                    self.foreign = true;
                    run.pass(run.rest().len());
                }
                Found::Aside { bytes } => run.pass(bytes),
                Found::Gone { bytes, over } => {
                    run.skip(bytes);
                    if over {
                        self.whole(now, rules, run.pieces);
                    }
                }
                Found::Body { bytes, over } => {
                    if self.swallows {
                        run.skip(bytes)
                    } else {
                        run.pass(bytes)
                    }
                    if over {
                        self.whole(now, rules, run.pieces);
                    }
                }
                Found::Head { bytes, over } => {
                    let head = &run.rest()[..bytes];
                    match self.judge(head, now, rules) {
                        Verdict::Goes { late, head } => run.place(bytes, head, late),
                        Verdict::Stays => {
                            run.skip(bytes);
                            self.speak(now, rules, run.pieces);
                        }
                    }
                    if over {
                        self.whole(now, rules, run.pieces);
                    }
                }
            }
            if self.foreign {
                break;
            }
        }
        if self.over {
            run.skip(run.rest().len());
        }
        self.kept[0] = run.end();
    }

    /// A request whose head this is has come: what is done to it, and who answers.
    fn judge(&mut self, head: &[u8], now: Time, rules: &Rules) -> Verdict {
        let (mut late, mut marks, mut edits, mut error) = (Delays::new(), Vec::new(), Vec::new(), None);
        let mut changed = None;
        self.foreign |= self.due.len() >= DUE_MAX;
        for (rule, spoil) in rules.spoils() {
            if !self.codec.meets(head, spoil) {
                continue;
            }
            if spoil.does.on_answers() {
                marks.push(rule.stamp);
                continue;
            }
            let Some(by) = rule.picks() else { continue };
            let refusal = match &spoil.does {
                Does::Answer(answer) => match self.codec.refuse(head, answer) {
                    None => continue,
                    refusal => refusal,
                },
                _ => None,
            };
            rule.tally.add(Count::of(&spoil.does), touches(&spoil.does, by));
            add(&mut late, rule.stamp, by);
            let (answer, end, ready) = match (&spoil.does, refusal) {
                (_, Some(Refusal::Instead { answer, close, early })) => (answer, close.then_some(End::Shut), early),
                (_, Some(Refusal::Provoke { ask, error: instead })) => {
                    (changed, error) = (Some(ask), Some(instead));
                    break;
                }
                (Does::Reset, _) => (Vec::new(), Some(End::Reset), true),
                (Does::Drop, _) => (Vec::new(), None, false),
                (Does::AskWith(headers), _) => {
                    edits.extend(headers.iter().cloned());
                    continue;
                }
                _ => continue,
            };
            self.swallows = true;
            self.holds += answer.len();
            self.due.push_back(Due::Ours { answer, end, late, asked: now, ready });
            return Verdict::Stays;
        }
        if !edits.is_empty() {
            changed = self.codec.rewrite(head, &edits, None).or(changed);
        }
        let kept = head.len() <= HEAD_KEPT_MAX && self.due.len() < HEADS_KEPT_MAX;
        let asked = Asked { head: if kept { head.into() } else { Box::default() }, judged: rules.newest() };
        self.due.push_back(Due::Server { tag: self.codec.tag(), marks, error, asked });
        Verdict::Goes { late, head: changed }
    }

    /// The request under way is all here.
    fn whole(&mut self, now: Time, rules: &Rules, pieces: &mut Vec<Piece>) {
        self.swallows = false;
        if let Some(Due::Ours { ready, .. }) = self.due.back_mut() {
            *ready = true;
        }
        self.speak(now, rules, pieces);
    }

    /// Gives the answers of ours whose turn it is.
    fn speak(&mut self, now: Time, rules: &Rules, pieces: &mut Vec<Piece>) {
        while let Some(Due::Ours { ready: true, .. }) = self.due.front()
            && !self.over
        {
            let Some(Due::Ours { answer, end, late, asked, .. }) = self.due.pop_front() else { return };
            self.holds -= answer.len();
            // Late by the time of the request; what waited for its turn has waited already.
            let waited = now.since(asked);
            let left = |(stamp, by): (u64, Span)| (stamp, Span(by.0.saturating_sub(waited.0)));
            let late: Delays = late.into_iter().filter(|(stamp, _)| rules.get(*stamp).is_some()).map(left).collect();
            let down = |what, late| Piece { direction: Direction::Down, what, late };
            match end {
                // An end waits in its lane like any bytes, behind an empty piece that says how long.
                None => pieces.push(down(What::Bytes(answer), late)),
                Some(end) => self.finish(down(What::Bytes(answer), late), end, pieces),
            }
        }
    }

    /// Last words, and the end of both directions.
    fn finish(&mut self, last: Piece, end: End, pieces: &mut Vec<Piece>) {
        let late = last.late.clone();
        pieces.push(last);
        pieces.push(Piece { direction: Direction::Down, what: What::End(end), late });
        // Where the rest of a request is still to come it is taken until the client has read and closes: an end with bytes unread would
        // be a reset, and lose it the answer.
        if end == End::Shut && !self.swallows {
            pieces.push(Piece { direction: Direction::Up, what: What::End(End::Shut), late: Delays::new() });
        }
        self.over = true;
    }

    fn answers(&mut self, bytes: &[u8], now: Time, rules: &Rules, pieces: &mut Vec<Piece>) {
        let work = joined(&mut self.kept[1], bytes);
        let mut run = Run::new(&work, Direction::Down, pieces);
        while !run.rest().is_empty() && !self.over {
            let tag = match self.due.front() {
                Some(Due::Server { tag, .. }) => Some(*tag),
                _ => None,
            };
            let over = match self.codec.answer(run.rest(), tag) {
                Found::More => break,
                Found::Foreign => {
                    self.foreign = true;
                    run.pass(run.rest().len());
                    break;
                }
                Found::Aside { bytes } => {
                    run.pass(bytes);
                    false
                }
                Found::Gone { bytes, over } => {
                    run.skip(bytes);
                    over
                }
                Found::Head { bytes, over } => {
                    self.begin_answer(bytes, &mut run, rules);
                    over
                }
                Found::Body { bytes, over } => {
                    self.go_on_answering(bytes, over, &mut run, rules);
                    over
                }
            };
            if over {
                self.answering = Answering::Pass;
                if matches!(self.due.front(), Some(Due::Server { .. })) {
                    self.due.pop_front();
                }
                if matches!(self.due.front(), Some(Due::Ours { ready: true, .. })) {
                    run.flush();
                    self.speak(now, rules, run.pieces);
                }
            }
        }
        if self.over {
            run.skip(run.rest().len());
        }
        self.kept[1] = run.end();
    }

    fn begin_answer(&mut self, bytes: usize, run: &mut Run, rules: &Rules) {
        let head = &run.rest()[..bytes];
        let is_last = self.due.len() == 1;
        let Some(Due::Server { marks, error, asked, .. }) = self.due.front_mut() else { return run.pass(bytes) };
        if rules.newest() > asked.judged && !asked.head.is_empty() && (is_last || self.codec.judges_by_the_head()) {
            let newer = rules.spoils().filter(|(rule, spoil)| rule.stamp > asked.judged && spoil.does.on_answers());
            marks.extend(newer.filter(|(_, spoil)| self.codec.meets(&asked.head, spoil)).map(|(rule, _)| rule.stamp));
        }
        if let Some(error) = error.take_if(|_| self.codec.is_error(head)) {
            return run.place(bytes, Some(error), Delays::new());
        }
        if marks.is_empty() {
            return run.pass(bytes);
        }
        let (mut late, mut edits, mut body) = (Delays::new(), Vec::new(), None);
        for stamp in std::mem::take(marks) {
            let Some((rule, spoil)) = rules.spoils().find(|(rule, _)| rule.stamp == stamp) else { continue };
            match (&spoil.does, self.codec.extent()) {
                (Does::CutShort { bytes: most }, Extent::Bytes(bytes)) if bytes <= *most => continue,
                (Does::CutShort { .. } | Does::Replace { .. }, Extent::Never) => continue,
                _ => {}
            }
            let Some(by) = rule.picks() else { continue };
            add(&mut late, stamp, by);
            match &spoil.does {
                // Counted when it happens: nobody may know yet how long the body is.
                Does::CutShort { bytes } => {
                    self.answering = Answering::Cut { left: *bytes, stamp };
                    continue;
                }
                Does::Replace { body: other } => {
                    body = Some(other.as_bytes());
                    self.answering = Answering::Swallow;
                }
                Does::AnswerWith(headers) => edits.extend(headers.iter().cloned()),
                _ => {}
            }
            rule.tally.add(Count::of(&spoil.does), touches(&spoil.does, by));
        }
        let changes = !edits.is_empty() || body.is_some();
        let mut other = changes.then(|| self.codec.rewrite(head, &edits, body.map(<[u8]>::len))).flatten();
        if let (Some(text), Some(body)) = (&mut other, body) {
            text.extend_from_slice(body);
        }
        run.place(bytes, other, late);
    }

    fn go_on_answering(&mut self, bytes: usize, over: bool, run: &mut Run, rules: &Rules) {
        match &mut self.answering {
            Answering::Pass => run.pass(bytes),
            Answering::Swallow => run.skip(bytes),
            Answering::Cut { left, .. } if (bytes as u64) < *left || bytes as u64 == *left && over => {
                *left -= bytes as u64;
                run.pass(bytes);
            }
            Answering::Cut { left, stamp } => {
                let (last, stamp) = (*left as usize, *stamp);
                run.pass(last);
                run.flush();
                if let Some(rule) = rules.get(stamp) {
                    rule.tally.add(Count::AnswersCutShort, 1);
                }
                let nothing = Piece { direction: Direction::Down, what: What::Bytes(Vec::new()), late: Delays::new() };
                self.finish(nothing, End::Shut, run.pieces);
            }
        }
    }

    /// Nothing of this connection is understood any more: what was kept goes on, and the answers of ours that are ready.
    fn let_go(&mut self, now: Time, rules: &Rules, pieces: &mut Vec<Piece>) {
        for direction in Direction::BOTH {
            let what = What::Bytes(std::mem::take(&mut self.kept[direction as usize]));
            pieces.push(Piece { direction, what, late: Delays::new() });
        }
        self.due.retain(|due| matches!(due, Due::Ours { ready: true, .. }));
        self.speak(now, rules, pieces);
        self.due.clear();
        self.holds = 0;
    }

    /// Each rule learns once that it cannot act here.
    fn tell(&mut self, rules: &Rules) {
        for (rule, _) in rules.spoils() {
            if !self.told.contains(&rule.stamp) {
                self.told.push(rule.stamp);
                rule.tally.add(Count::NotUnderstood, 1);
            }
        }
    }
}

impl Reader for Session {
    fn read(&mut self, direction: Direction, bytes: &[u8], now: Time, rules: &Rules, pieces: &mut Vec<Piece>) {
        if !self.foreign {
            match direction {
                Direction::Up => self.requests(bytes, now, rules, pieces),
                Direction::Down => self.answers(bytes, now, rules, pieces),
            }
            if self.foreign {
                self.let_go(now, rules, pieces);
            }
        } else if !self.over {
            pieces.push(Piece { direction, what: What::Bytes(bytes.to_vec()), late: Delays::new() });
        }
        if self.foreign {
            self.tell(rules);
        }
    }

    fn holds(&self) -> usize {
        self.holds
    }

    fn ended(&mut self, direction: Direction, _: Time, _: &Rules, pieces: &mut Vec<Piece>) {
        let what = What::Bytes(std::mem::take(&mut self.kept[direction as usize]));
        pieces.push(Piece { direction, what, late: Delays::new() });
        pieces.push(Piece { direction, what: What::End(End::Shut), late: Delays::new() });
    }
}

/// What is held for no time at all went as it would have gone.
fn touches(does: &Does, by: Span) -> u64 {
    (by > Span::ZERO || !matches!(does, Does::Hold | Does::HoldAnswer)).into()
}

fn add(late: &mut Delays, stamp: u64, by: Span) {
    if by > Span::ZERO {
        late.push((stamp, by));
    }
}
