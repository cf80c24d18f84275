//! What can be done to single messages of an edge by those who understand its protocol: which messages, and what becomes of them.
//! Plain data; worlds act on it.

use crate::base::{Dist, ErrorKind, Outcome, Which, answers};
use serde::{Deserialize, Serialize};

/// Messages of an edge are held, answered, changed or cut short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spoil {
    pub of: Wanted,
    /// Counted over the edge, in the order in which the messages come that are wanted.
    pub which: Which,
    /// They are late by a draw, in seconds.
    pub late: Option<Dist>,
    pub does: Does,
}

/// Which messages are meant: a protocol, and what must hold of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Method, path, and a header with its value.
    Http { method: Option<String>, path: Option<Glob>, header: Option<(String, Glob)> },
    /// One of these commands (none: any), in capitals, with a first key like this.
    Redis { commands: Vec<String>, key: Option<Glob> },
    /// A statement like this.
    Postgres { statement: Option<Glob> },
    /// The message that opens a session with the database.
    PostgresStart,
    /// A question about a name like this.
    Dns { name: Option<Glob> },
}

/// What is done to a message that is picked, beside its being late.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Request: it goes on.
    Hold,
    /// Request: answered so, and the server never sees it.
    Answer(Answer),
    /// Request: its connection is reset.
    Reset,
    /// Request: it is gone, and nobody answers.
    Drop,
    /// Request: it goes on with other headers.
    AskWith(Vec<Header>),
    /// Answer: it goes on; being late it begins late.
    HoldAnswer,
    /// Answer: after so many bytes of its body the connection is closed.
    CutShort { bytes: u64 },
    /// Answer: its body is this one.
    Replace { body: String },
    /// Answer: it goes on with other headers.
    AnswerWith(Vec<Header>),
}

/// An answer that the server did not give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Http {
        status: u16,
        body: String,
    },
    /// The words after the `-` of an error reply.
    Redis {
        error: String,
    },
    Postgres {
        state: String,
        message: String,
    },
    Dns(Rcode),
}

/// Response codes of DNS (RFC 1035, section 4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rcode {
    ServFail,
    NxDomain,
}

/// Set to a value, or (`None`) taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    pub value: Option<String>,
}

/// A pattern in which `*` stands for any text and `?` for any one byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glob(pub String);

/// The protocols whose messages are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speech {
    Http,
    Redis,
    Postgres,
    Dns,
}

impl Wanted {
    pub fn speech(&self) -> Speech {
        match self {
            Wanted::Http { .. } => Speech::Http,
            Wanted::Redis { .. } => Speech::Redis,
            Wanted::Postgres { .. } | Wanted::PostgresStart => Speech::Postgres,
            Wanted::Dns { .. } => Speech::Dns,
        }
    }
}

impl Does {
    /// Is it done when the answer comes, and not when the request does?
    pub fn on_answers(&self) -> bool {
        matches!(self, Does::HoldAnswer | Does::CutShort { .. } | Does::Replace { .. } | Does::AnswerWith(_))
    }

    /// What is counted as evidence.
    pub fn touch(&self) -> &'static str {
        match self {
            Does::Hold => "requests delayed",
            Does::Answer(_) => "requests answered by the fault",
            Does::Reset => "requests reset",
            Does::Drop => "requests dropped",
            Does::AskWith(_) => "requests changed",
            Does::HoldAnswer => "answers delayed",
            Does::CutShort { .. } => "answers cut short",
            Does::Replace { .. } => "answers replaced",
            Does::AnswerWith(_) => "answers changed",
        }
    }
}

impl Answer {
    /// What it means to the caller.
    pub fn outcome(&self, cache: bool) -> Outcome {
        match self {
            Answer::Http { status, .. } => answers::of_status(*status, cache),
            Answer::Redis { error } => Outcome::Failed(answers::of_redis(error)),
            Answer::Postgres { state, .. } => Outcome::Failed(answers::of_sqlstate(state)),
            Answer::Dns(Rcode::NxDomain) => Outcome::Failed(ErrorKind::Unresolved),
            Answer::Dns(Rcode::ServFail) => Outcome::Failed(ErrorKind::Error),
        }
    }
}

impl Speech {
    pub fn word(self) -> &'static str {
        match self {
            Speech::Http => "HTTP/1.1",
            Speech::Redis => "the protocol of Redis",
            Speech::Postgres => "the protocol of PostgreSQL",
            Speech::Dns => "DNS",
        }
    }
}

impl Glob {
    pub fn matches(&self, text: &[u8]) -> bool {
        self.is_in(text, false)
    }

    /// As `matches`, for what is written in capitals or not.
    pub fn matches_in_any_case(&self, text: &[u8]) -> bool {
        self.is_in(text, true)
    }

    /// Of the target of an HTTP request: its path, with the query only if the pattern speaks of one.
    pub fn matches_target(&self, target: &str) -> bool {
        self.matches(self.part_of(target).as_bytes())
    }

    /// What of a target is looked at. One with a host (RFC 9112, section 3.2.2) counts from its path on.
    pub fn part_of<'a>(&self, target: &'a str) -> &'a str {
        let path = match target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => target,
        };
        if self.0.contains('?') { path } else { path.split('?').next().unwrap_or(path) }
    }

    /// On a mismatch goes back to the last `*` and lets it take one byte more: never more than the product of the two lengths.
    fn is_in(&self, text: &[u8], any_case: bool) -> bool {
        let pattern = self.0.as_bytes();
        let same = |a: u8, b: u8| a == b || (any_case && a.eq_ignore_ascii_case(&b));
        let (mut p, mut t, mut star) = (0, 0, None);
        while t < text.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(&byte) if byte == b'?' || same(byte, text[t]) => (p, t) = (p + 1, t + 1),
                _ => {
                    let Some((at, taken)) = star else { return false };
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
            }
        }
        pattern[p..].iter().all(|byte| *byte == b'*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_as_a_whole() {
        let cases = [
            ("/cart/*", "/cart/7", true),
            ("/cart/*", "/cart", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*ab*ab", "abxabab", true),
            ("*ab*ab", "abxaba", false),
            ("user:*:name", "user:7:8:name", true),
            ("a*b", "a*b", true),
        ];
        for (pattern, text, matches) in cases {
            assert_eq!(Glob(pattern.into()).matches(text.as_bytes()), matches, "{pattern} in {text}");
        }
        let target = |pattern: &str, text: &str| Glob(pattern.into()).matches_target(text);
        assert!(target("/a", "/a?b=1") && target("/a?b=*", "/a?b=1") && !target("/a?b=2", "/a?b=1"));
        assert!(target("/a/*", "http://host:80/a/7") && target("/", "http://host"));
        assert!(Glob("insert *".into()).matches_in_any_case(b"INSERT into t"));
        assert!(!Glob("insert *".into()).matches(b"INSERT into t"));
    }
}
