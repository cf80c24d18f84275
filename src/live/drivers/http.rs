//! Calls over HTTP/1.1, one edge each. Those without TLS are carried on the engine's own thread (`live/http1`), and here stands how they
//! are written; those over TLS are `https`'s. What requests and answers mean is the same for all, HTTP/2 included.

use super::filler::Filler;
use super::tls;
use super::{Kind, Peer, Setup, Speaker, https, words};
use crate::base::{ErrorKind, Outcome};
use crate::engine::{Handle, Request};
use crate::live::http1 as http1_lean;
use crate::plan::real::Protocol;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Response};

/// Of an answer that is longer, the rest is not read.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

pub const KIND: Kind = Kind {
    how: "HTTP/1.1, one keep-alive connection for each request under way",
    ..Kind::new(Protocol::Http, open, |setup| Box::pin(connect(setup)))
};

/// Without TLS.
pub struct Http {
    peer: Peer,
}

fn open(peer: Peer) -> Result<Speaker, String> {
    match peer.setup.tls.clone() {
        Some(trust) => https::open(peer, &trust),
        None => Ok(Speaker::Http(Http { peer })),
    }
}

impl Http {
    pub fn line(&self) -> http1_lean::Line {
        let Peer { edge, setup, host, method, path, request_bytes, cache, .. } = &self.peer;
        let template = http1_lean::Template::new(*edge, method.as_str(), path, host, *request_bytes);
        http1_lean::Line {
            address: setup.address,
            template: template.nameless(self.peer.is_of_another_process),
            manner: http1_lean::Manner { cache: cache.is_some(), bodiless: method == Method::HEAD },
        }
    }
}

pub(super) fn outcome_of(answer: &Response<Incoming>, peer: &Peer) -> Outcome {
    let said = answer.headers().get(words::OUTCOME).and_then(|value| value.to_str().ok());
    words::read_outcome(answer.status().as_u16(), said, peer.cache.is_some())
}

/// HTTP/2 wants the whole address instead of a `Host` header.
pub(super) fn request_of(peer: &Peer, request: &Request, whole: bool) -> hyper::Request<Filler> {
    let key = request.traits.key.to_string();
    let call = if peer.is_of_another_process { Handle::NONE } else { request.call };
    let path = peer.path.replace("{key}", &key);
    let mut built = match whole {
        true => hyper::Request::builder().uri(format!("{}://{}{path}", peer.setup.scheme(), peer.host)),
        false => hyper::Request::builder().uri(path).header(hyper::header::HOST, &peer.host),
    };
    built = built
        .method(peer.method.clone())
        .header(words::CALL, words::value(words::CallText(peer.edge, call, request.attempt)))
        .header(words::KEY, key);
    if let Some(traits) = words::TraitsText::of(request.traits).map(words::value) {
        built = built.header(words::TRAITS, traits);
    }
    built.body(Filler(peer.request_bytes)).expect("method, path and host were checked before the run")
}

pub(super) async fn read_to_end(answer: Response<Incoming>) -> hyper::Result<bool> {
    let mut body = answer.into_body();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        read += frame?.data_ref().map_or(0, |data| data.len() as u64);
        if read > ANSWER_BYTES_MAX {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn kind_of(error: &hyper::Error) -> ErrorKind {
    match error.is_parse() {
        true => ErrorKind::Error,
        false => ErrorKind::Reset,
    }
}

/// A server that accepts, and over TLS shows a good certificate, is taken for ready; what its health looks like only the scenario knows
/// (`ready: {http: /path}`).
async fn connect(setup: Setup) -> Result<(), String> {
    let secure = setup.secure(tls::HTTP)?;
    tls::connect(setup.address, secure.as_ref()).await.map(drop).map_err(|error| format!("connecting failed: {error}"))
}
