//! Single messages of an edge that a fault holds, answers or cuts short. Which ones are meant is worked out when the fault begins, from what
//! the caller sends: in the live world the proxy reads it off the wire. It never sees bytes; a change of content changes nothing here.

use super::Direction;
use crate::base::{Dice, EdgeId, ErrorKind, Outcome, Picker, Span};
use crate::plan::spoil::{Does, Glob, Wanted};
use crate::plan::{Effect, Party, Plan, Role, Spoil};
use std::io::Write;

/// What a fault of this sort keeps while it lies on an edge.
#[derive(Debug)]
pub struct Spoiling {
    meets: Meets,
    picker: Picker,
    /// The called service is a cache, whose "not found" is a miss.
    cache: bool,
    /// Opening a connection is modelled, so what is said of the start of a session is said of that.
    connects: bool,
}

/// Which requests of an edge are meant.
#[derive(Debug)]
enum Meets {
    All,
    None,
    /// Those whose text is like this, with the number of their key for `{key}`.
    ByKey {
        before: String,
        after: String,
        like: Glob,
    },
}

/// What becomes of a message.
pub enum Spoiled {
    No,
    Late(Span),
    Answered(Outcome, Span),
    Lost,
}

/// Texts longer than this are not looked at to their end.
const TEXT_MAX: usize = 512;

impl Spoiling {
    pub fn of(effect: &Effect, edge: EdgeId, plan: &Plan) -> Option<Box<Spoiling>> {
        let Effect::Spoil(spoil) = effect else { return None };
        let of = plan.edge(edge);
        let cache = matches!(plan.service(of.to).role, Role::Cache(_));
        let connects = of.connect.is_some();
        Some(Box::new(Spoiling { meets: Meets::of(&spoil.of, edge, plan), picker: Picker::default(), cache, connects }))
    }

    /// A message passes, of a request for this key; an answer has so many bytes.
    pub(super) fn pass(&mut self, spoil: &Spoil, way: Direction, key: u32, bytes: u64, dice: &mut Dice) -> Spoiled {
        let answers = way == Direction::Response;
        let at_connect = self.connects && spoil.of == Wanted::PostgresStart;
        if answers != spoil.does.on_answers() || at_connect || !self.meets.key(key) {
            return Spoiled::No;
        }
        if matches!(spoil.does, Does::CutShort { bytes: most } if bytes <= most) {
            return Spoiled::No;
        }
        self.picked(spoil, dice)
    }

    /// A connection is opened.
    pub(super) fn connect(&mut self, spoil: &Spoil, dice: &mut Dice) -> Spoiled {
        match spoil.of == Wanted::PostgresStart {
            true => self.picked(spoil, dice),
            false => Spoiled::No,
        }
    }

    fn picked(&mut self, spoil: &Spoil, dice: &mut Dice) -> Spoiled {
        if !self.picker.picks(spoil.which, dice) {
            return Spoiled::No;
        }
        let late = spoil.late.as_ref().map_or(Span::ZERO, |late| late.draw_span(dice));
        match &spoil.does {
            Does::Answer(answer) => Spoiled::Answered(answer.outcome(self.cache), late),
            Does::Reset | Does::CutShort { .. } => Spoiled::Answered(Outcome::Failed(ErrorKind::Reset), late),
            Does::Drop => Spoiled::Lost,
            Does::Hold | Does::HoldAnswer | Does::AskWith(_) | Does::AnswerWith(_) | Does::Replace { .. } => {
                Spoiled::Late(late)
            }
        }
    }
}

impl Meets {
    /// A header and the name in a question are taken to be there: callers of the model have none. So is a statement.
    fn of(wanted: &Wanted, edge: EdgeId, plan: &Plan) -> Meets {
        let of = plan.edge(edge);
        match wanted {
            Wanted::Http { method, path, .. } => {
                let (sent, at) = match of.from {
                    Party::Client(id) => (plan.client(id).send.method.as_str(), plan.client(id).send.path.as_str()),
                    Party::Service(_) => ("GET", "/"),
                };
                match method.as_ref().is_none_or(|method| method == sent) {
                    true => Meets::like(path, path.as_ref().map_or(at, |path| path.part_of(at))),
                    false => Meets::None,
                }
            }
            Wanted::Redis { commands, key } => {
                let cache = matches!(plan.service(of.to).role, Role::Cache(_));
                let sent = if of.write { "SET" } else { "GET" };
                match !cache || commands.is_empty() || commands.iter().any(|command| command == sent) {
                    true => Meets::like(key, "firedrill:key:{key}"),
                    false => Meets::None,
                }
            }
            Wanted::Postgres { .. } | Wanted::PostgresStart | Wanted::Dns { .. } => Meets::All,
        }
    }

    fn like(pattern: &Option<Glob>, text: &str) -> Meets {
        let Some(like) = pattern else { return Meets::All };
        match text.split_once("{key}") {
            None if like.matches(text.as_bytes()) => Meets::All,
            None => Meets::None,
            Some((before, after)) => Meets::ByKey { before: before.into(), after: after.into(), like: like.clone() },
        }
    }

    fn key(&self, key: u32) -> bool {
        let (before, after, like) = match self {
            Meets::All => return true,
            Meets::None => return false,
            Meets::ByKey { before, after, like } => (before, after, like),
        };
        let mut text = [0; TEXT_MAX];
        let mut room = &mut text[..];
        // What finds no room is cut off.
        let _ = write!(room, "{before}{key}{after}");
        let used = TEXT_MAX - room.len();
        like.matches(&text[..used])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_matched_in_the_text_that_would_be_sent() {
        let meets = |pattern: &str, text: &str| Meets::like(&Some(Glob(pattern.into())), text);
        assert!(meets("/item/1*", "/item/{key}").key(17));
        assert!(!meets("/item/1*", "/item/{key}").key(27));
        assert!(meets("/item/*/x", "/item/{key}/x").key(u32::MAX));
        assert!(meets("/", "/").key(3) && !meets("/a", "/").key(3));
        let long = "y".repeat(2 * TEXT_MAX);
        assert!(!meets("*z", &format!("{long}{{key}}z")).key(1), "the end of a long text is not seen");
    }
}
