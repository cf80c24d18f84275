//! Handshakes with a server of our own: what is trusted, and what is said of what is not.

use super::*;
use crate::live::certificates::{Authority, Issued, local_names};
use crate::plan::Untrusted;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// Shakes hands with whoever comes.
async fn server(issued: Issued, protocol: Option<&str>) -> SocketAddr {
    let chain = vec![CertificateDer::from(issued.cert_der)];
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the defaults")
        .with_no_client_auth()
        .with_single_cert(chain, PrivatePkcs8KeyDer::from(issued.key_der).into())
        .expect("a certificate and its key");
    config.alpn_protocols = protocol.into_iter().map(Into::into).collect();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await);
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = acceptor.accept(stream).await;
        }
    });
    address
}

fn trust(authority: &Authority) -> Trust {
    Trust { name: "localhost".into(), authorities: Some(authority.pem()) }
}

async fn meets(authority: &Authority, issued: Issued) -> Result<(), ErrorKind> {
    let address = server(issued, None).await;
    let secure = trust(authority).secure(HTTP).expect("trust");
    secure.connect(address).await.map(drop).map_err(|error| kind_of(&error))
}

#[tokio::test]
async fn only_what_the_authority_vouches_for_is_taken() {
    let authority = Authority::new().expect("an authority");
    let issue = |wrong| authority.issue(&local_names(), wrong).expect("issued");
    assert_eq!(meets(&authority, issue(None)).await, Ok(()));
    for wrong in [Untrusted::Expired, Untrusted::NotYetValid, Untrusted::WrongName, Untrusted::UnknownCa] {
        assert_eq!(meets(&authority, issue(Some(wrong))).await, Err(ErrorKind::Untrusted), "{wrong:?}");
    }
    let other = Authority::new().expect("an authority");
    assert_eq!(meets(&other, issue(None)).await, Err(ErrorKind::Untrusted));
}

#[tokio::test]
async fn who_does_not_speak_tls_or_the_protocol_is_not_called_untrusted() {
    let authority = Authority::new().expect("an authority");
    let issued = authority.issue(&local_names(), None).expect("issued");
    let plain = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = plain.local_addr().expect("bound");
    tokio::spawn(async move { plain.accept().await.map(drop) });
    let secure = trust(&authority).secure(HTTP).expect("trust");
    assert_eq!(secure.connect(address).await.map(drop).map_err(|error| kind_of(&error)), Err(ErrorKind::Reset));
    let secure = trust(&authority).secure(HTTP2).expect("trust");
    let silent = secure.connect(server(issued.clone(), None).await).await.map(drop).expect_err("it speaks HTTP/1.1");
    assert!(silent.to_string().contains("protocol"), "{silent}");
    assert!(secure.connect(server(issued, Some(HTTP2)).await).await.is_ok());
}

#[test]
fn what_is_no_certificate_is_said_before_anything_is_called() {
    let with = |pem: &str| Trust { name: "localhost".into(), authorities: Some(pem.into()) }.secure(HTTP).err();
    assert!(with("").is_some_and(|why| why.contains("no certificate")));
    assert!(with("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_some());
    let authority = Authority::new().expect("an authority");
    assert!(Trust { name: "not a name".into(), ..trust(&authority) }.secure(HTTP).is_err());
}
