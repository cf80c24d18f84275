//! Calls to a mail server: each request is one mail, handed over on a connection that carries one mail at a time. Plain SMTP (RFC 5321);
//! a server that wants TLS or a login is not spoken to.

use super::pool::Pool;
use super::{Acked, Kind, Peer, Setup, Speaker, Tally, Write};
use crate::base::{ErrorKind, Outcome};
use crate::engine::Traits;
use crate::plan::real::Protocol;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// Connections of one edge.
const CONNECTIONS_MAX: usize = 64;
const FROM: &str = "firedrill@localhost";
const TO: &str = "sink@localhost";
/// Marks the line of a mail that holds its number.
const MARK: &str = "X-Firedrill: ";
/// A line of a mail's body (RFC 5321, 4.5.3.1.6 allows 998 characters).
const LINE: &str = "..............................................................\r\n";

pub const KIND: Kind = Kind {
    how: "lettre, one mail at a time on each of at most 64 connections an edge",
    read_back: Some(|setup, acked| Box::pin(read_back(setup, acked))),
    ..Kind::new(
        Protocol::Smtp,
        |peer| {
            let address = |text: &str| text.parse::<lettre::Address>().map_err(|error| error.to_string());
            let envelope =
                Envelope::new(Some(address(FROM)?), vec![address(TO)?]).map_err(|error| error.to_string())?;
            Ok(Speaker::Smtp(Smtp { peer, envelope, pool: Pool::new(CONNECTIONS_MAX) }))
        },
        |setup| Box::pin(ready(setup.address)),
    )
};

pub struct Smtp {
    peer: Peer,
    envelope: Envelope,
    pub pool: Pool<AsyncSmtpConnection>,
}

impl Smtp {
    pub async fn call(&self, traits: Traits) -> Outcome {
        let _room = self.pool.room().await;
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return Outcome::Failed(kind_of(&error)),
        };
        let write = self.peer.acked.begin(traits.key);
        let sent = connection.send(&self.envelope, mail(&write, self.peer.request_bytes).as_bytes()).await;
        match connection.has_broken() {
            true => self.pool.clear(),
            false => self.pool.put_back(connection),
        }
        match sent {
            Ok(_) => {
                write.acknowledged();
                Outcome::Ok
            }
            Err(error) => Outcome::Failed(kind_of(&error)),
        }
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        match self.pool.take() {
            Some(connection) => Ok(connection),
            None => connect(self.peer.setup.address).await,
        }
    }
}

async fn connect(address: SocketAddr) -> Result<AsyncSmtpConnection, Error> {
    let hello = ClientId::Domain("localhost".to_owned());
    AsyncSmtpConnection::connect_tokio1(address, None, &hello, None, None).await
}

/// At least `bytes` long, in lines that every server takes.
fn mail(write: &Write, bytes: u64) -> String {
    let number = String::from_utf8_lossy(&write.value(0)).into_owned();
    let mut mail = format!("From: <{FROM}>\r\nTo: <{TO}>\r\nSubject: firedrill\r\n{MARK}{number}\r\n\r\n");
    let left = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_sub(mail.len());
    mail.push_str(&LINE.repeat(left.div_ceil(LINE.len())));
    mail
}

/// 4xx asks to come again, 452 for want of room (RFC 5321, 4.2.3); 5xx is a refusal for good.
fn kind_of(error: &Error) -> ErrorKind {
    if let Some(code) = error.status() {
        return match u16::from(code) {
            421 => ErrorKind::Unavailable,
            452 | 552 => ErrorKind::NoSpace,
            400..500 => ErrorKind::Rejected,
            _ => ErrorKind::Error,
        };
    }
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return super::kind_of_io(io);
        }
        source = inner.source();
    }
    ErrorKind::Reset
}

async fn ready(address: SocketAddr) -> Result<(), String> {
    let mut connection = connect(address).await.map_err(|error| error.to_string())?;
    connection.quit().await.map(drop).map_err(|error| error.to_string())
}

/// Looks through the folder in which a sink of ours keeps its mails.
async fn read_back(setup: Setup, acked: Arc<Acked>) -> Result<Tally, String> {
    let Some(folder) = setup.folder else { return Err("its mails are nowhere to be read".into()) };
    let found = tokio::task::spawn_blocking(move || {
        let mut numbers = Vec::new();
        collect(&folder, &acked, &mut numbers).map(|()| acked.tally_messages(numbers))
    });
    found.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

fn collect(folder: &Path, acked: &Acked, numbers: &mut Vec<u64>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), acked, numbers)?;
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned();
        let marked = text.lines().filter_map(|line| line.strip_prefix(MARK));
        numbers.extend(marked.filter_map(|value| acked.number_in(value.as_bytes())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_as_long_as_asked_and_its_number_is_found_again() {
        let acked = Arc::new(Acked::default());
        let write = acked.begin(1);
        let text = mail(&write, 1000);
        assert!((1000..1100).contains(&text.len()) && text.lines().all(|line| line.len() < 998));
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("deep")).expect("made");
        std::fs::write(folder.path().join("deep/mail"), text).expect("written");
        std::fs::write(folder.path().join("other"), "X-Firedrill: nonsense\n").expect("written");
        write.acknowledged();
        acked.begin(2).acknowledged();
        let mut numbers = Vec::new();
        collect(folder.path(), &acked, &mut numbers).expect("readable");
        assert_eq!(acked.tally_messages(numbers), Tally { acknowledged: 2, lost: 1 });
    }
}
