//! Whose listening socket a port is: asked so that a foreign server that took the port first is not taken for ours.
//! Only reads /proc.

use crate::live::undo::identity::Kin;
use std::fs;

/// Whether one of these processes listens on this TCP port. `false` may also mean that it cannot be seen: the socket
/// can belong to a helper outside the group (as with a container engine), or /proc may be closed to us.
pub fn listens(port: u16, kin: Kin) -> bool {
    let group = kin.head();
    // As its leader sees it: it may have a network of its own.
    let sockets: Vec<String> = ["tcp", "tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(format!("/proc/{group}/net/{table}")).ok())
        .flat_map(|table| table.lines().filter_map(|line| listening(line, port)).collect::<Vec<_>>())
        .collect();
    kin.members().iter().any(|(pid, _)| holds_any(*pid, &sockets))
}

/// `sl local_address rem_address st … inode`: the link text of the socket if it listens on `port`.
fn listening(line: &str, port: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let local = fields.get(1)?.rsplit_once(':')?.1;
    let matches = u16::from_str_radix(local, 16) == Ok(port) && fields.get(3) == Some(&LISTEN);
    matches.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
}

fn holds_any(pid: i32, sockets: &[String]) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
    links.into_iter().any(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::undo::identity;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_listener_is_found_in_its_own_group_only() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mine = identity::Stat::of(std::process::id() as i32).unwrap().group;
        assert!(listens(port, Kin::Group(mine)));
        let mut sleep = std::process::Command::new("sleep");
        let mut other = std::os::unix::process::CommandExt::process_group(sleep.arg("100"), 0).spawn().unwrap();
        assert!(!listens(port, Kin::Group(other.id() as i32)));
        other.kill().unwrap();
        other.wait().unwrap();
        // A connection from that port is no listener.
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert!(!listens(stream.local_addr().unwrap().port(), Kin::Group(mine)));
    }
}
