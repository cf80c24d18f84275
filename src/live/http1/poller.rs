//! Waits for sockets, for a moment and for a bell at once, on one thread. Built on epoll with a timeout in nanoseconds (epoll_pwait2, Linux 5.11),
//! because the waits of general runtimes are rounded to milliseconds. It knows nothing of what the sockets carry.

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::time::TimeSpec;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// Events taken in at a time; more come at the next look.
const EVENTS_MAX: usize = 512;
const BELL: u64 = u64::MAX;

pub struct Poller {
    watch: Watch,
    bell: Arc<Bell>,
    events: Vec<EpollEvent>,
    ready: usize,
    /// An older kernel waits for whole milliseconds; what is left of one passes awake.
    is_coarse: bool,
}

/// Says which sockets the poller listens to. Clones speak to the same poller.
#[derive(Clone)]
pub struct Watch {
    epoll: Arc<Epoll>,
}

/// Wakes the thread from any other. Costs a system call only while that thread sleeps.
pub struct Bell {
    fd: EventFd,
    asleep: AtomicBool,
}

/// What is the matter with a socket.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// The number it was watched under.
    pub number: u64,
    pub readable: bool,
    pub writable: bool,
    /// The peer has closed its side, or the connection is broken: reading will say.
    pub ended: bool,
}

impl Poller {
    pub fn new() -> io::Result<Poller> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let fd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        // Each edge is told once, so it needs not be read.
        let edge = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        epoll.add(&fd, EpollEvent::new(edge, BELL))?;
        let bell = Arc::new(Bell { fd, asleep: AtomicBool::new(false) });
        let watch = Watch { epoll: Arc::new(epoll) };
        let events = vec![EpollEvent::empty(); EVENTS_MAX];
        Ok(Poller { watch, bell, events, ready: 0, is_coarse: false })
    }

    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    pub fn bell(&self) -> Arc<Bell> {
        self.bell.clone()
    }

    /// From now on the bell is heard. Look once more whether there is anything to do before you wait.
    pub fn lie_down(&self) {
        self.bell.asleep.store(true, SeqCst);
    }

    pub fn get_up(&self) {
        self.bell.asleep.store(false, SeqCst);
    }

    /// Sleeps until then at the latest, or until a socket is ready or the bell rings; a moment that has passed is a look without sleep.
    pub fn wait(&mut self, until: Instant) -> io::Result<()> {
        let now = Instant::now();
        let waited = match until.checked_duration_since(now).filter(|wait| !wait.is_zero()) {
            None => self.watch.epoll.wait(&mut self.events, EpollTimeout::ZERO),
            Some(wait) => self.sleep(wait),
        };
        self.get_up();
        self.ready = match waited {
            Ok(count) => count,
            Err(nix::Error::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(())
    }

    /// What the last wait found, by position.
    pub fn ready(&self, position: usize) -> Option<Ready> {
        let event = self.events[..self.ready].get(position)?;
        let flags = event.events();
        let ended = flags.intersects(EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR);
        Some(Ready {
            number: event.data(),
            readable: flags.contains(EpollFlags::EPOLLIN) || ended,
            writable: flags.contains(EpollFlags::EPOLLOUT) || ended,
            ended,
        })
    }

    /// The kernel may be late by a thousandth of the wait, which it does not say, and by the slack of this thread's timers.
    fn sleep(&mut self, wait: Duration) -> nix::Result<usize> {
        if !self.is_coarse {
            match wait_precisely(&self.watch.epoll, &mut self.events, wait) {
                Err(Errno::ENOSYS) => self.is_coarse = true,
                waited => return waited,
            }
        }
        let whole = u16::try_from(wait.as_millis()).unwrap_or(u16::MAX);
        self.watch.epoll.wait(&mut self.events, EpollTimeout::from(whole))
    }
}

/// As epoll_wait, with a timeout in nanoseconds. By its number, because older C libraries have no name for it.
fn wait_precisely(epoll: &Epoll, events: &mut [EpollEvent], wait: Duration) -> nix::Result<usize> {
    let timeout = TimeSpec::from_duration(wait);
    let (fd, room) = (epoll.0.as_raw_fd(), events.len() as libc::c_int);
    let nobody: *const libc::sigset_t = std::ptr::null();
    // SAFETY: there is room for as many events as is said, and an `EpollEvent` is the kernel's `epoll_event`; the timeout outlives the call.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            fd,
            events.as_mut_ptr(),
            room,
            std::ptr::from_ref(timeout.as_ref()),
            nobody,
            0,
        )
    };
    Errno::result(count).map(|count| count as usize)
}

impl Watch {
    /// Each change of the socket is told once from now on; whoever hears of it reads or writes until nothing more goes.
    pub fn socket(&self, socket: impl AsFd, number: u64) -> io::Result<()> {
        debug_assert!(number < BELL, "the highest numbers are taken");
        let all = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
        Ok(self.epoll.add(socket, EpollEvent::new(all, number))?)
    }

    /// A listener is told of as long as somebody waits at it.
    pub fn listener(&self, socket: impl AsFd, number: u64) -> io::Result<()> {
        Ok(self.epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, number))?)
    }

    pub fn forget(&self, socket: impl AsFd) {
        // A socket that is closed is forgotten anyway.
        let _ = self.epoll.delete(socket);
    }
}

impl Bell {
    pub fn ring(&self) {
        if self.asleep.swap(false, SeqCst) {
            // It only fails when it has rung so often that the thread must be awake.
            let _ = self.fd.write(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn it_wakes_for_time_bell_and_sockets() {
        for is_coarse in [false, true] {
            wakes_for_time_bell_and_sockets(Poller { is_coarse, ..Poller::new().expect("epoll") });
        }
    }

    fn wakes_for_time_bell_and_sockets(mut poller: Poller) {
        let begun = Instant::now();
        let until = begun + Duration::from_micros(5500);
        (0..).find(|_| {
            poller.wait(until).expect("waited");
            Instant::now() >= until
        });
        assert!(poller.ready(0).is_none(), "only time passed");

        let bell = poller.bell();
        poller.lie_down();
        let ringer = std::thread::spawn(move || bell.ring());
        poller.wait(Instant::now() + Duration::from_secs(60)).expect("waited");
        ringer.join().expect("it rang");
        assert!(begun.elapsed() < Duration::from_secs(50), "the bell was heard");

        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        let (server, _) = listener.accept().expect("accepted");
        poller.watch().socket(&server, 7).expect("watched");
        client.write_all(b"x").expect("written");
        let seen = (0..100).any(|_| {
            poller.wait(Instant::now() + Duration::from_millis(100)).expect("waited");
            (0..).map_while(|position| poller.ready(position)).any(|ready| ready.number == 7 && ready.readable)
        });
        assert!(seen, "the socket was told of");
    }
}
