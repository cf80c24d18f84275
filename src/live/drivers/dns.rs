//! Calls to a DNS server: each request asks for the address (type A) of one name in one UDP datagram, from a port of its own. A datagram
//! that is lost stays lost: asking again is the caller's policy.

use super::{Kind, Peer, Setup, Speaker, kind_of_io};
use crate::base::{ErrorKind, Outcome};
use crate::plan::real::Protocol;
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use tokio::net::UdpSocket;

/// The largest datagram that a server may send us (RFC 6891 names 4096).
const ANSWER_BYTES_MAX: usize = 4096;
/// What is asked for unless the client's `send` says otherwise.
const NAME: &str = "key-{key}.test";

pub const KIND: Kind = Kind {
    how: "one UDP datagram a request, from a port of its own; read and written by hickory-proto",
    ..Kind::new(
        Protocol::Dns,
        |peer| Ok(Speaker::Dns(Dns { name: template(&peer)?, peer })),
        |setup| Box::pin(ready(setup)),
    )
};

pub struct Dns {
    peer: Peer,
    /// `{key}` in it stands for the key's number.
    name: String,
}

impl Dns {
    pub async fn call(&self, key: u32) -> Outcome {
        match ask(self.peer.setup.address, &self.name.replace("{key}", &key.to_string())).await {
            Ok(answer) => outcome_of(&answer, self.peer.cache.is_some()),
            Err(error) => Outcome::Failed(kind_of_io(&error)),
        }
    }
}

/// A path names what is asked for here: `/www.example.test`.
fn template(peer: &Peer) -> Result<String, String> {
    let name = match peer.path.trim_start_matches('/') {
        "" => NAME,
        name => name,
    };
    Name::from_str(&name.replace("{key}", "0")).map_err(|error| format!("`{name}` is no name: {error}"))?;
    Ok(name.to_owned())
}

fn outcome_of(answer: &Message, cache: bool) -> Outcome {
    match answer.metadata.response_code {
        ResponseCode::NoError if !answer.answers.is_empty() => Outcome::Ok,
        ResponseCode::NoError | ResponseCode::NXDomain if cache => Outcome::Miss,
        ResponseCode::NoError | ResponseCode::NXDomain => Outcome::Failed(ErrorKind::Unresolved),
        ResponseCode::Refused => Outcome::Failed(ErrorKind::Rejected),
        _ => Outcome::Failed(ErrorKind::Error),
    }
}

async fn ask(server: SocketAddr, name: &str) -> std::io::Result<Message> {
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    // From here on only this server's datagrams are seen, and its closed port is told to us.
    socket.connect(server).await?;
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(Name::from_str(name).map_err(std::io::Error::other)?, RecordType::A));
    socket.send(&question.to_vec().map_err(std::io::Error::other)?).await?;
    let mut buffer = [0; ANSWER_BYTES_MAX];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let answer = Message::from_vec(&buffer[..length]).map_err(std::io::Error::other)?;
        if answer.metadata.id == question.metadata.id {
            return Ok(answer);
        }
    }
}

/// Any answer will do, also that there is no such name.
async fn ready(setup: Setup) -> Result<(), String> {
    ask(setup.address, "firedrill.test").await.map(drop).map_err(|error| error.to_string())
}
