//! The PostgreSQL protocol, version 3 (PostgreSQL documentation, chapter 55). A request is what leads to one ReadyForQuery: a simple query, or
//! the messages up to a Sync. TLS (the server accepts it), cancel requests and older versions are foreign. It knows of each prepared statement
//! the beginning of its text, and never looks at rows.

use super::{Codec, Found, HEAD_MAX, Refusal, Tag};
use crate::plan::Spoil;
use crate::plan::spoil::{Answer, Wanted};
use statements::Statements;

mod statements;

#[derive(Debug, Default)]
pub struct Postgres {
    started: bool,
    asking: Message,
    answering: Message,
    /// A request is under way.
    cycle: bool,
    /// The type of the message with which the request began whose head came last, and the text of its statement.
    first: u8,
    text: Option<Vec<u8>>,
    tag: Tag,
    /// The rest of the message under way was replaced.
    gone: bool,
    /// An answer is under way.
    begun: bool,
    statements: Statements,
}

/// The message under way in one direction.
#[derive(Debug, Default)]
struct Message {
    /// Bytes behind those that were looked at.
    left: u64,
    aside: bool,
    /// It is the last of its request or answer.
    last: bool,
}

/// The request is one for TLS, which is answered with one byte.
const ENCRYPTION: Tag = 1;
const START: Tag = 2;
const STATEMENT: Tag = 3;

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const VERSION_3: std::ops::Range<u32> = 0x0003_0000..0x0004_0000;
/// As the server itself allows.
const START_MAX: usize = 10_000;
/// Of a message of the client so much is looked at.
const LOOK: usize = 1024;
/// Nothing that can be parsed: the server answers it with an error wherever it stands.
const NONSENSE: &str = "firedrill: a fault stands here";

impl Codec for Postgres {
    fn request(&mut self, bytes: &[u8]) -> Found {
        if self.asking.left > 0 {
            return self.go_on_asking(bytes);
        }
        if !self.started {
            return self.start(bytes);
        }
        let Some((kind, total)) = header(bytes, b"QFPBDECHSpdcfX") else {
            return if bytes.len() < 5 { Found::More } else { Found::Foreign };
        };
        let looked = total.min(LOOK as u64) as usize;
        if bytes.len() < looked {
            return Found::More;
        }
        let body = &bytes[5..looked];
        let (begins, whole) = (!self.cycle, total == looked as u64);
        self.statements.learn(kind, body);
        self.asking = Message { left: total - looked as u64, aside: false, last: matches!(kind, b'Q' | b'F' | b'S') };
        match kind {
            b'p' | b'X' => self.asking.aside = true,
            b'd' | b'c' | b'f' => self.asking.aside = begins,
            b'Q' | b'F' if !begins => return Found::Foreign,
            _ => {}
        }
        if self.asking.aside {
            return Found::Aside { bytes: looked };
        }
        let over = whole && self.asking.last;
        self.cycle = !over;
        if !begins {
            return Found::Body { bytes: looked, over };
        }
        (self.first, self.tag) = (kind, STATEMENT);
        self.text = self.statements.text(kind, body);
        Found::Head { bytes: looked, over }
    }

    fn answer(&mut self, bytes: &[u8], tag: Option<Tag>) -> Found {
        if self.answering.left > 0 {
            let taken = self.answering.take(bytes);
            let over = self.answering.left == 0 && self.answering.last;
            return match self.answering.aside {
                true => Found::Aside { bytes: taken },
                false => Found::Body { bytes: taken, over },
            };
        }
        if tag == Some(ENCRYPTION) {
            return if bytes[0] == b'N' { Found::Head { bytes: 1, over: true } } else { Found::Foreign };
        }
        let Some((kind, total)) = header(bytes, b"RSKZENATDCIntWGHdc123sVv") else {
            return if bytes.len() < 5 { Found::More } else { Found::Foreign };
        };
        // An error is taken as a whole, because it may be another one in the end.
        let looked = if kind == b'E' { total } else { 5 };
        if (bytes.len() as u64) < looked {
            return if looked as usize <= HEAD_MAX { Found::More } else { Found::Foreign };
        }
        let aside = tag.is_none() || matches!(kind, b'N' | b'A' | b'S');
        self.answering = Message { left: total - looked, aside, last: kind == b'Z' };
        let (bytes, over) = (looked as usize, kind == b'Z' && total == looked);
        if aside {
            return Found::Aside { bytes };
        }
        let first = !std::mem::replace(&mut self.begun, kind != b'Z');
        if first { Found::Head { bytes, over } } else { Found::Body { bytes, over } }
    }

