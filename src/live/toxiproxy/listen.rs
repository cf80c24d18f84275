//! From `host:port`, as people write it, to an address to listen on; and what an operating system's refusal is called in Go's words,
//! which clients print and some compare. Listens on nothing itself.

use super::answer::Refusal;
use nix::errno::Errno;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// A name that is not found in this time is taken for unknown: no request waits longer for a name server.
const LOOK_UP_MAX: Duration = Duration::from_secs(3);

/// The address that this text means. An empty host is every address, an empty text any port of every address.
pub async fn resolve(listen: &str) -> Result<SocketAddr, Refusal> {
    let listen = if listen.is_empty() { ":0" } else { listen };
    let Some((host, port)) = listen.rsplit_once(':') else {
        return Err(Refusal::new(500, format!("listen tcp: address {listen}: missing port in address")));
    };
    let Ok(port) = port.parse::<u16>() else {
        return Err(Refusal::new(500, format!("listen tcp: address {port}: invalid port")));
    };
    if host.is_empty() {
        return Ok(SocketAddr::from((any_host(), port)));
    }
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = plain.parse() {
        return Ok(SocketAddr::new(address, port));
    }
    let unknown = || Refusal::new(500, format!("listen tcp: lookup {host}: no such host"));
    let found = tokio::time::timeout(LOOK_UP_MAX, tokio::net::lookup_host((host, port))).await;
    let found: Vec<SocketAddr> = found.map_err(|_| unknown())?.map_err(|_| unknown())?.collect();
    found.iter().find(|address| address.is_ipv4()).or(found.first()).copied().ok_or_else(unknown)
}

/// `::` takes IPv4 as well; some machines have no IPv6 at all.
fn any_host() -> std::net::IpAddr {
    let has_v6 = std::net::UdpSocket::bind("[::]:0").is_ok();
    if has_v6 { std::net::Ipv6Addr::UNSPECIFIED.into() } else { std::net::Ipv4Addr::UNSPECIFIED.into() }
}

/// Why an address cannot be listened on.
pub fn refusal(address: SocketAddr, error: &io::Error) -> Refusal {
    let why = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EADDRNOTAVAIL) => "bind: cannot assign requested address".to_owned(),
        Some(errno) => format!("bind: {}", errno.desc().to_lowercase()),
        None => error.to_string(),
    };
    Refusal::new(500, format!("listen tcp {address}: {why}"))
}
