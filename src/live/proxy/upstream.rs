//! Where a proxy leads: an address, or a name that is looked up anew for each connection, because names move. Never keeps an answer.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    Address(SocketAddr),
    /// `host:port`.
    Name(String),
}

impl Upstream {
    /// For datagrams.
    pub async fn resolve(&self) -> io::Result<SocketAddr> {
        match self {
            Upstream::Address(address) => Ok(*address),
            Upstream::Name(name) => {
                let mut found = tokio::net::lookup_host(name).await?;
                found.next().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
            }
        }
    }

    pub async fn connect(&self) -> io::Result<TcpStream> {
        match self {
            Upstream::Address(address) => TcpStream::connect(address).await,
            Upstream::Name(name) => TcpStream::connect(name).await,
        }
    }
}

impl From<SocketAddr> for Upstream {
    fn from(address: SocketAddr) -> Upstream {
        Upstream::Address(address)
    }
}

impl From<&str> for Upstream {
    fn from(text: &str) -> Upstream {
        text.parse().map_or_else(|_| Upstream::Name(text.to_owned()), Upstream::Address)
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Upstream::Address(address) => address.fmt(f),
            Upstream::Name(name) => f.write_str(name),
        }
    }
}
