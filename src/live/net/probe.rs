//! What this kernel can do to packets, tried in a namespace that nobody sees. It leaves nothing behind.

use super::{Mechanism, in_scratch, run};
use crate::plan::Packets;

/// Whether a namespace of its own can be made for a service.
pub fn room() -> Result<(), String> {
    in_scratch(|| {
        run("ip", &["link", "add", "fd-probe", "type", "veth", "peer", "name", "fd-probe-2"])?;
        run("ip", &["link", "del", "fd-probe"])
    })
}

pub fn netem() -> Result<(), String> {
    in_scratch(|| run("tc", &["qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]))
}

pub fn queue() -> Result<(), String> {
    in_scratch(|| {
        let mut queue = nfq::Queue::open().map_err(|error| format!("no netlink queue can be opened: {error}"))?;
        queue.bind(0).map_err(|error| format!("no netlink queue can be bound: {error}"))?;
        run("iptables", &["-w", "-A", "OUTPUT", "-j", "NFQUEUE", "--queue-num", "0", "--queue-bypass"])
    })
}

/// The best mechanism that can do this, or why there is none.
pub fn best(wanted: &[&Packets]) -> Result<Mechanism, String> {
    let Err(no_netem) = netem() else { return Ok(Mechanism::Netem) };
    if wanted.iter().any(|packets| packets.duplicate > 0.0) {
        return Err(format!("packets can only be doubled by netem, which this kernel does not have ({no_netem})"));
    }
    queue().map(|()| Mechanism::Queue).map_err(|no_queue| {
        format!("neither netem ({no_netem}) nor NFQUEUE ({no_queue}) works here; use `latency` or `loss`, which the fault proxy plays")
    })
}
