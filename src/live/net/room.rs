//! The namespace of one service and the pair of interfaces that leads into it.

use super::{Mechanism, Shaping, probe, run};
use crate::live::Trouble;
use crate::live::undo::{EntryId, Ledger, entries, fresh_run_id};
use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::thread;
use std::time::Duration;

/// Addresses for tests of network devices (RFC 2544), which nobody uses in earnest: 198.18.0.0/15, cut into networks of four.
const BLOCK: u32 = 0xC612_0000;
const NETWORKS: u32 = 1 << 15;
/// The name of the interface inside.
pub const INSIDE: &str = "eth0";

/// Dropping it removes it; do that after the processes in it have ended.
#[derive(Debug)]
pub struct Room {
    name: String,
    /// Our end of the pair.
    link: String,
    address: Ipv4Addr,
    gateway: Ipv4Addr,
    entry: EntryId,
    mechanism: Result<Mechanism, String>,
    shaping: Option<Shaping>,
    ledger: Ledger,
}

impl Room {
    /// `service` is only there for people.
    pub fn create(service: &str, ledger: &Ledger) -> Result<Room, Trouble> {
        let trouble =
            |why: String| Trouble::Signal { service: service.to_owned(), verb: "given a network of its own", why };
        let random = fresh_run_id().map_err(|error| trouble(error.to_string()))?;
        // The part behind the pid; the kernel takes names of 15 characters.
        let random = random.rsplit('-').next().unwrap_or_default();
        let (name, link) = (format!("firedrill-{}-{random}", ledger.run_id()), format!("fd-{random}"));
        let number = u32::from_str_radix(random, 16).unwrap_or(0);
        let network = free_network(number).map_err(trouble)?;
        let (ours, theirs) = (Ipv4Addr::from(network + 1), Ipv4Addr::from(network + 2));
        // Only a fault of packets needs one, and was refused where there is none.
        let mechanism = probe::best(&[]);
        let entry = ledger.record(entries::Network { name: name.clone(), link: link.clone() })?;
        let (shaping, ledger) = (None, ledger.clone());
        let room = Room { name, link, address: theirs, gateway: ours, entry, mechanism, shaping, ledger };
        room.furnish(ours).map_err(trouble)?;
        Ok(room)
    }

    fn furnish(&self, ours: Ipv4Addr) -> Result<(), String> {
        let (name, link) = (self.name.as_str(), self.link.as_str());
        let (ours, theirs) = (format!("{ours}/30"), format!("{}/30", self.address));
        run("ip", &["netns", "add", name])?;
        run("ip", &["link", "add", link, "type", "veth", "peer", "name", INSIDE, "netns", name])?;
        run("ip", &["addr", "add", &ours, "dev", link])?;
        run("ip", &["link", "set", link, "up"])?;
        run("ip", &["-n", name, "addr", "add", &theirs, "dev", INSIDE])?;
        run("ip", &["-n", name, "link", "set", INSIDE, "up"])?;
        run("ip", &["-n", name, "link", "set", "lo", "up"])
    }

    /// Where whoever lives in it is reached.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Does something on a thread that lives in it; what it starts lives there too.
    pub fn within<T: Send>(&self, act: impl FnOnce() -> T + Send) -> io::Result<T> {
        let door = self.door()?;
        let inside = || {
            // SAFETY: changes only which network this thread sees, with a file that is open.
            match unsafe { libc::setns(door.as_raw_fd(), libc::CLONE_NEWNET) } {
                0 => Ok(act()),
                _ => Err(io::Error::last_os_error()),
            }
        };
        thread::scope(|scope| scope.spawn(inside).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }

    /// This machine's end, where whoever lives in it reaches what listens there.
    pub fn gateway(&self) -> Ipv4Addr {
        self.gateway
    }

    /// What is done to its packets.
    pub fn shaping(&mut self) -> Result<&mut Shaping, String> {
        if self.shaping.is_none() {
            let door = self.door().map_err(|error| error.to_string())?;
            self.shaping = Some(Shaping::new(self.mechanism.clone()?, &self.name, &self.link, door)?);
        }
        self.shaping.as_mut().ok_or_else(|| "it was not made".to_owned())
    }

    /// What is in force, if anything ever was.
    pub fn shaped(&mut self) -> Option<&mut Shaping> {
        self.shaping.as_mut()
    }

    fn door(&self) -> io::Result<File> {
        File::open(format!("/run/netns/{}", self.name))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.shaping = None;
        self.ledger.undo(self.entry, Duration::ZERO);
    }
}

/// The first network from `number` on that no route of this machine leads to.
fn free_network(number: u32) -> Result<u32, String> {
    let table = fs::read_to_string("/proc/net/route").map_err(|error| format!("the routes cannot be read: {error}"))?;
    let taken: Vec<u32> = table.lines().skip(1).filter_map(destination).collect();
    let network = |n: u32| BLOCK + 4 * (number.wrapping_add(n) % NETWORKS);
    (0..NETWORKS).map(network).find(|one| !taken.contains(one)).ok_or_else(|| "no network is free".to_owned())
}

/// `Iface Destination …`, the address in hexadecimal and in the order of bytes of this machine.
fn destination(line: &str) -> Option<u32> {
    let hex = line.split_ascii_whitespace().nth(1)?;
    Some(u32::from_str_radix(hex, 16).ok()?.swap_bytes())
}
