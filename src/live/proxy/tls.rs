//! A wrong certificate on an edge: new sessions meet the proxy instead of the server, with a certificate made on the spot. Who takes it
//! all the same (because it checks nothing) is connected on, over a session of its own to the server. Sessions that are open, which
//! the proxy only carries, are not touched.

use super::evidence::Count;
use super::hub::{Close, Hub, Post};
use super::rules::Rule;
use crate::live::certificates::{self, Authority};
use crate::plan::Untrusted;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Whoever says nothing for this long does not want a session.
const HANDSHAKE_MAX: Duration = Duration::from_secs(30);
const WORD_BYTES: usize = 4096;

/// Presents such a certificate, of this authority if there is one.
pub fn acceptor(wrong: Untrusted, authority: Option<&Authority>) -> io::Result<TlsAcceptor> {
    let own;
    let authority = match authority {
        Some(authority) => authority,
        None => {
            own = Authority::new()?;
            &own
        }
    };
    let issued = authority.issue(&certificates::local_names(), Some(wrong))?;
    let chain = vec![CertificateDer::from(issued.cert_der)];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, PrivatePkcs8KeyDer::from(issued.key_der).into())
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The life of a connection that meets the wrong certificate.
pub async fn serve(hub: &Hub, post: &Post, client: &mut TcpStream, rule: &Rule, acceptor: &TlsAcceptor) -> Close {
    let order = poll_fn(|cx| post.poll(cx.waker()).map_or(Poll::Pending, Poll::Ready));
    tokio::select! {
        biased;
        close = order => close,
        () = exchange(hub, client, rule, acceptor) => Close::Clean,
    }
}

async fn exchange(hub: &Hub, client: &mut TcpStream, rule: &Rule, acceptor: &TlsAcceptor) {
    match tokio::time::timeout(HANDSHAKE_MAX, client.peek(&mut [0])).await {
        Ok(Ok(1..)) => {}
        // A look at the port: nothing was asked, so nothing went differently.
        Ok(_) => return,
        // Whoever waits for the server's first word is closed instead.
        Err(_) => return rule.tally.add(Count::ConnectionsClosed, 1),
    }
    let shaken = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(client)).await;
    let Ok(Ok(mut client)) = shaken else { return rule.tally.add(Count::HandshakesFailed, 1) };
    let Ok(mut server) = connected(hub).await else { return rule.tally.add(Count::HandshakesDone, 1) };
    let spoke = first_word(&mut client, &mut server).await;
    rule.tally.add(if spoke { Count::HandshakesDone } else { Count::HandshakesFailed }, 1);
    if spoke {
        // However it ends, both sides are closed.
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    }
}

/// Passes on what comes first, from whichever side. `false`: the client hung up without a word, because it looks at the certificate
/// only when the handshake is done, as nginx does.
async fn first_word<C, S>(client: &mut C, server: &mut S) -> bool
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut there, mut back) = (vec![0; WORD_BYTES], vec![0; WORD_BYTES]);
    // What is lost here shows in the copying that follows.
    tokio::select! {
        read = client.read(&mut there) => match read {
            Ok(0) | Err(_) => return false,
            Ok(count) => drop(pass_on(&there[..count], server).await),
        },
        read = server.read(&mut back) => drop(pass_on(&back[..read.unwrap_or(0)], client).await),
    }
    true
}

async fn pass_on(word: &[u8], to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    to.write_all(word).await?;
    to.flush().await
}

async fn connected(hub: &Hub) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything(provider)))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, hub.upstream.connect().await?).await
}

/// The server behind the edge is who it is: the fault is about what its callers see.
#[derive(Debug)]
struct Anything(Arc<CryptoProvider>);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    #[tokio::test]
    async fn who_hangs_up_without_a_word_did_mind() {
        let ((client, mut inside), (mut outside, mut server)) = (duplex(64), duplex(64));
        drop(client);
        assert!(!first_word(&mut inside, &mut outside).await);
        let (mut client, mut inside) = duplex(64);
        client.write_all(b"GET").await.expect("room");
        assert!(first_word(&mut inside, &mut outside).await);
        let mut word = [0; 3];
        server.read_exact(&mut word).await.expect("it came through");
        assert_eq!(&word, b"GET");
        server.write_all(b"220").await.expect("room");
        assert!(first_word(&mut inside, &mut outside).await, "some servers speak first");
        client.read_exact(&mut word).await.expect("it came through");
        assert_eq!(&word, b"220");
    }
}
