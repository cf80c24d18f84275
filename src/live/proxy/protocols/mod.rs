//! Protocols that the proxy understands, one file each: where a message begins and ends, whether it is one that a fault wants, and the bytes
//! of an answer that the server did not give. A codec never touches a socket, a clock or a rule; [`session`] joins it to those.
//!
//! Every codec is incremental: whatever the pieces in which bytes come, the same messages are found. Each keeps at most [`HEAD_MAX`] bytes of a
//! message that it cannot judge yet. What it does not understand it calls foreign, and from then on the connection passes untouched.

pub mod dns;
mod due;
mod http;
mod postgres;
mod redis;
mod run;
mod session;
#[cfg(test)]
mod tests;

use super::reader::{Protocol, Reader};
use crate::plan::Spoil;
use crate::plan::spoil::{Answer, Header, Speech};
use std::fmt;
use std::sync::Arc;

/// The longest beginning of a message that is waited for.
pub const HEAD_MAX: usize = 64 << 10;

/// What stands at the front of some bytes of one direction. The counts of bytes are never 0 and never more than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Too little to tell.
    More,
    /// The beginning of a message; `over`: all of it.
    Head { bytes: usize, over: bool },
    /// More of the message under way; `over`: it ends here.
    Body { bytes: usize, over: bool },
    /// Part of no exchange: it passes on.
    Aside { bytes: usize },
    /// Belongs to a part of the request that [`Refusal::Provoke`] has replaced.
    Gone { bytes: usize, over: bool },
    /// Not this protocol, or no longer.
    Foreign,
}

/// What the answer to a request must be read by.
pub type Tag = u8;

/// How a request is answered in the server's place.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server never sees it; the client reads this, in its turn. `early`: also while the rest of the request is still to come.
    Instead { answer: Vec<u8>, close: bool, early: bool },
    /// The server is asked something that it answers with an error, which becomes this one. So both sides agree on what was said.
    Provoke { ask: Vec<u8>, error: Vec<u8> },
}

/// The length of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// There can be none.
    #[default]
    Never,
    Bytes(u64),
    /// Its end will show.
    Open,
}

/// One connection of one protocol.
pub trait Codec: fmt::Debug + Send {
    /// What the client's bytes begin with.
    fn request(&mut self, bytes: &[u8]) -> Found;

    /// What the server's bytes begin with. `tag`: of the request that is answered; `None` if nobody has asked.
    fn answer(&mut self, bytes: &[u8], tag: Option<Tag>) -> Found;

    /// Of the request whose head was found last.
    fn tag(&self) -> Tag {
        0
    }

    /// May this be done to the request whose head, found last, this is? Not where the two sides would no longer agree afterwards.
    fn meets(&self, head: &[u8], spoil: &Spoil) -> bool;

    /// Does the head alone say so of what is done to answers, so that `meets` may be asked again when others have come after it?
    fn judges_by_the_head(&self) -> bool {
        true
    }

    /// How that request is answered; `None` for an answer of another protocol.
    fn refuse(&mut self, head: &[u8], answer: &Answer) -> Option<Refusal>;

    /// Is the head of an answer, found last, an error?
    fn is_error(&self, _head: &[u8]) -> bool {
        false
    }

    /// How long the body is of the answer whose head was found last.
    fn extent(&self) -> Extent {
        Extent::Never
    }

    /// The head with other headers, and with the length of another body. `None` where there are no headers.
    fn rewrite(&self, _head: &[u8], _edits: &[Header], _body: Option<usize>) -> Option<Vec<u8>> {
        None
    }
}

/// Gives each connection of a proxy a reader of this protocol; `None` for one that does not come over connections.
pub fn protocol(speech: Speech) -> Option<Arc<dyn Protocol>> {
    (speech != Speech::Dns).then(|| Arc::new(Spoken(speech)) as Arc<dyn Protocol>)
}

#[derive(Debug)]
struct Spoken(Speech);

impl Protocol for Spoken {
    fn reader(&self, _connection: u64) -> Box<dyn Reader> {
        let codec: Box<dyn Codec> = match self.0 {
            Speech::Redis => Box::new(redis::Redis::default()),
            Speech::Postgres => Box::new(postgres::Postgres::default()),
            Speech::Http | Speech::Dns => Box::new(http::Http::default()),
        };
        Box::new(session::Session::new(codec))
    }
}