    fn tag(&self) -> Tag {
        self.tag
    }

    /// The text of a prepared statement stands in an earlier message.
    fn judges_by_the_head(&self) -> bool {
        false
    }

    fn meets(&self, _: &[u8], spoil: &Spoil) -> bool {
        match &spoil.of {
            Wanted::PostgresStart => self.tag == START,
            // A Sync or a Flush alone asks for nothing.
            Wanted::Postgres { statement } => {
                let text = || self.text.as_deref().unwrap_or_default().trim_ascii();
                let said = |like: &crate::plan::spoil::Glob| like.matches_in_any_case(text());
                self.tag == STATEMENT && !matches!(self.first, b'S' | b'H') && statement.as_ref().is_none_or(said)
            }
            _ => false,
        }
    }

    fn refuse(&mut self, _: &[u8], answer: &Answer) -> Option<Refusal> {
        let Answer::Postgres { state, message } = answer else { return None };
        if self.tag == START {
            return Some(Refusal::Instead { answer: error("FATAL", state, message), close: true, early: false });
        }
        self.gone = self.asking.left > 0;
        let ask = match self.first {
            b'Q' | b'F' => written(b'Q', &[NONSENSE.as_bytes(), b"\0"]),
            // Under a name of its own, so that the client's unnamed statement stays.
            _ => written(b'P', &[b"firedrill\0", NONSENSE.as_bytes(), b"\0\0\0"]),
        };
        Some(Refusal::Provoke { ask, error: error("ERROR", state, message) })
    }

    fn is_error(&self, head: &[u8]) -> bool {
        head.first() == Some(&b'E')
    }
}

impl Postgres {
    /// What comes before the first message with a type.
    fn start(&mut self, bytes: &[u8]) -> Found {
        let Some(length) = number(bytes, 0) else { return Found::More };
        if !(8..=START_MAX as u32).contains(&length) {
            return Found::Foreign;
        }
        let Some(code) = number(bytes, 4) else { return Found::More };
        let length = length as usize;
        self.tag = match code {
            SSL_REQUEST | GSS_REQUEST if length == 8 => ENCRYPTION,
            code if VERSION_3.contains(&code) => START,
            _ => return Found::Foreign,
        };
        if bytes.len() < length {
            return Found::More;
        }
        self.started = self.tag == START;
        (self.first, self.text) = (0, None);
        Found::Head { bytes: length, over: true }
    }

    fn go_on_asking(&mut self, bytes: &[u8]) -> Found {
        let taken = self.asking.take(bytes);
        let whole = self.asking.left == 0;
        let over = whole && self.asking.last;
        if self.asking.aside {
            return Found::Aside { bytes: taken };
        }
        self.cycle = !over;
        if self.gone {
            self.gone = !whole;
            return Found::Gone { bytes: taken, over };
        }
        Found::Body { bytes: taken, over }
    }
}

impl Message {
    fn take(&mut self, bytes: &[u8]) -> usize {
        let taken = self.left.min(bytes.len() as u64);
        self.left -= taken;
        taken as usize
    }
}

/// The type of the message at the front, and how long it is with its type. `None`: that is not there, or not one of these types.
fn header(bytes: &[u8], kinds: &[u8]) -> Option<(u8, u64)> {
    let kind = *bytes.first()?;
    let length = number(bytes, 1)?;
    (kinds.contains(&kind) && (4..=i32::MAX as u32).contains(&length)).then_some((kind, u64::from(length) + 1))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn written(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = 4 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut text = vec![kind];
    text.extend_from_slice(&(length as u32).to_be_bytes());
    parts.iter().for_each(|part| text.extend_from_slice(part));
    text
}

/// ErrorResponse: fields of one letter each.
fn error(severity: &str, state: &str, message: &str) -> Vec<u8> {
    let fields = format!("S{severity}\0V{severity}\0C{state}\0M{}\0\0", message.replace('\0', " "));
    written(b'E', &[fields.as_bytes()])
}
