//! One connection to a stand-in: it reads a request, waits for the engine, writes the answer, and so on. It never reads ahead of the answer that
//! it owes.

use super::framing::{Fed, Framing, framing_of, keeps};
use super::outgoing::Outgoing;
use super::words;
use crate::base::{EdgeId, Outcome};
use crate::engine::{Handle, Traits};
use crate::plan::Plan;
use httparse::Status;
use std::io::{ErrorKind as Io, Read, Write};
use std::net::TcpStream;

/// Longest head of a request, and longest pipelined rest that is kept while its predecessor is worked on.
const HEAD_BYTES_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 100;
/// For a caller that is not one of ours, and so has no edge that says it.
const STRANGER_BYTES: u64 = 1024;

/// One connection: it reads a request, waits for the engine, writes the answer, and so on.
pub struct Visitor {
    stream: TcpStream,
    pub door: usize,
    pub stamp: u32,
    /// What was read and belongs to a head that is not whole yet, or to the next request.
    rest: Vec<u8>,
    /// There may be more to read than was read.
    pub unread: bool,
    reading: Option<Incoming>,
    pub waiting: Option<Waiting>,
    out: Outgoing,
    /// The connection ends when everything is written.
    last: bool,
}

/// A request whose head is there and whose body is not all.
struct Incoming {
    framing: Framing,
    about: About,
}

#[derive(Clone, Copy)]
pub struct About {
    pub from: Option<(EdgeId, Handle, u16)>,
    pub traits: Traits,
    keep: bool,
    bodiless: bool,
}

#[derive(Clone, Copy)]
pub struct Waiting {
    pub token: u32,
    pub about: About,
}

/// The connection is over.
pub struct Over;

impl Visitor {
    pub fn new(stream: TcpStream, door: usize, stamp: u32) -> Visitor {
        Visitor {
            stream,
            door,
            stamp,
            rest: Vec::new(),
            unread: true,
            reading: None,
            waiting: None,
            out: Outgoing::default(),
            last: false,
        }
    }

    /// Reads until a request is whole; nothing while one is worked on or an answer is being written.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Option<About>, Over> {
        if self.waiting.is_some() || !self.out.is_done() {
            return Ok(None);
        }
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            if let Some(about) = self.take_in(&rest)? {
                return Ok(Some(about));
            }
        }
        while self.unread {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err(Over),
                Ok(count) => count,
                Err(error) if error.kind() == Io::WouldBlock => {
                    self.unread = false;
                    break;
                }
                Err(error) if error.kind() == Io::Interrupted => continue,
                Err(_) => return Err(Over),
            };
            if let Some(about) = self.take_in(&buffer[..count])? {
                return Ok(Some(about));
            }
        }
        Ok(None)
    }

    fn take_in(&mut self, data: &[u8]) -> Result<Option<About>, Over> {
        if self.reading.is_some() {
            return self.eat(data);
        }
        if self.rest.is_empty() {
            return self.begin(data);
        }
        let mut whole = std::mem::take(&mut self.rest);
        whole.extend_from_slice(data);
        self.begin(&whole)
    }

    fn begin(&mut self, data: &[u8]) -> Result<Option<About>, Over> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(data) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) if data.len() <= HEAD_BYTES_MAX => {
                self.rest = data.to_vec();
                return Ok(None);
            }
            _ => return Err(self.refuse()),
        };
        let framing = framing_of(request.headers, Framing::Length(0));
        let framing = match framing {
            Ok(Framing::UntilClose) | Err(_) => return Err(self.refuse()),
            Ok(framing) => framing,
        };
        let named = |name: &str| {
            let header = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value).ok()
        };
        let version = request.version.unwrap_or(0);
        let about = About {
            from: named(words::CALL.as_str()).and_then(words::read_call),
            traits: words::read_traits(named(words::KEY.as_str()), named(words::TRAITS.as_str())),
            keep: keeps(version, request.headers),
            bodiless: request.method == Some("HEAD"),
        };
        let expects = version == 1 && named("expect").is_some_and(|text| text.eq_ignore_ascii_case("100-continue"));
        if expects && data.len() == length {
            // If it does not fit now, the caller sends its body after a while anyway.
            let _ = self.stream.write(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.reading = Some(Incoming { framing, about });
        self.eat(&data[length..])
    }

    fn eat(&mut self, data: &[u8]) -> Result<Option<About>, Over> {
        let Some(incoming) = &mut self.reading else { return Ok(None) };
        match incoming.framing.eat(data) {
            Ok(Fed::More) => Ok(None),
            Ok(Fed::Done(used)) => {
                let about = incoming.about;
                self.reading = None;
                self.rest = data[used..].to_vec();
                Ok(Some(about))
            }
            Err(_) => Err(self.refuse()),
        }
    }

    /// Says why before the connection ends.
    fn refuse(&mut self) -> Over {
        let _ = self.stream.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        Over
    }

    pub fn answer(&mut self, outcome: Outcome, plan: &Plan) -> Result<(), Over> {
        let Waiting { about, .. } = self.waiting.take().ok_or(Over)?;
        let status = words::status_of(outcome).ok_or(Over)?;
        let bytes = about.from.map_or(STRANGER_BYTES, |(edge, ..)| plan.edge(edge).response_bytes);
        let bytes = if outcome.is_failure() { 0 } else { bytes };
        self.last = !about.keep;
        let connection = if about.keep { "keep-alive" } else { "close" };
        // Writing into memory cannot fail.
        let _ = write!(
            self.out.begin(),
            "HTTP/1.1 {status}\r\n{}: {}\r\ncontent-length: {bytes}\r\nconnection: {connection}\r\n\r\n",
            words::OUTCOME,
            words::word_of(outcome),
        );
        self.out.fill(if about.bodiless { 0 } else { bytes });
        Ok(())
    }

    pub fn write(&mut self) -> Result<(), Over> {
        if self.out.is_done() {
            return Ok(());
        }
        match self.out.write(&mut self.stream) {
            Ok(_) if self.last && self.out.is_done() => Err(Over),
            Ok(_) => Ok(()),
            Err(_) => Err(Over),
        }
    }
}
