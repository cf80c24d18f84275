//! What is done to the packets of a room at this moment, by netem on both ends of the pair or by a queue inside.

use super::queue::Queue;
use super::room::INSIDE;
use super::run;
use crate::base::FaultId;
use crate::plan::Packets;
use std::fs::File;

/// How packets are handled on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// The kernel's own network emulator.
    Netem,
    /// The kernel asks firedrill about each packet (NFQUEUE).
    Queue,
}

impl Mechanism {
    /// For the report.
    pub fn words(self) -> &'static str {
        match self {
            Mechanism::Netem => "netem in a network namespace of its own",
            Mechanism::Queue => "NFQUEUE in a network namespace of its own (the kernel has no netem)",
        }
    }
}

#[derive(Debug)]
pub struct Shaping {
    active: Vec<(FaultId, Packets)>,
    how: How,
}

#[derive(Debug)]
enum How {
    Netem { name: String, link: String, seen: u64 },
    Queue(Queue),
}

impl Shaping {
    pub fn new(mechanism: Mechanism, name: &str, link: &str, door: File) -> Result<Shaping, String> {
        let how = match mechanism {
            Mechanism::Netem => How::Netem { name: name.to_owned(), link: link.to_owned(), seen: packets_over(link) },
            Mechanism::Queue => How::Queue(Queue::start(door)?),
        };
        Ok(Shaping { active: Vec::new(), how })
    }

    /// A fault that acts on several calls into the service is one here.
    pub fn apply(&mut self, fault: FaultId, packets: &Packets) -> Result<(), String> {
        if self.active.iter().any(|(other, _)| *other == fault) {
            return Ok(());
        }
        self.active.push((fault, packets.clone()));
        self.renew()
    }

    pub fn heal(&mut self, fault: FaultId) -> Result<(), String> {
        let before = self.active.len();
        self.active.retain(|(other, _)| *other != fault);
        if self.active.len() == before { Ok(()) } else { self.renew() }
    }

    /// Packets handled since the last time, for each fault in force.
    pub fn take_touched(&mut self) -> Vec<(FaultId, &'static str, u64)> {
        let count = match &mut self.how {
            How::Queue(queue) => queue.take_handled(),
            How::Netem { link, seen, .. } => {
                let now = packets_over(link);
                now.saturating_sub(std::mem::replace(seen, now))
            }
        };
        self.active.iter().map(|(fault, _)| (*fault, "packets handled", count)).collect()
    }

    fn renew(&mut self) -> Result<(), String> {
        let all: Vec<Packets> = self.active.iter().map(|(_, packets)| packets.clone()).collect();
        match &mut self.how {
            How::Queue(queue) => queue.set(all),
            How::Netem { name, link, .. } => {
                let inside = ["netns", "exec", name, "tc"];
                let ends: [(&str, &[&str], &str); 2] = [("tc", &[], link), ("ip", &inside, INSIDE)];
                for (program, before, device) in ends {
                    let words = netem(&all, device);
                    let words = words.iter().map(String::as_str);
                    run(program, &before.iter().copied().chain(words).collect::<Vec<_>>())?;
                }
                Ok(())
            }
        }
    }
}

/// The arguments of `tc`: all faults together as one discipline, since delays add and losses are independent.
fn netem(all: &[Packets], device: &str) -> Vec<String> {
    let text = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    if all.is_empty() {
        return text(&format!("qdisc replace dev {device} root pfifo_fast"));
    }
    let (mut low, mut high) = (0.0, 0.0);
    for by in all.iter().filter_map(|packets| packets.delay.as_ref()) {
        let (least, most) = match by {
            crate::base::Dist::Uniform { low, high } => (*low, *high),
            other => (other.mean(), other.mean()),
        };
        (low, high) = (low + least, high + most);
    }
    let share = |of: fn(&Packets) -> f64| 100.0 * (1.0 - all.iter().map(|packets| 1.0 - of(packets)).product::<f64>());
    let (delay_us, jitter_us) = ((low + high) / 2.0 * 1e6, (high - low) / 2.0 * 1e6);
    let mut words = format!("qdisc replace dev {device} root netem limit 100000");
    if delay_us > 0.0 {
        words.push_str(&format!(" delay {delay_us:.0}us {jitter_us:.0}us"));
    }
    for (name, share) in [
        ("loss", share(|packets| packets.loss)),
        ("duplicate", share(|packets| packets.duplicate)),
        ("reorder", share(|packets| packets.reorder)),
    ] {
        if share > 0.0 {
            words.push_str(&format!(" {name} {share:.4}%"));
        }
    }
    text(&words)
}

/// Both ways.
fn packets_over(link: &str) -> u64 {
    let read = |what: &str| std::fs::read_to_string(format!("/sys/class/net/{link}/statistics/{what}")).ok();
    ["rx_packets", "tx_packets"].iter().filter_map(|what| read(what)?.trim().parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;

    #[test]
    fn several_faults_are_one_discipline() {
        let one = Packets { delay: Some(Dist::Constant(0.05)), loss: 0.5, ..Packets::default() };
        let other = Packets { delay: Some(Dist::Uniform { low: 0.01, high: 0.03 }), loss: 0.5, ..Packets::default() };
        let words = netem(&[one, other], "fd-1").join(" ");
        assert_eq!(words, "qdisc replace dev fd-1 root netem limit 100000 delay 70000us 10000us loss 75.0000%");
        assert_eq!(netem(&[], "fd-1").join(" "), "qdisc replace dev fd-1 root pfifo_fast");
    }
}
