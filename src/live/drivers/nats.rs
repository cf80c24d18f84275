//! Calls to NATS JetStream: each request publishes one message to a stream on disk and waits for the server's acknowledgement. Many
//! requests share a connection, which the client makes anew by itself; meanwhile requests are refused instead of being held back.

use super::slots::Slots;
use super::{Acked, Kind, Peer, Setup, Speaker, Tally};
use crate::base::{ErrorKind, Outcome};
use crate::engine::Traits;
use crate::plan::real::Protocol;
use async_nats::connection::State;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{Context, GetStreamError, GetStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::stream::{Config, RawMessageErrorKind};
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Connections of one edge.
const CONNECTIONS: usize = 4;
/// Requests that read messages back side by side.
const READERS: u64 = 16;
/// An acknowledgement that was lost with a connection never comes; the engine's timeouts are shorter.
const ACK_WITHIN: Duration = Duration::from_secs(60);
/// How soon a broken connection is made anew.
const RECONNECT: Duration = Duration::from_millis(100);

pub const KIND: Kind = Kind {
    how: "async-nats, JetStream publish with acknowledgement to a stream on disk, 4 connections an edge",
    prepare: Some(|setup| Box::pin(prepare(setup))),
    clear: Some(|setup| Box::pin(clear(setup))),
    is_left: Some(|setup| Box::pin(is_left(setup))),
    read_back: Some(|setup, acked| Box::pin(read_back(setup, acked))),
    ..Kind::new(
        Protocol::Nats,
        |peer| Ok(Speaker::Nats(Nats { subject: name_of(&peer.setup), peer, slots: Slots::new(CONNECTIONS) })),
        |setup| Box::pin(ready(setup)),
    )
};

pub struct Nats {
    peer: Peer,
    subject: String,
    slots: Slots<Context>,
}

impl Nats {
    pub async fn call(&self, traits: Traits) -> Outcome {
        let context = match self.slots.get(|| self.connect()).await {
            Ok((context, _)) => context,
            Err(kind) => return Outcome::Failed(kind),
        };
        if context.client().connection_state() != State::Connected {
            return Outcome::Failed(ErrorKind::Refused);
        }
        let write = self.peer.acked.begin(traits.key);
        let published = async {
            let sent = context.publish(self.subject.clone(), write.value(self.peer.request_bytes).into()).await?;
            sent.await
        };
        match published.await {
            Ok(_) => {
                write.acknowledged();
                Outcome::Ok
            }
            Err(error) => Outcome::Failed(match error.kind() {
                PublishErrorKind::TimedOut => ErrorKind::Timeout,
                PublishErrorKind::BrokenPipe => ErrorKind::Reset,
                PublishErrorKind::StreamNotFound => ErrorKind::Unavailable,
                PublishErrorKind::MaxAckPending => ErrorKind::Throttled,
                _ if error.to_string().contains("resources") => ErrorKind::NoSpace,
                _ => ErrorKind::Error,
            }),
        }
    }

    async fn connect(&self) -> Result<Context, ErrorKind> {
        let client = connect(&self.peer.setup).await.map_err(|error| kind_of(&error))?;
        let mut context = async_nats::jetstream::new(client);
        context.set_timeout(ACK_WITHIN);
        Ok(context)
    }
}

async fn connect(setup: &Setup) -> Result<Client, ConnectError> {
    let mut options = ConnectOptions::new().name("firedrill").reconnect_delay_callback(|_| RECONNECT);
    if let Some(user) = &setup.account.user {
        options = options.user_and_password(user.clone(), setup.password().unwrap_or_default());
    }
    options.connect(setup.address.to_string()).await
}

fn kind_of(error: &ConnectError) -> ErrorKind {
    let io = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    match (error.kind(), io) {
        (ConnectErrorKind::TimedOut, _) => ErrorKind::Timeout,
        (ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation, _) => ErrorKind::Error,
        (_, Some(io)) => super::kind_of_io(io),
        (_, None) => ErrorKind::Reset,
    }
}

/// The stream and its one subject; a stream's name has neither dots nor blanks.
fn name_of(setup: &Setup) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("{}_{}", setup.mark("_"), setup.name.chars().map(plain).collect::<String>())
}

async fn context(setup: &Setup) -> Result<Context, String> {
    connect(setup).await.map(async_nats::jetstream::new).map_err(|error| error.to_string())
}

/// JetStream itself must answer, which takes a moment longer than the port.
async fn ready(setup: Setup) -> Result<(), String> {
    let client = connect(&setup).await.map_err(|error| error.to_string())?;
    client.request("$JS.API.INFO", "".into()).await.map(drop).map_err(|error| error.to_string())
}

async fn prepare(setup: Setup) -> Result<(), String> {
    let name = name_of(&setup);
    let config = Config { subjects: vec![name.clone()], name, allow_direct: true, ..Config::default() };
    context(&setup).await?.get_or_create_stream(config).await.map(drop).map_err(|error| error.to_string())
}

async fn clear(setup: Setup) -> Result<(), String> {
    let deleted = context(&setup).await?.delete_stream(name_of(&setup)).await;
    match deleted {
        Ok(_) => Ok(()),
        // It may never have come to be.
        Err(_) if is_left(setup).await == Ok(false) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

async fn is_left(setup: Setup) -> Result<bool, String> {
    match context(&setup).await?.get_stream(name_of(&setup)).await {
        Ok(_) => Ok(true),
        Err(error) if is_no_stream(&error) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

async fn read_back(setup: Setup, acked: Arc<Acked>) -> Result<Tally, String> {
    let context = context(&setup).await?;
    let stream = match context.get_stream(name_of(&setup)).await {
        Ok(stream) => stream,
        Err(error) if is_no_stream(&error) => return Ok(acked.tally_messages([])),
        Err(error) => return Err(error.to_string()),
    };
    let state = stream.cached_info().state.clone();
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let (stream, acked) = (stream.clone(), acked.clone());
        readers.spawn(async move {
            let mut found = Vec::new();
            for sequence in (state.first_sequence + reader..=state.last_sequence).step_by(READERS as usize) {
                match stream.get_raw_message(sequence).await {
                    Ok(message) => found.extend(acked.number_in(&message.payload)),
                    // What is not there any more is what is being looked for; no answer is not an answer.
                    Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => {}
                    Err(error) => return Err(format!("message {sequence}: {error}")),
                }
            }
            Ok(found)
        });
    }
    let found: Vec<Vec<_>> = readers.join_all().await.into_iter().collect::<Result<_, String>>()?;
    Ok(acked.tally_messages(found.into_iter().flatten()))
}

fn is_no_stream(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}
