//! The head of an HTTP message: read by `httparse`, and written. It keeps no bytes.

use super::{Body, Chunks};
use crate::plan::spoil::Header;
use hyper::StatusCode;

/// Heads with more headers are foreign.
const HEADERS_MAX: usize = 128;

pub struct Head<'a> {
    /// How long it is.
    pub bytes: usize,
    pub method: &'a str,
    pub target: &'a str,
    pub status: u16,
    /// HTTP/1.0 or 1.1.
    version: u8,
    headers: Vec<(&'a str, &'a [u8])>,
}

/// It is no head.
pub struct Foreign;

impl<'a> Head<'a> {
    /// `None`: it is not all there yet.
    pub fn request(bytes: &'a [u8]) -> Result<Option<Head<'a>>, Foreign> {
        let mut room = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut request = httparse::Request::new(&mut room);
        let httparse::Status::Complete(count) = request.parse(bytes).map_err(|_| Foreign)? else { return Ok(None) };
        let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
        let version = request.version.unwrap_or_default();
        let headers = request.headers.iter().map(|header| (header.name, header.value)).collect();
        Ok(Some(Head { bytes: count, method, target, status: 0, version, headers }))
    }

    pub fn answer(bytes: &'a [u8]) -> Result<Option<Head<'a>>, Foreign> {
        let mut room = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut answer = httparse::Response::new(&mut room);
        let httparse::Status::Complete(count) = answer.parse(bytes).map_err(|_| Foreign)? else { return Ok(None) };
        let (status, version) = (answer.code.unwrap_or_default(), answer.version.unwrap_or_default());
        let headers = answer.headers.iter().map(|header| (header.name, header.value)).collect();
        Ok(Some(Head { bytes: count, method: "", target: "", status, version, headers }))
    }

    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Does the connection end with this exchange?
    pub fn closes(&self) -> bool {
        let says = |word: &str| self.values("connection").any(|value| lists(value, word));
        says("close") || self.version == 0 && !says("keep-alive")
    }

    /// `None`: nobody can tell where it ends.
    pub fn body_of_request(&self) -> Option<Body> {
        match self.coding() {
            Some(true) => Some(Body::Chunked(Chunks::default())),
            Some(false) => None,
            None => Some(self.length()?.map_or(Body::Over, of_length)),
        }
    }

    pub fn body_of_answer(&self, to_head: bool) -> Option<Body> {
        if to_head || matches!(self.status, 204 | 304) {
            return Some(Body::Over);
        }
        match self.coding() {
            Some(true) => Some(Body::Chunked(Chunks::default())),
            Some(false) => Some(Body::Rest),
            None => Some(self.length()?.map_or(Body::Rest, of_length)),
        }
    }

    /// A transfer coding, and whether the last one is `chunked`.
    fn coding(&self) -> Option<bool> {
        let last = self.values("transfer-encoding").last()?;
        let last = last.rsplit(|byte| *byte == b',').next().unwrap_or_default();
        Some(last.trim_ascii().eq_ignore_ascii_case(b"chunked"))
    }

    /// `None`: it says two things, or nothing that can be understood.
    fn length(&self) -> Option<Option<u64>> {
        let mut said = None;
        for value in self.values("content-length") {
            let digits = value.trim_ascii();
            let length = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            let length = length?.parse::<u64>().ok()?;
            if said.is_some_and(|other| other != length) {
                return None;
            }
            said = Some(length);
        }
        Some(said)
    }
}

fn of_length(bytes: u64) -> Body {
    if bytes == 0 { Body::Over } else { Body::Length(bytes) }
}

fn lists(value: &[u8], word: &str) -> bool {
    value.split(|byte| *byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// A whole answer. `body`: `None` where the length is said and nothing follows.
pub fn write(status: u16, body: Option<&String>, length: usize, close: bool) -> Vec<u8> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Fault");
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n");
    if !matches!(status, 204 | 304) {
        text += &format!("content-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n");
    }
    if close {
        text += "connection: close\r\n";
    }
    text += "\r\n";
    if !matches!(status, 204 | 304) {
        text += body.map_or("", String::as_str);
    }
    text.into_bytes()
}

/// The same head, line by line as it came, with these headers set or taken away, and with the length of another body.
pub fn rewrite(head: &[u8], edits: &[Header], body: Option<usize>) -> Vec<u8> {
    let edited = |name: &[u8]| {
        let framing: &[&str] = &["content-length", "transfer-encoding", "content-encoding", "etag"];
        edits.iter().any(|edit| name.eq_ignore_ascii_case(edit.name.as_bytes()))
            || body.is_some() && framing.iter().any(|framing| name.eq_ignore_ascii_case(framing.as_bytes()))
    };
    let mut lines = head.split_inclusive(|byte| *byte == b'\n').peekable();
    let mut text = Vec::with_capacity(head.len() + 128);
    // Empty lines before the first one are allowed, and belong to it.
    while let Some(blank) = lines.next_if(|line| line.trim_ascii().is_empty()) {
        text.extend_from_slice(blank);
    }
    text.extend_from_slice(lines.next().unwrap_or_default());
    for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if !edited(name.trim_ascii()) {
            text.extend_from_slice(line);
        }
    }
    for edit in edits {
        if let Some(value) = &edit.value {
            text.extend_from_slice(format!("{}: {value}\r\n", edit.name).as_bytes());
        }
    }
    if let Some(length) = body {
        text.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    text.extend_from_slice(b"\r\n");
    text
}
