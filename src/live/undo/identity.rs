//! Who a process is: its pid together with its start time, so that a reused pid is never taken for ours.
//! Signals only those that a caller has made sure of.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;
use std::{fs, io};

/// A process for certain, within one boot of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: i32,
    /// Clock ticks since boot, from /proc/PID/stat.
    pub start_time: u64,
}

impl Identity {
    pub fn of(pid: i32) -> Option<Identity> {
        Stat::of(pid).map(|stat| Identity { pid, start_time: stat.start_time })
    }

    pub fn of_self() -> io::Result<Identity> {
        let pid = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        Identity::of(pid).ok_or_else(|| io::Error::other("/proc/self/stat cannot be read; is /proc mounted?"))
    }

    /// Still in the process table, if only as a zombie: then its pid cannot belong to anybody else.
    pub fn holds_its_pid(self) -> bool {
        Stat::of(self.pid).is_some_and(|stat| stat.start_time == self.start_time)
    }

    pub fn is_alive(self) -> bool {
        Stat::of(self.pid).is_some_and(|stat| stat.start_time == self.start_time && stat.is_alive())
    }

    pub fn is_stopped(self) -> bool {
        Stat::of(self.pid).is_some_and(|stat| stat.start_time == self.start_time && stat.is_stopped())
    }

    /// To this process and nobody else: by a descriptor of it, which a process that gets its pid later does not inherit.
    pub fn signal(self, signal: Signal) -> nix::Result<()> {
        // SAFETY: a plain system call; it gives a descriptor or an error.
        let opened = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, self.pid, 0) })?;
        // SAFETY: the kernel has just given it to us, and nobody else knows of it.
        let door = unsafe { OwnedFd::from_raw_fd(opened as RawFd) };
        if !self.is_alive() {
            return Err(Errno::ESRCH);
        }
        let (door, no_info) = (door.as_raw_fd(), std::ptr::null::<libc::siginfo_t>());
        // SAFETY: the descriptor is open, and without more information the kernel makes that of `kill`.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, door, signal as libc::c_int, no_info, 0) };
        Errno::result(sent).map(drop)
    }
}

/// The few fields of /proc/PID/stat that matter here.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    pub state: char,
    pub parent: i32,
    pub group: i32,
    pub start_time: u64,
}

impl Stat {
    pub fn of(pid: i32) -> Option<Stat> {
        Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The command name may hold spaces and brackets, so fields are counted from the last closing one.
    fn parse(text: &str) -> Option<Stat> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        Some(Stat {
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            start_time: fields.get(19)?.parse().ok()?,
        })
    }

    pub fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }

    pub fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }
}

/// Every process of a group that still runs (or is stopped), and what they started in groups of its own, as PostgreSQL does with each
/// of its helpers. Zombies are left out; what lost its parent and its group is no longer found.
pub fn group_members(group: i32) -> Vec<(i32, Stat)> {
    with_descendants(|_, stat| stat.group == group)
}

/// Those with whom one begins that still run (or are stopped), and all that descends from them.
fn with_descendants(begins: impl Fn(i32, &Stat) -> bool) -> Vec<(i32, Stat)> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = folder.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let (mut members, mut others): (Vec<_>, Vec<_>) =
        pids.filter_map(|pid| Some((pid, Stat::of(pid)?))).partition(|(pid, stat)| begins(*pid, stat));
    let mut looked_at = 0;
    while looked_at < members.len() {
        let parent = members[looked_at].0;
        let (children, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, stat)| stat.parent == parent);
        members.extend(children);
        others = rest;
        looked_at += 1;
    }
    members.retain(|(_, stat)| stat.is_alive());
    members
}

/// Who belongs to a process that is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// Started by us: everybody of its group, and what they started in groups of their own.
    Group(i32),
    /// Somebody else's: itself and its descendants. Who else is in its group is none of our business, and may be ourselves.
    Descendants(Identity),
}

impl Kin {
    pub fn members(self) -> Vec<(i32, Stat)> {
        match self {
            Kin::Group(group) => group_members(group),
            Kin::Descendants(who) => with_descendants(|pid, stat| pid == who.pid && stat.start_time == who.start_time),
        }
    }

    /// The process that all of them come from.
    pub fn head(self) -> i32 {
        match self {
            Kin::Group(group) => group,
            Kin::Descendants(who) => who.pid,
        }
    }
}

/// To the group at once, and then to its members that are outside it.
pub fn signal_members(group: i32, signal: Signal) -> nix::Result<()> {
    let members = group_members(group);
    let sent = killpg(Pid::from_raw(group), signal);
    for (pid, _) in members.iter().filter(|(_, stat)| stat.group != group) {
        // One that ended meanwhile needs no signal.
        let _ = kill(Pid::from_raw(*pid), signal);
    }
    sent
}

/// Now, as start times are counted.
pub fn ticks_since_boot() -> u64 {
    let per_second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from);
    (now.as_secs_f64() * per_second as f64) as u64
}

/// Whether a process was started with `name=value` in its environment.
pub fn has_in_environment(pid: i32, name: &str, value: &str) -> bool {
    let wanted = format!("{name}={value}");
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|all| all.split(|b| *b == 0).any(|one| one == wanted.as_bytes()))
}

/// Whether these stand one after another among its arguments.
pub fn has_arguments(pid: i32, words: &[&str]) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let all: Vec<&[u8]> = line.split(|b| *b == 0).collect();
    all.windows(words.len()).any(|some| some.iter().zip(words).all(|(one, word)| *one == word.as_bytes()))
}

pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// Names the pid namespace: in another container our pids mean other processes.
pub fn pid_namespace() -> io::Result<String> {
    Ok(fs::read_link("/proc/self/ns/pid")?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_with_brackets_does_not_shift_the_fields() {
        let rest = "S 1 77 77 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 1000 1";
        let stat = Stat::parse(&format!("12 (odd) name (x)) {rest}")).unwrap();
        assert_eq!((stat.state, stat.group, stat.start_time), ('S', 77, 4242));
    }

    #[test]
    fn the_same_pid_with_another_start_time_is_somebody_else() {
        let me = Identity::of_self().unwrap();
        assert!(me.is_alive());
        assert!(!Identity { start_time: me.start_time + 1, ..me }.is_alive());
    }

    #[test]
    fn a_zombie_holds_its_pid_but_is_not_alive() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let who = Identity::of(child.id() as i32).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while who.is_alive() && std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        assert!(who.holds_its_pid() && !who.is_alive());
        child.wait().unwrap();
        assert!(!who.holds_its_pid());
    }
}
