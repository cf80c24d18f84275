//! How outcomes and calls are written into HTTP, so that a stand-in's cause reaches its caller exactly, and how the answers of real
//! servers are read.

use crate::base::{EdgeId, ErrorKind, Lot, Outcome, Time, answers};
use crate::engine::{Handle, Traits};
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use std::fmt;

/// The attempt that a request belongs to: `edge.slot.generation.attempt`.
pub const CALL: HeaderName = HeaderName::from_static("x-firedrill-call");
/// The number of the key that is asked for.
pub const KEY: HeaderName = HeaderName::from_static("x-firedrill-key");
/// What else travels with a request: `class.write.version.deadline`, the deadline in nanoseconds of the run; absent for a plain read.
pub const TRAITS: HeaderName = HeaderName::from_static("x-firedrill-traits");
/// What a stand-in answers: `ok`, `miss`, or the word of an error kind.
pub const OUTCOME: HeaderName = HeaderName::from_static("x-firedrill-outcome");

const INSUFFICIENT_STORAGE: StatusCode = StatusCode::INSUFFICIENT_STORAGE;

/// An attempt, as it is written behind [`CALL`].
pub struct CallText(pub EdgeId, pub Handle, pub u16);

impl fmt::Display for CallText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CallText(edge, call, attempt) = self;
        write!(f, "{}.{}.{}.{attempt}", edge.0, call.slot, call.generation)
    }
}

/// `None` for a request that is not one of ours.
pub fn read_call(text: &str) -> Option<(EdgeId, Handle, u16)> {
    let mut parts = text.split('.');
    let mut next = || parts.next()?.parse::<u32>().ok();
    let (edge, slot, generation, attempt) = (next()?, next()?, next()?, next()?);
    Some((EdgeId(edge), Handle { slot, generation }, u16::try_from(attempt).ok()?))
}

/// What travels beside the key, as it is written behind [`TRAITS`].
pub struct TraitsText(Traits);

impl TraitsText {
    /// `None` when there is nothing to say beside the key.
    pub fn of(traits: Traits) -> Option<TraitsText> {
        (traits != Traits::of_key(traits.key)).then_some(TraitsText(traits))
    }
}

impl fmt::Display for TraitsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traits { class, write, version, deadline, lot, .. } = self.0;
        write!(f, "{class}.{}.{version}.{}.{}", u8::from(write), deadline.0, lot.0)
    }
}

/// From what stands behind [`KEY`] and [`TRAITS`]; what cannot be read is as if it were absent.
pub fn read_traits(key: Option<&str>, rest: Option<&str>) -> Traits {
    let key = key.and_then(|text| text.parse().ok()).unwrap_or(0);
    let rest = rest.and_then(|text| {
        let mut parts = text.split('.');
        let class = parts.next()?.parse().ok()?;
        let write = parts.next()? == "1";
        let version = parts.next()?.parse().ok()?;
        let deadline = Time(parts.next()?.parse().ok()?);
        let lot = Lot(parts.next()?.parse().ok()?);
        Some(Traits { key, class, write, version, deadline, lot })
    });
    rest.unwrap_or(Traits::of_key(key))
}

/// For headers of a library: digits and dots are always a header value.
pub fn value(text: impl fmt::Display) -> HeaderValue {
    HeaderValue::from_str(&text.to_string()).expect("digits and dots are a header value")
}

/// A crash and a reset have no status: the connection breaks.
pub fn status_of(outcome: Outcome) -> Option<StatusCode> {
    Some(match outcome {
        Outcome::Ok => StatusCode::OK,
        Outcome::Miss => StatusCode::NOT_FOUND,
        Outcome::Failed(kind) => match kind {
            ErrorKind::Timeout | ErrorKind::WaitTimeout | ErrorKind::Expired => StatusCode::GATEWAY_TIMEOUT,
            ErrorKind::Rejected | ErrorKind::Shed | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::ReadOnly => StatusCode::FORBIDDEN,
            ErrorKind::Mismatch => StatusCode::GONE,
            // What a caller meets before anything is sent; a stand-in never answers with it.
            ErrorKind::Refused
            | ErrorKind::BreakerOpen
            | ErrorKind::NoConnection
            | ErrorKind::Unresolved
            | ErrorKind::Untrusted => StatusCode::BAD_GATEWAY,
            ErrorKind::Error => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::NoSpace => INSUFFICIENT_STORAGE,
            ErrorKind::Reset | ErrorKind::Crashed => return None,
        },
    })
}

/// What is written behind [`OUTCOME`].
pub fn word_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Miss => "miss",
        Outcome::Failed(kind) => kind.word(),
    }
}

/// A stand-in says its outcome in words; a real server only by its status.
pub fn read_outcome(status: u16, said: Option<&str>, cache: bool) -> Outcome {
    match said {
        Some("ok") => return Outcome::Ok,
        Some("miss") => return Outcome::Miss,
        Some(word) => {
            if let Some(kind) = ErrorKind::from_word(word) {
                return Outcome::Failed(kind);
            }
        }
        None => {}
    }
    answers::of_status(status, cache)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_with_a_status_survives_the_wire() {
        let all = ErrorKind::ALL.map(Outcome::Failed).into_iter().chain([Outcome::Ok, Outcome::Miss]);
        for outcome in all {
            let Some(status) = status_of(outcome) else { continue };
            assert_eq!(read_outcome(status.as_u16(), Some(word_of(outcome)), false), outcome);
        }
    }

    #[test]
    fn real_servers_are_read_by_their_status() {
        let read = |code, cache| read_outcome(code, None, cache);
        assert_eq!((read(200, false), read(404, false), read(404, true)), (Outcome::Ok, Outcome::Ok, Outcome::Miss));
        for (code, kind) in [
            (429, ErrorKind::Throttled),
            (408, ErrorKind::Timeout),
            (502, ErrorKind::Error),
            (503, ErrorKind::Rejected),
            (504, ErrorKind::Timeout),
            (507, ErrorKind::NoSpace),
        ] {
            assert_eq!(read(code, false), Outcome::Failed(kind), "{code}");
        }
    }

    #[test]
    fn what_travels_with_a_request_survives_the_wire() {
        let plain = Traits::of_key(7);
        let rich = Traits { key: 7, class: 3, write: true, version: 2, deadline: Time(123_456_789), lot: Lot(77) };
        for traits in [plain, rich] {
            let rest = TraitsText::of(traits).map(|text| text.to_string());
            assert_eq!(read_traits(Some("7"), rest.as_deref()), traits);
        }
        assert_eq!(read_traits(None, Some("1.x")), Traits::of_key(0));
    }

    #[test]
    fn a_call_survives_the_wire_and_nonsense_is_nobodys() {
        let (edge, call) = (EdgeId(3), Handle { slot: 7, generation: 4_000_000_001 });
        assert_eq!(read_call(&CallText(edge, call, 2).to_string()), Some((edge, call, 2)));
        for text in ["", "1.2.3", "1.2.3.70000", "a.b.c.d", "1.2.3.-4"] {
            assert_eq!(read_call(text), None, "{text}");
        }
    }
}
