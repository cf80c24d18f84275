//! What a request is answered: a status, a body and its type, and how each goes on the wire. Decides nothing.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub kind: Kind,
    pub body: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Empty,
    Json,
    /// The version is sent with a charset.
    Version,
    /// Errors are JSON, and say that they are text.
    Text,
    Metrics,
}

/// Why a request cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into() }
    }

    pub fn bad_body(why: impl std::fmt::Display) -> Refusal {
        Refusal::new(400, format!("bad request body: {why}"))
    }

    pub fn missing(what: &str) -> Refusal {
        Refusal::new(400, format!("missing required field: {what}"))
    }
}

impl Answer {
    pub fn json(status: u16, value: &impl Serialize) -> Answer {
        Answer { status, kind: Kind::Json, body: encode(value) }
    }

    pub fn empty(status: u16) -> Answer {
        Answer { status, kind: Kind::Empty, body: String::new() }
    }

    pub fn text(status: u16, body: &str) -> Answer {
        Answer { status, kind: Kind::Text, body: body.to_owned() }
    }

    pub fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = match self.kind {
            Kind::Empty => return response,
            Kind::Json => "application/json",
            Kind::Version => "application/json;charset=utf-8",
            Kind::Text => "text/plain; charset=utf-8",
            Kind::Metrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.kind == Kind::Text {
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        response
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Answer {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            status: u16,
        }
        let body = encode(&Body { error: &refusal.message, status: refusal.status });
        Answer { status: refusal.status, kind: Kind::Text, body: body + "\n" }
    }
}

/// JSON as Go writes it: what could end a script in a page is escaped.
pub fn encode(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    // Outside of strings none of these can stand in JSON.
    let escapes =
        [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")];
    escapes.iter().fold(text, |text, (from, to)| text.replace(from, to))
}
