//! Reads one HTTP/1.1 answer as it comes in, as far as a caller needs it: its status, the word of a stand-in, and where it ends.

use super::framing::{Bad, Fed, Framing, framing_of, keeps};
use super::words;
use crate::base::Outcome;
use httparse::{Header, Status};

/// Longest head of an answer.
const HEAD_BYTES_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 100;

/// How an answer is to be understood.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// Of a cache: 404 is a miss.
    pub cache: bool,
    /// To `HEAD`: there is no body, whatever the head says.
    pub bodiless: bool,
}

/// An answer, as far as it was read.
#[derive(Debug, Default)]
pub struct Answer {
    /// The beginning of a head that is not whole yet.
    head: Vec<u8>,
    body: Option<Body>,
}

#[derive(Debug)]
struct Body {
    outcome: Outcome,
    keep: bool,
    framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    More,
    /// The answer is whole; `keep`: its connection may carry another request.
    Whole {
        outcome: Outcome,
        keep: bool,
    },
}

impl Answer {
    pub fn clear(&mut self) {
        self.head.clear();
        self.body = None;
    }

    pub fn feed(&mut self, data: &[u8], manner: Manner) -> Result<Read, Bad> {
        if self.body.is_some() {
            return self.eat(data);
        }
        if self.head.is_empty() {
            return self.begin(data, manner);
        }
        let mut whole = std::mem::take(&mut self.head);
        whole.extend_from_slice(data);
        self.begin(&whole, manner)
    }

    /// The server closed the connection: is that how the answer ends?
    pub fn end(&mut self) -> Option<Outcome> {
        match self.body.take() {
            Some(Body { outcome, framing: Framing::UntilClose, .. }) => Some(outcome),
            _ => None,
        }
    }

    fn begin(&mut self, mut data: &[u8], manner: Manner) -> Result<Read, Bad> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut response = httparse::Response::new(&mut headers);
            let Status::Complete(length) = response.parse(data).map_err(|_| Bad)? else {
                if data.len() > HEAD_BYTES_MAX {
                    return Err(Bad);
                }
                self.head = data.to_vec();
                return Ok(Read::More);
            };
            let (status, version) = (response.code.ok_or(Bad)?, response.version.ok_or(Bad)?);
            data = &data[length..];
            // An interim answer (RFC 9110, section 15.2): the real one follows.
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            self.body = Some(body_of(status, version, response.headers, manner)?);
            return self.eat(data);
        }
    }

    fn eat(&mut self, data: &[u8]) -> Result<Read, Bad> {
        let Some(body) = &mut self.body else { return Err(Bad) };
        match body.framing.eat(data)? {
            Fed::More => Ok(Read::More),
            // Bytes beyond the answer were not asked for.
            Fed::Done(used) => {
                let (outcome, keep) = (body.outcome, body.keep && used == data.len());
                self.clear();
                Ok(Read::Whole { outcome, keep })
            }
        }
    }
}

fn body_of(status: u16, version: u8, headers: &[Header], manner: Manner) -> Result<Body, Bad> {
    let said = headers.iter().find(|header| header.name.eq_ignore_ascii_case(words::OUTCOME.as_str()));
    let said = said.and_then(|header| std::str::from_utf8(header.value).ok());
    let outcome = words::read_outcome(status, said, manner.cache);
    let framing = match manner.bodiless || matches!(status, 204 | 304) {
        true => Framing::Length(0),
        false => framing_of(headers, Framing::UntilClose)?,
    };
    Ok(Body { outcome, keep: keeps(version, headers), framing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;
    use proptest::prelude::*;

    fn read(text: &str, manner: Manner) -> Result<Read, Bad> {
        Answer::default().feed(text.as_bytes(), manner)
    }

    #[test]
    fn answers_are_understood() {
        let whole = |outcome, keep| Ok(Read::Whole { outcome, keep });
        let plain = Manner::default();
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", plain), whole(Outcome::Ok, true));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!", plain), whole(Outcome::Ok, false));
        assert_eq!(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", plain), whole(Outcome::Ok, false));
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(read(early, plain), whole(Outcome::Ok, true));
        let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(missing, Manner { cache: true, ..plain }), whole(Outcome::Miss, true));
        let refused = "HTTP/1.1 503 No\r\nx-firedrill-outcome: shed\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(refused, plain), whole(Outcome::Failed(ErrorKind::Shed), true));
        assert_eq!(
            read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Manner { bodiless: true, ..plain }),
            whole(Outcome::Ok, true)
        );
        assert_eq!(read("SSH-2.0-x\r\n", plain), Err(Bad));
    }

    #[test]
    fn an_answer_without_a_length_ends_with_its_connection() {
        let mut answer = Answer::default();
        assert_eq!(answer.feed(b"HTTP/1.1 200 OK\r\n\r\nso much", Manner::default()), Ok(Read::More));
        assert_eq!(answer.end(), Some(Outcome::Ok));
        let mut short = Answer::default();
        assert_eq!(short.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", Manner::default()), Ok(Read::More));
        assert_eq!(short.end(), None);
    }

    proptest! {
        #[test]
        fn it_reads_the_same_however_it_comes(cuts in proptest::collection::vec(0usize..90, 0..10)) {
            let text = b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([text.len()]).collect();
            cuts.sort_unstable();
            let mut answer = Answer::default();
            let (mut from, mut last) = (0, Ok(Read::More));
            for cut in cuts {
                if from < cut {
                    last = answer.feed(&text[from..cut], Manner::default());
                }
                from = cut;
            }
            prop_assert_eq!(last, Ok(Read::Whole { outcome: Outcome::Failed(ErrorKind::Error), keep: true }));
        }

        #[test]
        fn no_bytes_make_it_panic(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Answer::default().feed(&data, Manner::default());
        }
    }
}
