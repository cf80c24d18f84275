//! Which of the addresses of a name is meant: `localhost` is often both `::1` and `127.0.0.1`, and a server listens on one of them. It only
//! connects where it was told that it may.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server on this machine takes a connection at once; one that is slower is found by being the only one left.
const KNOCK: Duration = Duration::from_millis(300);

/// The first at which somebody listens, IPv4 before IPv6. Where nobody does, or there is but one, the first in that order.
pub fn answering(found: &[SocketAddr]) -> Option<SocketAddr> {
    let mut found = found.to_vec();
    found.sort_by_key(SocketAddr::is_ipv6);
    let listens = |address: &&SocketAddr| TcpStream::connect_timeout(address, KNOCK).is_ok();
    let heard = if found.len() > 1 { found.iter().find(listens) } else { None };
    heard.or(found.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn the_address_at_which_somebody_listens_is_taken_whatever_their_order() {
        let listener = TcpListener::bind("[::1]:0").expect("a free port");
        let six = listener.local_addr().expect("bound");
        let four = SocketAddr::new([127, 0, 0, 1].into(), six.port());
        for found in [[four, six], [six, four]] {
            assert_eq!(answering(&found), Some(six));
        }
        drop(listener);
        let listener = TcpListener::bind(four).expect("nobody else has it");
        for found in [[four, six], [six, four]] {
            assert_eq!(answering(&found), Some(four));
        }
        drop(listener);
        assert_eq!(answering(&[six, four]), Some(four), "nobody listens");
        assert_eq!((answering(&[six]), answering(&[])), (Some(six), None));
    }
}
