//! Calls to an AMQP 0-9-1 broker such as RabbitMQ: each request publishes one persistent message to a durable queue and waits for the
//! broker's confirm. Many requests share a channel.

use super::slots::Slots;
use super::{Acked, Kind, Peer, Setup, Speaker, Tally};
use crate::base::{ErrorKind, Outcome};
use crate::engine::Traits;
use crate::plan::real::Protocol;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Error};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Connections of one edge, each with one channel.
const CONNECTIONS: usize = 4;
/// Channels that read messages back side by side.
const READERS: usize = 8;
/// AMQP's mark for a message that outlives its broker (delivery-mode 2).
const PERSISTENT: u8 = 2;

pub const KIND: Kind = Kind {
    how: "lapin, persistent messages with publisher confirms, 4 connections an edge",
    prepare: Some(|setup| Box::pin(prepare(setup))),
    clear: Some(|setup| Box::pin(clear(setup))),
    is_left: Some(|setup| Box::pin(is_left(setup))),
    read_back: Some(|setup, acked| Box::pin(read_back(setup, acked))),
    ..Kind::new(
        Protocol::Amqp,
        |peer| Ok(Speaker::Amqp(Amqp { queue: queue_of(&peer.setup), peer, slots: Slots::new(CONNECTIONS) })),
        |setup| Box::pin(async move { connect(&setup).await.map(drop).map_err(|error| error.to_string()) }),
    )
};

pub struct Amqp {
    peer: Peer,
    queue: String,
    slots: Slots<Line>,
}

/// A channel, and the connection that ends with its last user.
#[derive(Clone)]
struct Line {
    channel: Channel,
    _connection: Arc<Connection>,
}

impl Amqp {
    pub async fn call(&self, traits: Traits) -> Outcome {
        let (line, place) = match self.slots.get(|| self.connect()).await {
            Ok(line) => line,
            Err(kind) => return Outcome::Failed(kind),
        };
        let write = self.peer.acked.begin(traits.key);
        match publish(&line.channel, &self.queue, &write.value(self.peer.request_bytes)).await {
            Ok(true) => {
                write.acknowledged();
                Outcome::Ok
            }
            Ok(false) => Outcome::Failed(ErrorKind::Rejected),
            Err(error) => {
                if !line.channel.status().connected() {
                    self.slots.broke(place).await;
                }
                Outcome::Failed(kind_of(&error))
            }
        }
    }

    async fn connect(&self) -> Result<Line, ErrorKind> {
        let open = async {
            let connection = connect(&self.peer.setup).await?;
            let channel = connection.create_channel().await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            Ok(Line { channel, _connection: Arc::new(connection) })
        };
        open.await.map_err(|error: Error| kind_of(&error))
    }
}

/// Whether the broker took it.
async fn publish(channel: &Channel, queue: &str, payload: &[u8]) -> Result<bool, Error> {
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let sent = channel.basic_publish("".into(), queue.into(), BasicPublishOptions::default(), payload, properties);
    Ok(sent.await?.await?.is_ack())
}

/// AMQP 0-9-1, 1.2: the reply code of what is not there.
const NOT_FOUND: u16 = 404;

fn queue_of(setup: &Setup) -> String {
    format!("{}.{}", setup.mark("."), setup.name)
}

async fn connect(setup: &Setup) -> Result<Connection, Error> {
    let account = &setup.account;
    let (user, password) = (account.user.as_deref().unwrap_or("guest"), setup.password());
    let (user, password) = (escaped(user), escaped(password.as_deref().unwrap_or("guest")));
    let host = escaped(account.database.as_deref().unwrap_or("/"));
    Connection::connect(&format!("amqp://{user}:{password}@{}/{host}", setup.address), ConnectionProperties::default())
        .await
}

/// For a part of an address (RFC 3986, 2.1).
fn escaped(text: &str) -> String {
    let one = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

fn kind_of(error: &Error) -> ErrorKind {
    match error.kind() {
        lapin::ErrorKind::IOError(io) => super::kind_of_io(io),
        lapin::ErrorKind::MissingHeartbeatError => ErrorKind::Reset,
        lapin::ErrorKind::InvalidChannelState(..) | lapin::ErrorKind::InvalidConnectionState(_) => ErrorKind::Reset,
        _ => ErrorKind::Error,
    }
}

async fn prepare(setup: Setup) -> Result<(), String> {
    let declare = async {
        let connection = connect(&setup).await?;
        let channel = connection.create_channel().await?;
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(queue_of(&setup).into(), options, FieldTable::default()).await
    };
    declare.await.map(drop).map_err(|error| error.to_string())
}

async fn clear(setup: Setup) -> Result<(), String> {
    let delete = async {
        let connection = connect(&setup).await?;
        let channel = connection.create_channel().await?;
        channel.queue_delete(queue_of(&setup).into(), QueueDeleteOptions::default()).await
    };
    delete.await.map(drop).map_err(|error| error.to_string())
}

/// Asks for it without making it; "not found" closes the channel, not the connection.
async fn is_left(setup: Setup) -> Result<bool, String> {
    let connection = connect(&setup).await.map_err(|error| error.to_string())?;
    let channel = connection.create_channel().await.map_err(|error| error.to_string())?;
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    match channel.queue_declare(queue_of(&setup).into(), options, FieldTable::default()).await {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            lapin::ErrorKind::ProtocolError(refusal) if refusal.get_id() == NOT_FOUND => Ok(false),
            _ => Err(error.to_string()),
        },
    }
}

/// Takes every message out of the queue.
async fn read_back(setup: Setup, acked: Arc<Acked>) -> Result<Tally, String> {
    let connection = connect(&setup).await.map_err(|error| error.to_string())?;
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let channel = connection.create_channel().await.map_err(|error| error.to_string())?;
        readers.spawn(take_all(channel, queue_of(&setup), acked.clone()));
    }
    let mut found = Vec::new();
    while let Some(part) = readers.join_next().await {
        found.extend(part.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?);
    }
    Ok(acked.tally_messages(found))
}

async fn take_all(channel: Channel, queue: String, acked: Arc<Acked>) -> Result<Vec<u64>, Error> {
    let mut found = Vec::new();
    let options = BasicGetOptions { no_ack: true };
    while let Some(message) = channel.basic_get(queue.as_str().into(), options).await? {
        found.extend(acked.number_in(&message.delivery.data));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_host_and_a_password_survive_the_address() {
        assert_eq!(
            (escaped("/"), escaped("a b@c:d"), escaped("x-1.y_~")),
            ("%2F".into(), "a%20b%40c%3Ad".into(), "x-1.y_~".into())
        );
    }
}
