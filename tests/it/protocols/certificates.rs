//! Wrong certificates on an edge in front of nginx with TLS, as a caller that checks them sees it.

use super::*;
use firedrill::live::certificates::{Authority, local_names};
use firedrill::plan::Untrusted;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

pub fn nginx(authority: &Authority) -> Server {
    let folder = folder();
    let issued = authority.issue(&local_names(), None).expect("a certificate");
    for (name, text) in [("cert.pem", issued.cert_pem), ("key.pem", issued.key_pem)] {
        std::fs::write(folder.path().join(name), text).expect("the folder can be written");
    }
    Server::start(folder, |folder, port| {
        let at = folder.display();
        let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
        let config = format!(
            "daemon off; {user} worker_processes 1; pid {at}/pid; error_log stderr; events {{}}
             http {{ access_log off; client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f;
               uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
               server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {at}/cert.pem; ssl_certificate_key {at}/key.pem;
                 location / {{ return 200 hello; }} }} }}"
        );
        std::fs::write(folder.join("nginx.conf"), config).expect("the folder can be written");
        let mut command = Command::new("nginx");
        command.args(["-e", "stderr", "-p", &at.to_string(), "-c", &format!("{at}/nginx.conf")]);
        command
    })
}

async fn session(proxy: &FaultProxy, authority: &Authority) -> Result<TlsStream<TcpStream>, String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.der())).expect("an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the defaults")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(proxy.address()).await.expect("the proxy accepts");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| error.to_string())
}

async fn hello(stream: &mut TlsStream<TcpStream>) {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
    let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
    while !all.ends_with(b"hello") {
        let count = tokio::time::timeout(LONG, stream.read(&mut buffer)).await.expect("in time").expect("read");
        assert!(count > 0, "{}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..count]);
    }
}

#[tokio::test]
async fn new_sessions_fail_as_they_should_and_open_ones_live_on() {
    let authority = Arc::new(Authority::new().expect("an authority"));
    let server = nginx(&authority);
    let mut setup = Setup::new((Ipv4Addr::LOCALHOST, 0).into(), server.address.into(), 7, "edge");
    setup.authority = Some(authority.clone());
    let proxy = FaultProxy::open(setup).expect("a free port");
    let mut open = session(&proxy, &authority).await.expect("trusted");
    hello(&mut open).await;
    for (turn, (wrong, said)) in (1..).zip([
        (Untrusted::Expired, "Expired"),
        (Untrusted::NotYetValid, "NotValidYet"),
        (Untrusted::WrongName, "NotValidForName"),
        (Untrusted::UnknownCa, "UnknownIssuer"),
    ]) {
        proxy.heal(IT);
        proxy.apply(IT, &Effect::Certificate(wrong));
        let error = session(&proxy, &authority).await.expect_err("not trusted");
        let plain = error.replace(' ', "").to_lowercase();
        let words = [said.to_lowercase(), said.replace("NotValidYet", "not valid yet").replace(' ', "").to_lowercase()];
        assert!(words.iter().any(|word| plain.contains(word)), "{wrong:?}: {error}");
        let begun = Instant::now();
        while counted(&proxy, "handshakes failed") < turn {
            assert!(begun.elapsed() < LONG, "the proxy counts what failed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        hello(&mut open).await;
    }
    proxy.heal(IT);
    hello(&mut session(&proxy, &authority).await.expect("trusted again")).await;
}
