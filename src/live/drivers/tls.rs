//! TLS under a driver's protocol: whom callers trust, and one handshake. Sessions are never resumed, so that each new one sees the
//! server's certificate, as each new one of the model does. It decides neither when a session is made nor how long it lives.

use super::kind_of_io;
use crate::base::ErrorKind;
use serde::{Deserialize, Serialize};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

/// HTTP/1.1 and HTTP/2 as ALPN has them.
pub const HTTP: &str = "http/1.1";
pub const HTTP2: &str = "h2";

/// What makes a server's certificate one to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// The name or address that it must be for.
    pub name: String,
    /// The authorities, in PEM; `None`: those that the system trusts.
    pub authorities: Option<String>,
}

/// How sessions are made with one server.
pub struct Secure {
    connector: TlsConnector,
    name: ServerName<'static>,
    protocol: &'static [u8],
}

/// A connection with or without TLS.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

impl Trust {
    /// `protocol` is the one that is asked for (ALPN, RFC 7301). Errors are words for people.
    pub fn secure(&self, protocol: &'static str) -> Result<Secure, String> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(self.roots()?)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![protocol.into()];
        let name = ServerName::try_from(self.name.clone());
        let name = name.map_err(|_| format!("`{}` is no name that a certificate could be for", self.name))?;
        Ok(Secure { connector: TlsConnector::from(Arc::new(config)), name, protocol: protocol.as_bytes() })
    }

    /// The authorities, of which there must be one at least.
    pub fn roots(&self) -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        match &self.authorities {
            Some(pem) => {
                for cert in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    let cert = cert.map_err(|error| format!("the certificates cannot be read: {error}"))?;
                    roots.add(cert).map_err(|error| format!("a certificate is not one of an authority: {error}"))?;
                }
                if roots.is_empty() {
                    return Err("there is no certificate in it; PEM is expected".to_owned());
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if roots.is_empty() {
                    return Err("this system trusts no authority; name a file of certificates with `ca`".to_owned());
                }
            }
        }
        Ok(roots)
    }
}

impl Secure {
    pub async fn connect(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let stream = self.connector.connect(self.name.clone(), tcp(address).await?).await?;
        let agreed = stream.get_ref().1.alpn_protocol();
        // A server that knows nothing of ALPN speaks HTTP/1.1 (RFC 9113, 3.2).
        match agreed == Some(self.protocol) || (agreed.is_none() && self.protocol == HTTP.as_bytes()) {
            true => Ok(stream),
            false => Err(io::Error::other("it does not speak the protocol over TLS")),
        }
    }
}

pub async fn connect(address: SocketAddr, secure: Option<&Secure>) -> io::Result<Box<dyn Duplex>> {
    Ok(match secure {
        Some(secure) => Box::new(secure.connect(address).await?),
        None => Box::new(tcp(address).await?),
    })
}

async fn tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Small requests must not wait for one another's acknowledgements.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// What is wrong with a new connection, as its caller sees it.
pub fn kind_of(error: &io::Error) -> ErrorKind {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(_)) => ErrorKind::Untrusted,
        _ => kind_of_io(error),
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
