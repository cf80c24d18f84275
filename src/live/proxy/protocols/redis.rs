//! The Redis protocol, versions 2 and 3 (redis.io, "Redis serialization protocol specification"): commands in, replies out, streamed. Commands
//! after which replies no longer follow commands one by one (SUBSCRIBE, MONITOR, replication, CLIENT REPLY) make the connection foreign.

use super::{Codec, Found, HEAD_MAX, Refusal, Tag};
use crate::plan::Spoil;
use crate::plan::spoil::{Answer, Does, Wanted};

#[derive(Debug, Default)]
pub struct Redis {
    /// Arguments of the command under way that have not begun, and bytes of the one that has.
    args: u64,
    bulk: u64,
    multi: bool,
    reply: Reply,
}

/// The reply under way.
#[derive(Debug, Default)]
struct Reply {
    /// Values still to come, by depth.
    open: Vec<u64>,
    bulk: u64,
    /// It began and is not over.
    begun: bool,
    /// It answers nobody.
    push: bool,
}

/// Nesting beyond which a reply is foreign.
const DEPTH_MAX: usize = 64;
const ARGS_MAX: u64 = 1 << 20;
/// Bytes of one argument, as Redis itself allows.
const BULK_MAX: u64 = 512 << 20;

/// Those that keep a connection going are answered only by name: no fault means the greeting of a client library.
const GREETINGS: [&str; 11] =
    ["HELLO", "AUTH", "CLIENT", "SELECT", "QUIT", "RESET", "COMMAND", "INFO", "CLUSTER", "SENTINEL", "READONLY"];
const FOREIGN: [&str; 7] = ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "SYNC", "PSYNC", "REPLCONF"];
/// Their first key stands further back.
const KEY_THIRD: [&str; 6] = ["EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"];
const KEY_SECOND: [&str; 5] = ["OBJECT", "MEMORY", "XINFO", "XGROUP", "BITOP"];

impl Codec for Redis {
    fn request(&mut self, bytes: &[u8]) -> Found {
        if self.bulk > 0 || self.args > 0 {
            return self.go_on(bytes);
        }
        match Command::read(bytes) {
            Ok(Some(command)) => {
                if command.is_foreign() {
                    return Found::Foreign;
                }
                if command.name.is_empty() {
                    return Found::Aside { bytes: command.bytes };
                }
                self.multi = match &command.name.to_ascii_uppercase()[..] {
                    b"MULTI" => true,
                    b"EXEC" | b"DISCARD" | b"RESET" => false,
                    _ => self.multi,
                };
                self.args = command.left;
                Found::Head { bytes: command.bytes, over: command.left == 0 }
            }
            Ok(None) if bytes.len() <= HEAD_MAX => Found::More,
            _ => Found::Foreign,
        }
    }

    fn answer(&mut self, bytes: &[u8], _: Option<Tag>) -> Found {
        let first = !self.reply.begun;
        if first {
            self.reply.push = bytes[0] == b'>';
        }
        let Some((taken, over)) = self.reply.take(bytes) else { return Found::Foreign };
        match (taken, self.reply.push, first) {
            (0, ..) if bytes.len() <= HEAD_MAX => Found::More,
            (0, ..) => Found::Foreign,
            (bytes, true, _) => Found::Aside { bytes },
            (bytes, false, true) => Found::Head { bytes, over },
            (bytes, false, false) => Found::Body { bytes, over },
        }
    }

    fn meets(&self, head: &[u8], spoil: &Spoil) -> bool {
        let (Wanted::Redis { commands, key }, Ok(Some(command))) = (&spoil.of, Command::read(head)) else {
            return false;
        };
        let is = |word: &str| command.name.eq_ignore_ascii_case(word.as_bytes());
        // The server would carry out the others of a transaction without it.
        let parts = self.multi || ["MULTI", "EXEC", "DISCARD"].into_iter().any(is);
        if matches!(spoil.does, Does::Answer(_)) && parts {
            return false;
        }
        let named = match commands.is_empty() {
            true => !GREETINGS.into_iter().any(is),
            false => commands.iter().any(|word| is(word)),
        };
        named && key.as_ref().is_none_or(|key| command.key.is_some_and(|found| key.matches(found)))
    }

    fn refuse(&mut self, _: &[u8], answer: &Answer) -> Option<Refusal> {
        let Answer::Redis { error } = answer else { return None };
        Some(Refusal::Instead { answer: format!("-{error}\r\n").into_bytes(), close: false, early: false })
    }
}

impl Redis {
    /// More of the arguments that nobody looks at.
    fn go_on(&mut self, bytes: &[u8]) -> Found {
        let mut taken = 0;
        while taken < bytes.len() && (self.bulk > 0 || self.args > 0) {
            if self.bulk > 0 {
                let step = self.bulk.min((bytes.len() - taken) as u64);
                self.bulk -= step;
                taken += step as usize;
                continue;
            }
            let Some(line) = line(&bytes[taken..]) else { break };
            match number(line, b'$') {
                Some(length) if length <= BULK_MAX => self.bulk = length + 2,
                _ => return Found::Foreign,
            }
            self.args -= 1;
            taken += line.len() + 2;
        }
        match (taken, bytes.len() <= HEAD_MAX) {
            (0, true) => Found::More,
            (0, false) => Found::Foreign,
            (bytes, _) => Found::Body { bytes, over: self.bulk == 0 && self.args == 0 },
        }
    }
}

