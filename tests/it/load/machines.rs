//! One live run whose load several processes make by the time of day alone, as machines that share nothing else do: together they send what one would, and
//! their recordings are one.

use super::server::{Manner, Server};
use firedrill::record::{Recording, file};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SCENARIO: &str = "name: shop
world: live
length: 3s
clients:
  users: {calls: {to: web, timeout: 1s}, rate: 90/s}
services:
  web: {work: 1ms}
faults:
  crash: {kind: down, on: web, at: 1s, for: 1s}
expect:
  - success(users) >= 99%
  - success(users) >= 99% during crash
live:
  web: {address: \"ADDRESS\"}
";

fn unix_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs_f64()
}

fn play(folder: &Path, share: &str, out: &str, start_at: f64) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.args(["run", "shop.yaml", "--faults-elsewhere", "--no-fail", "--share", share, "--out", out]);
    command.arg("--start-at").arg(format!("{start_at:.3}"));
    command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

fn ended(child: Child, code: i32) -> String {
    let out = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{said}");
    said
}

fn report(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    let out = command.arg("report").args(args).current_dir(folder).output().expect("it runs");
    (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr))
}

fn offered(recording: &Recording) -> Vec<u64> {
    recording.clients[0].cells.iter().map(|cell| cell.offered).collect()
}

#[test]
fn three_machines_send_what_one_would_and_their_recordings_are_one() {
    let server = Server::start(Manner { takes: Duration::from_millis(1), stall: None });
    let home = tempfile::tempdir().expect("a folder");
    let text = SCENARIO.replace("ADDRESS", &server.address.to_string());
    std::fs::write(home.path().join("shop.yaml"), text).expect("it can be written");
    let start = unix_s() + 4.0;
    let shares = ["1/3", "2/3", "3/3"].map(|share| play(home.path(), share, &format!("shares/{}", &share[..1]), start));
    let alone = play(home.path(), "1/1", "alone", start);
    for child in shares.into_iter().chain([alone]) {
        ended(child, 0);
    }
    assert!(unix_s() >= start + 3.0, "they waited for the begin");
    let evidence = [("injected", 2, 1.1), ("gone", 0, 2.2)].map(|(what, pods, at)| {
        format!("{{\"fault\":\"crash\",\"resource\":\"podchaos/shop-0\",\"what\":\"{what}\",\"pods\":{pods},\"at_unix_s\":{}}}\n", start + at)
    });
    std::fs::write(home.path().join("faults.ndjson"), evidence.concat()).expect("it can be written");
    let (code, said) = report(home.path(), &["shares", "--output", "recording=whole.json", "--output", "text"]);
    assert_eq!(code, Some(12), "without evidence nobody knows of the fault: {said}");
    let with = ["shares", "--evidence", "faults.ndjson", "--output", "recording=whole.json", "--output", "text"];
    let (code, said) = report(home.path(), &with);
    assert!(matches!(code, Some(0 | 12)), "{said}");
    let whole = file::read(&home.path().join("whole.json")).expect("it was written");
    let alone = file::read(&home.path().join("alone/shop.live/recording.json")).expect("it was written");
    assert_eq!(offered(&whole), offered(&alone));
    let third = file::read(&home.path().join("shares/3/shop.live/recording.json")).expect("it was written");
    let is_told = |recording: &Recording| recording.warnings.iter().any(|warning| warning.contains("this is share"));
    assert!(is_told(&third) && !is_told(&whole));
    assert!(offered(&whole).iter().sum::<u64>() > 200);
    assert_eq!(whole.evidence[0].touched, 2);
    assert!(whole.undo.iter().any(|note| note.done && note.what.contains("podchaos/shop-0")));
    assert!(whole.head.methods.iter().any(|line| line.contains("Load by 3 machines")), "{:?}", whole.head.methods);
    std::fs::remove_dir_all(home.path().join("shares/2")).expect("it goes");
    let (code, said) = report(home.path(), &["shares", "--output", "text"]);
    assert!(code == Some(2) && said.contains("1 of 3 shares are missing: 2/3"), "{said}");
}

#[test]
fn what_machines_cannot_share_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let write = |text: &str| std::fs::write(home.path().join("shop.yaml"), text).expect("it can be written");
    write(&SCENARIO.replace("ADDRESS", "127.0.0.1:9"));
    let nobody = ended(play(home.path(), "1/2", "out", unix_s() + 0.5), 1);
    assert!(nobody.contains("`web` cannot be reached"), "{nobody}");
    write(SCENARIO.split("live:").next().expect("its head"));
    let stand_in = ended(play(home.path(), "1/2", "out", unix_s() + 60.0), 2);
    assert!(stand_in.contains("`web` would be there once for each share"), "{stand_in}");
    write(&SCENARIO.split("live:").next().expect("its head").replace("world: live\n", ""));
    let simulated = ended(play(home.path(), "1/2", "out", unix_s() + 60.0), 2);
    assert!(simulated.contains("a simulated run is played by one machine"), "{simulated}");
    let server = Server::start(Manner { takes: Duration::ZERO, stall: None });
    write(&SCENARIO.replace("ADDRESS", &server.address.to_string()));
    let late = ended(play(home.path(), "1/2", "out", unix_s() - 5.0), 2);
    assert!(late.contains("the run was to begin 5."), "{late}");
}
