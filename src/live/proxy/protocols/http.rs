//! HTTP/1.1 (RFC 9112): heads by `httparse`, the length of bodies by section 6.3. HTTP/2, TLS, and what follows an upgrade are foreign. It never
//! changes where a message ends.

use super::{Codec, Extent, Found, HEAD_MAX, Refusal, Tag};
use crate::plan::Spoil;
use crate::plan::spoil::{Answer, Glob, Header, Wanted};
use chunks::Chunks;
use head::Head;

mod chunks;
mod head;

#[derive(Debug, Default)]
pub struct Http {
    request: Body,
    answer: Body,
    /// Of the request whose head came last.
    tag: Tag,
    /// Of the answer whose head came last.
    extent: Extent,
}

/// What is left of the message under way.
#[derive(Debug, Default)]
enum Body {
    /// None is.
    #[default]
    Over,
    Length(u64),
    Chunked(Chunks),
    /// To the end of the connection.
    Rest,
}

/// The answer has no body: the request was a HEAD.
const HEAD: Tag = 1;
/// The request was a CONNECT: what follows a good answer is no HTTP.
const CONNECT: Tag = 2;

impl Codec for Http {
    fn request(&mut self, bytes: &[u8]) -> Found {
        if !matches!(self.request, Body::Over) {
            return self.request.go_on(bytes);
        }
        let head = match Head::request(bytes) {
            Ok(Some(head)) => head,
            Ok(None) if bytes.len() <= HEAD_MAX => return Found::More,
            _ => return Found::Foreign,
        };
        let Some(body) = head.body_of_request() else { return Found::Foreign };
        self.request = body;
        self.tag = match head.method {
            "HEAD" => HEAD,
            "CONNECT" => CONNECT,
            _ => 0,
        };
        Found::Head { bytes: head.bytes, over: matches!(self.request, Body::Over) }
    }

    fn answer(&mut self, bytes: &[u8], tag: Option<Tag>) -> Found {
        if !matches!(self.answer, Body::Over) {
            return self.answer.go_on(bytes);
        }
        let head = match Head::answer(bytes) {
            Ok(Some(head)) => head,
            Ok(None) if bytes.len() <= HEAD_MAX => return Found::More,
            _ => return Found::Foreign,
        };
        let tag = tag.unwrap_or_default();
        // What follows is another protocol; these bytes pass with the rest.
        if head.status == 101 || tag & CONNECT != 0 && head.status < 300 {
            return Found::Foreign;
        }
        if head.status < 200 {
            return Found::Aside { bytes: head.bytes };
        }
        let Some(body) = head.body_of_answer(tag & HEAD != 0) else { return Found::Foreign };
        self.extent = match body {
            _ if tag & HEAD != 0 || matches!(head.status, 204 | 304) => Extent::Never,
            Body::Over => Extent::Bytes(0),
            Body::Length(bytes) => Extent::Bytes(bytes),
            Body::Chunked(_) | Body::Rest => Extent::Open,
        };
        self.answer = body;
        Found::Head { bytes: head.bytes, over: matches!(self.answer, Body::Over) }
    }

    fn tag(&self) -> Tag {
        self.tag
    }

    fn meets(&self, head: &[u8], spoil: &Spoil) -> bool {
        let (Wanted::Http { method, path, header }, Ok(Some(head))) = (&spoil.of, Head::request(head)) else {
            return false;
        };
        let has = |(name, value): &(String, Glob)| head.values(name).any(|found| value.matches(found));
        method.as_ref().is_none_or(|method| method == head.method)
            && path.as_ref().is_none_or(|path| path.matches_target(head.target))
            && header.as_ref().is_none_or(has)
    }

    fn refuse(&mut self, head: &[u8], answer: &Answer) -> Option<Refusal> {
        let (Answer::Http { status, body }, Ok(Some(head))) = (answer, Head::request(head)) else { return None };
        // Whoever waits for a word before sending the body gets the last word, and the connection ends there.
        let early = head.values("expect").next().is_some();
        let close = early || head.closes();
        let answer = head::write(*status, if head.method == "HEAD" { None } else { Some(body) }, body.len(), close);
        Some(Refusal::Instead { answer, close, early })
    }

    fn extent(&self) -> Extent {
        self.extent
    }

    fn rewrite(&self, head: &[u8], edits: &[Header], body: Option<usize>) -> Option<Vec<u8>> {
        Some(head::rewrite(head, edits, body))
    }
}

impl Body {
    fn go_on(&mut self, bytes: &[u8]) -> Found {
        if bytes.is_empty() {
            return Found::More;
        }
        let (taken, over) = match self {
            Body::Over => return Found::More,
            Body::Rest => (bytes.len(), false),
            Body::Length(left) => {
                let taken = (*left).min(bytes.len() as u64);
                *left -= taken;
                (taken as usize, *left == 0)
            }
            Body::Chunked(chunks) => match chunks.take(bytes) {
                Some(found) => found,
                None => return Found::Foreign,
            },
        };
        if over {
            *self = Body::Over;
        }
        Found::Body { bytes: taken, over }
    }
}