/// The beginning of a command.
struct Command<'a> {
    bytes: usize,
    name: &'a [u8],
    key: Option<&'a [u8]>,
    second: Option<&'a [u8]>,
    /// Arguments that follow.
    left: u64,
}

struct Foreign;

impl<'a> Command<'a> {
    /// `None`: its name and key are not all there yet.
    fn read(bytes: &'a [u8]) -> Result<Option<Command<'a>>, Foreign> {
        if bytes.first() != Some(&b'*') {
            return Command::inline(bytes);
        }
        let Some(first) = line(bytes) else { return Ok(None) };
        let mut at = first.len() + 2;
        let count = signed(&first[1..]).ok_or(Foreign)?;
        if count <= 0 {
            return Ok(Some(Command { bytes: at, name: &[], key: None, second: None, left: 0 }));
        }
        let count = count as u64;
        if count > ARGS_MAX {
            return Err(Foreign);
        }
        let (mut found, mut wanted): (Vec<&[u8]>, u64) = (Vec::new(), 1);
        while (found.len() as u64) < wanted.min(count) {
            let Some(line) = line(&bytes[at..]) else { return Ok(None) };
            let length = number(line, b'$').filter(|length| *length <= BULK_MAX).ok_or(Foreign)?;
            let from = at + line.len() + 2;
            let to = from + length as usize;
            if bytes.len() < to + 2 {
                // An argument that is longer than what is kept is not waited for.
                return if length as usize > HEAD_MAX { Err(Foreign) } else { Ok(None) };
            }
            if &bytes[to..to + 2] != b"\r\n" {
                return Err(Foreign);
            }
            found.push(&bytes[from..to]);
            at = to + 2;
            if found.len() == 1 {
                wanted = 1 + key_at(found[0]);
            }
        }
        let left = count - found.len() as u64;
        let key = if found.len() as u64 == wanted { found.get(wanted as usize - 1).copied() } else { None };
        Ok(Some(Command { bytes: at, name: found[0], key, second: found.get(1).copied(), left }))
    }

    /// Words on a line, as typed by hand.
    fn inline(bytes: &'a [u8]) -> Result<Option<Command<'a>>, Foreign> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            let is_text = bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r'));
            return if is_text { Ok(None) } else { Err(Foreign) };
        };
        let text = bytes[..end].trim_ascii();
        if !text.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
            return Err(Foreign);
        }
        let mut words = text.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        let name = words.next().unwrap_or_default();
        let second = words.next();
        Ok(Some(Command { bytes: end + 1, name, key: second, second, left: 0 }))
    }

    fn is_foreign(&self) -> bool {
        let is = |word: &str| self.name.eq_ignore_ascii_case(word.as_bytes());
        FOREIGN.into_iter().any(is)
            || is("CLIENT") && self.second.is_some_and(|word| word.eq_ignore_ascii_case(b"REPLY"))
    }
}

/// Which argument is the first key.
fn key_at(name: &[u8]) -> u64 {
    let is = |word: &&str| name.eq_ignore_ascii_case(word.as_bytes());
    match () {
        () if KEY_THIRD.iter().any(is) => 3,
        () if KEY_SECOND.iter().any(is) => 2,
        () => 1,
    }
}

impl Reply {
    /// How many of these bytes belong to the reply, and whether it ends with them. 0: not even a line. `None`: it is no reply.
    fn take(&mut self, bytes: &[u8]) -> Option<(usize, bool)> {
        let mut taken = 0;
        while taken < bytes.len() {
            if self.bulk > 0 {
                let step = self.bulk.min((bytes.len() - taken) as u64);
                self.bulk -= step;
                taken += step as usize;
            } else {
                let Some(line) = line(&bytes[taken..]) else { break };
                taken += line.len() + 2;
                self.value(line)?;
            }
            if self.bulk == 0 && self.open.is_empty() {
                self.begun = false;
                return Some((taken, true));
            }
        }
        Some((taken, false))
    }

    /// A value begins with this line.
    fn value(&mut self, line: &[u8]) -> Option<()> {
        if self.begun {
            *self.open.last_mut()? -= 1;
        }
        self.begun = true;
        let kind = *line.first()?;
        let length = || signed(&line[1..]);
        let values = match kind {
            b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => 0,
            b'$' | b'=' | b'!' => {
                let length = length().filter(|length| (-1..=BULK_MAX as i64).contains(length))?;
                self.bulk = u64::try_from(length).map_or(0, |length| length + 2);
                0
            }
            b'*' | b'~' | b'>' => length()?.max(0) as u64,
            b'%' => (length()?.max(0) as u64).checked_mul(2)?,
            // Attributes stand before the value that they belong to.
            b'|' => (length()?.max(0) as u64).checked_mul(2)?.checked_add(1)?,
            _ => return None,
        };
        if values > 0 {
            self.open.push(values);
        }
        while self.open.last() == Some(&0) {
            self.open.pop();
        }
        (self.open.len() <= DEPTH_MAX).then_some(())
    }
}

/// The line at the front without its end, if it is all there.
fn line(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some(&bytes[..end])
}

fn number(line: &[u8], kind: u8) -> Option<u64> {
    let digits = line.strip_prefix(&[kind])?;
    u64::try_from(signed(digits)?).ok()
}

fn signed(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
