//! Where the body of an HTTP/1.1 message ends (RFC 9112, section 6): by its length, by chunks, or with the connection. Bytes are counted and
//! thrown away; nobody here reads what they say.

use httparse::{Header, Status};

/// Of a longer body the rest is not taken.
pub const BODY_BYTES_MAX: u64 = 64 << 20;
/// Longest line between chunks, extensions and trailers included.
const LINE_BYTES_MAX: usize = 8 << 10;

/// What is still to come of a body.
#[derive(Debug)]
pub enum Framing {
    Length(u64),
    Chunked(Chunks),
    UntilClose,
}

/// A chunked body, as far as it was read.
#[derive(Debug, Default)]
pub struct Chunks {
    /// Bytes of the present chunk, its line end included, that are still to come.
    left: u64,
    /// The beginning of a line that has not ended yet.
    line: Vec<u8>,
    /// After the last chunk, in the trailers.
    last: bool,
    total: u64,
}

/// The message breaks the rules, or is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is malformed or too long")]
pub struct Bad;

/// What the bytes given were good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fed {
    More,
    /// The body ended after so many of them.
    Done(usize),
}

/// By its headers; `absent` is what holds when they say nothing.
pub fn framing_of(headers: &[Header], absent: Framing) -> Result<Framing, Bad> {
    let mut framing = absent;
    for header in headers {
        if header.name.eq_ignore_ascii_case("transfer-encoding") {
            let last = header.value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            return match last.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                true => Ok(Framing::Chunked(Chunks::default())),
                false => Ok(Framing::UntilClose),
            };
        }
        if header.name.eq_ignore_ascii_case("content-length") {
            let length = std::str::from_utf8(header.value).ok().and_then(|text| text.trim().parse().ok());
            framing = Framing::Length(length.ok_or(Bad)?);
        }
    }
    Ok(framing)
}

/// Does the connection outlive the message, as far as its head says? `version` is 0 or 1, of HTTP/1.
pub fn keeps(version: u8, headers: &[Header]) -> bool {
    let connection = headers.iter().find(|header| header.name.eq_ignore_ascii_case("connection"));
    let says = |word: &[u8]| {
        connection.is_some_and(|header| {
            header.value.split(|byte| *byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(word))
        })
    };
    match version {
        0 => says(b"keep-alive"),
        _ => !says(b"close"),
    }
}

impl Framing {
    pub fn eat(&mut self, data: &[u8]) -> Result<Fed, Bad> {
        match self {
            Framing::Length(left) if *left > BODY_BYTES_MAX => Err(Bad),
            Framing::Length(left) => match *left <= data.len() as u64 {
                true => Ok(Fed::Done(*left as usize)),
                false => {
                    *left -= data.len() as u64;
                    Ok(Fed::More)
                }
            },
            Framing::Chunked(chunks) => chunks.eat(data),
            Framing::UntilClose => Ok(Fed::More),
        }
    }
}

impl Chunks {
    fn eat(&mut self, data: &[u8]) -> Result<Fed, Bad> {
        let mut at = 0;
        while at < data.len() {
            if self.left > 0 {
                let take = self.left.min((data.len() - at) as u64);
                self.left -= take;
                at += take as usize;
                continue;
            }
            let rest = &data[at..];
            let end = rest.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
            self.line.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
            if self.line.len() > LINE_BYTES_MAX {
                return Err(Bad);
            }
            let Some(end) = end else { return Ok(Fed::More) };
            at += end;
            let line = std::mem::take(&mut self.line);
            if self.last {
                if line == b"\r\n" || line == b"\n" {
                    return Ok(Fed::Done(at));
                }
                continue;
            }
            self.begin(&line)?;
        }
        Ok(Fed::More)
    }

    fn begin(&mut self, line: &[u8]) -> Result<(), Bad> {
        let Ok(Status::Complete((_, size))) = httparse::parse_chunk_size(line) else { return Err(Bad) };
        self.total = self.total.saturating_add(size);
        if self.total > BODY_BYTES_MAX {
            return Err(Bad);
        }
        self.last = size == 0;
        self.left = if size == 0 { 0 } else { size + 2 };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header<'a>(name: &'a str, value: &'a str) -> Header<'a> {
        Header { name, value: value.as_bytes() }
    }

    #[test]
    fn the_head_says_where_the_body_ends_and_whether_the_connection_stays() {
        let of = |headers: &[Header]| format!("{:?}", framing_of(headers, Framing::Length(0)));
        assert_eq!(of(&[header("Content-Length", "12")]), "Ok(Length(12))");
        assert!(
            of(&[header("content-length", "12"), header("Transfer-Encoding", "gzip, chunked")]).contains("Chunked")
        );
        assert_eq!(of(&[header("content-length", "-1")]), "Err(Bad)");
        assert_eq!(of(&[]), "Ok(Length(0))");
        assert!(keeps(1, &[]) && !keeps(0, &[]));
        assert!(!keeps(1, &[header("Connection", "foo, Close")]));
        assert!(keeps(0, &[header("connection", "Keep-Alive")]));
    }

    const BODY: &[u8] = b"4;note=1\r\nWiki\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";

    #[test]
    fn too_much_is_too_much() {
        assert_eq!(Framing::Length(BODY_BYTES_MAX + 1).eat(b"x"), Err(Bad));
        assert_eq!(Framing::Chunked(Chunks::default()).eat(b"FFFFFFFFFF\r\n"), Err(Bad));
        assert_eq!(Framing::Chunked(Chunks::default()).eat(b"zz\r\n"), Err(Bad));
        assert_eq!(Framing::Chunked(Chunks::default()).eat(&[b'1'; 9000]), Err(Bad));
    }

    proptest! {
        #[test]
        fn chunks_end_where_they_end_however_they_come(cuts in proptest::collection::vec(0usize..60, 0..12)) {
            let mut chunks = Framing::Chunked(Chunks::default());
            let all = [BODY, b"next"].concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(all.len())).chain([all.len()]).collect();
            cuts.sort_unstable();
            let mut from = 0;
            for cut in cuts {
                match chunks.eat(&all[from..cut]) {
                    Ok(Fed::More) => prop_assert!(cut < BODY.len()),
                    Ok(Fed::Done(used)) => {
                        prop_assert_eq!(from + used, BODY.len());
                        return Ok(());
                    }
                    Err(Bad) => prop_assert!(false, "it is well-formed"),
                }
                from = cut;
            }
            prop_assert!(false, "it has an end");
        }

        #[test]
        fn no_bytes_make_it_panic(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Framing::Chunked(Chunks::default()).eat(&data);
        }
    }
}
