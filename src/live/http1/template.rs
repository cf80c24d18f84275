//! The head of the requests of one edge: made once, and filled in with what differs from request to request.

use super::words;
use crate::base::EdgeId;
use crate::engine::{Handle, Request};
use std::io::Write;

/// How the requests of an edge are written.
#[derive(Debug)]
pub struct Template {
    edge: EdgeId,
    /// The request line up to its end, cut where the key's number stands in the path.
    line: Vec<String>,
    /// Everything else that never changes, the end of the request line first.
    rest: String,
    body_bytes: u64,
    /// Whoever is called cannot know the calls of this process.
    nameless: bool,
}

impl Template {
    /// `{key}` in `path` stands for the key's number. `host` is what the target is called in the `Host` header.
    pub fn new(edge: EdgeId, method: &str, path: &str, host: &str, body_bytes: u64) -> Template {
        let line = format!("{method} {path}").split("{key}").map(str::to_owned).collect();
        let mut rest = format!(" HTTP/1.1\r\nhost: {host}\r\n");
        if body_bytes > 0 {
            rest.push_str(&format!("content-length: {body_bytes}\r\n"));
        }
        Template { edge, line, rest, body_bytes, nameless: false }
    }

    /// Stand-ins in another process are told the edge, and no name of a call, which would be one of theirs.
    pub fn nameless(self, nameless: bool) -> Template {
        Template { nameless, ..self }
    }

    /// Writes the head; gives the length of the body that belongs behind it.
    pub fn write(&self, request: &Request, out: &mut Vec<u8>) -> u64 {
        let Request { call, attempt, traits, .. } = request;
        let key = traits.key;
        for (turn, piece) in self.line.iter().enumerate() {
            if turn > 0 {
                // Writing into memory cannot fail.
                let _ = write!(out, "{key}");
            }
            out.extend_from_slice(piece.as_bytes());
        }
        out.extend_from_slice(self.rest.as_bytes());
        let call = if self.nameless { Handle::NONE } else { *call };
        let call = words::CallText(self.edge, call, *attempt);
        let _ = write!(out, "{}: {call}\r\n{}: {key}\r\n", words::CALL, words::KEY);
        if let Some(text) = words::TraitsText::of(*traits) {
            let _ = write!(out, "{}: {text}\r\n", words::TRAITS);
        }
        out.extend_from_slice(b"\r\n");
        self.body_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::engine::Traits;

    fn request(traits: Traits) -> Request {
        Request { edge: EdgeId(3), call: Handle { slot: 7, generation: 9 }, attempt: 2, traits, intended: None }
    }

    fn written(template: &Template, traits: Traits) -> (String, u64) {
        let mut out = Vec::new();
        let body = template.write(&request(traits), &mut out);
        (String::from_utf8(out).expect("text"), body)
    }

    #[test]
    fn it_fills_in_what_differs() {
        let template = Template::new(EdgeId(3), "GET", "/item/{key}?again={key}", "shop:80", 0);
        let (text, body) = written(&template, Traits::of_key(42));
        assert_eq!(
            text,
            "GET /item/42?again=42 HTTP/1.1\r\nhost: shop:80\r\nx-firedrill-call: 3.7.9.2\r\nx-firedrill-key: 42\r\n\r\n"
        );
        assert_eq!(body, 0);
        let post = Template::new(EdgeId(3), "POST", "/", "shop:80", 10);
        let late = Traits { write: true, deadline: Time(5), ..Traits::of_key(1) };
        let (text, body) = written(&post, late);
        assert!(text.contains("content-length: 10\r\n") && text.contains("x-firedrill-traits: 0.1.65535.5."), "{text}");
        assert_eq!(body, 10);
    }
}
