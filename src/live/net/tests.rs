//! Round trips of a tiny client into a namespace of our own, with what is done to the packets on the way.

use super::*;
use crate::base::{Dist, FaultId};
use crate::live::undo::testkit::Bench;
use crate::plan::Packets;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A server inside that sends back what it gets.
struct Echo {
    child: std::process::Child,
    address: SocketAddr,
}

impl Echo {
    fn start(room: &Room) -> Echo {
        let address: SocketAddr = (room.address(), 7007).into();
        let mut command = Command::new("python3");
        let script = "import socket,sys\ns=socket.create_server((sys.argv[1],7007))\nwhile 1:\n c,_=s.accept()\n while 1:\n  d=c.recv(100)\n  if not d: break\n  c.sendall(d)";
        command.args(["-c", script]).arg(room.address().to_string());
        let child = room.within(|| command.spawn()).unwrap().unwrap();
        let echo = Echo { child, address };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_err() {
            assert!(Instant::now() < until, "nobody answers at {address}");
            std::thread::sleep(Duration::from_millis(20));
        }
        echo
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Milliseconds of each of so many round trips.
fn round_trips(stream: &mut TcpStream, count: usize) -> Vec<f64> {
    let one = |_| {
        let begun = Instant::now();
        stream.write_all(b"ping").unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut all: Vec<f64> = (0..count).map(one).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// With the best mechanism of this machine.
fn shaped(test: impl FnOnce(&mut Room, &Echo)) {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let mut room =
        Room::create("echo", &ledger).expect("these tests make namespaces and handle packets, and so must run as root");
    let echo = Echo::start(&room);
    test(&mut room, &echo);
    drop(echo);
    let (name, link) = (room.name().to_owned(), ledger.open_entries()[0].to_string());
    drop(room);
    assert!(ledger.open_entries().is_empty(), "{link}");
    assert!(!std::path::Path::new("/run/netns").join(name).exists());
}

#[test]
fn delayed_packets_make_round_trips_longer_and_heal() {
    shaped(|room, echo| {
        let mut stream = echo.connect();
        let plain = round_trips(&mut stream, 20)[10];
        let packets = Packets { delay: Some(Dist::Constant(0.03)), ..Packets::default() };
        room.shaping().unwrap().apply(FaultId(0), &packets).unwrap();
        let late = round_trips(&mut stream, 10);
        assert!(late[0] >= 60.0 && late[5] <= plain + 200.0, "{plain} ms, then {late:?}");
        let touched = room.shaped().unwrap().take_touched();
        assert!(touched[0].0 == FaultId(0) && touched[0].2 >= 20, "{touched:?}");
        room.shaping().unwrap().heal(FaultId(0)).unwrap();
        assert!(round_trips(&mut stream, 20)[0] < 30.0, "it has healed");
    });
}

#[test]
fn lost_packets_are_sent_again_by_the_kernel_and_a_partition_is_silence() {
    shaped(|room, echo| {
        let mut stream = echo.connect();
        let packets = Packets { loss: 0.2, ..Packets::default() };
        room.shaping().unwrap().apply(FaultId(0), &packets).unwrap();
        let all = round_trips(&mut stream, 40);
        // 200 ms is the kernel's shortest timeout; some round trips meet it, most do not.
        assert!(all[39] >= 150.0 && all[5] < 150.0, "{all:?}");
        room.shaping().unwrap().heal(FaultId(0)).unwrap();
        let apart = Packets { loss: 1.0, ..Packets::default() };
        room.shaping().unwrap().apply(FaultId(1), &apart).unwrap();
        let silence = TcpStream::connect_timeout(&echo.address, Duration::from_millis(300)).unwrap_err();
        assert_eq!(silence.kind(), std::io::ErrorKind::TimedOut);
        room.shaping().unwrap().heal(FaultId(1)).unwrap();
        // The server talks to one at a time.
        drop(stream);
        round_trips(&mut echo.connect(), 3);
    });
}
