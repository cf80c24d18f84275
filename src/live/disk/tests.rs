//! The pass-through under real programs' system calls, and with a real mount.

use super::*;
use crate::live::undo::testkit::Bench;
use crate::plan::{DiskAnswer, DiskError, SlowDisk};
use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

struct Place {
    bench: Bench,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("front")).unwrap();
        fs::create_dir(folder.path().join("behind")).unwrap();
        Place { bench: Bench::new(), folder }
    }

    fn disk(&self, ledger: &Ledger) -> Disk {
        Disk::create(&self.folder.path().join("front"), &self.folder.path().join("behind"), true, ledger)
            .expect("these tests mount a FUSE file system and so must run as root")
    }
}

fn dice() -> Dice {
    Dice::named(1, "disk")
}

fn error(answer: DiskAnswer, syncs: bool) -> Effect {
    Effect::DiskError(DiskError { answer, reads: false, writes: !syncs, syncs, share: 1.0 })
}

#[test]
fn what_is_done_in_front_is_done_behind() {
    let place = Place::new();
    let ledger = place.bench.ledger();
    let disk = place.disk(&ledger);
    let (front, behind) = (disk.path().to_owned(), place.folder.path().join("behind"));
    fs::create_dir(front.join("a")).unwrap();
    fs::write(front.join("a/one"), b"hello").unwrap();
    fs::rename(front.join("a/one"), front.join("two")).unwrap();
    fs::hard_link(front.join("two"), front.join("three")).unwrap();
    std::os::unix::fs::symlink("two", front.join("link")).unwrap();
    assert_eq!(fs::read_link(front.join("link")).unwrap(), Path::new("two"));
    assert_eq!(fs::read(front.join("link")).unwrap(), b"hello");
    let mut file = OpenOptions::new().append(true).read(true).open(front.join("two")).unwrap();
    file.write_all(b" world").unwrap();
    fs::remove_file(front.join("two")).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(
        (text.as_str(), fs::read(behind.join("three")).unwrap().as_slice()),
        ("hello world", &b"hello world"[..])
    );
    let big: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    fs::write(front.join("big"), &big).unwrap();
    assert!(fs::read(front.join("big")).unwrap() == big && fs::read(behind.join("big")).unwrap() == big);
    OpenOptions::new().write(true).open(front.join("big")).unwrap().set_len(10).unwrap();
    assert_eq!(fs::metadata(behind.join("big")).unwrap().len(), 10);
    fs::set_permissions(front.join("big"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let names: Vec<_> = fs::read_dir(&front).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    fs::remove_dir_all(front.join("a")).unwrap();
    drop(file);
    drop(disk);
    assert!(ledger.open_entries().is_empty() && fs::read_dir(&front).unwrap().count() == 0);
    assert!(behind.join("big").exists());
}

#[test]
fn it_fails_slows_and_heals() {
    let place = Place::new();
    let ledger = place.bench.ledger();
    let disk = place.disk(&ledger);
    let mut file = File::create(disk.path().join("log")).unwrap();
    let fault = FaultId(0);
    for (answer, code) in [(DiskAnswer::NoSpace, libc::ENOSPC), (DiskAnswer::ReadOnly, libc::EROFS)] {
        disk.apply(fault, &error(answer, false), dice());
        assert_eq!(file.write(b"x").unwrap_err().raw_os_error(), Some(code));
        disk.heal(fault);
        file.write_all(b"x").unwrap();
    }
    disk.apply(fault, &error(DiskAnswer::InputOutput, true), dice());
    file.write_all(b"y").unwrap();
    assert_eq!(file.sync_all().unwrap_err().raw_os_error(), Some(libc::EIO));
    assert_eq!(disk.take_touched(), [(fault, "disk accesses failed", 1)]);
    disk.heal(fault);
    file.sync_all().unwrap();
    let add = Some(crate::base::Dist::Constant(0.2));
    disk.apply(fault, &Effect::SlowDisk(SlowDisk { factor: 1.0, add, reads: 0.0, stall: false }), dice());
    let begun = Instant::now();
    file.sync_data().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(200));
    disk.heal(fault);
    disk.apply(fault, &Effect::ShortWrites { share: 1.0 }, dice());
    assert_eq!(file.write(&[7; 100]).unwrap(), 50);
}

#[test]
fn a_power_cut_loses_what_was_not_synced_and_nothing_else() {
    let place = Place::new();
    let ledger = place.bench.ledger();
    let disk = place.disk(&ledger);
    let path = disk.path().join("log");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"synced ").unwrap();
    file.sync_data().unwrap();
    file.write_all(b"not synced").unwrap();
    let mut other = File::create(disk.path().join("other")).unwrap();
    other.write_all(b"never synced").unwrap();
    disk.cut_power();
    assert_eq!(file.write(b"x").unwrap_err().raw_os_error(), Some(libc::EIO));
    drop((file, other));
    let lost = disk.lose_unsynced().unwrap();
    assert!(lost >= 22, "{lost} bytes");
    assert_eq!(fs::read(&path).unwrap(), b"synced ");
    assert_eq!(fs::read(disk.path().join("other")).unwrap(), b"");
    fs::write(&path, b"on again").unwrap();
}

#[test]
fn files_that_are_removed_give_their_images_back_and_those_that_stay_keep_them() {
    let place = Place::new();
    let ledger = place.bench.ledger();
    let disk = place.disk(&ledger);
    for number in 0..20 {
        let path = disk.path().join(format!("temporary{number}"));
        fs::write(&path, [1; 8192]).unwrap();
        File::open(&path).unwrap().sync_all().unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().write_all(&[2; 8192]).unwrap();
        fs::remove_file(&path).unwrap();
    }
    let kept = || disk.shared.kept.load(Relaxed);
    let begun = Instant::now();
    while kept() > 0 && begun.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(kept(), 0, "images of files that are gone");
    fs::write(disk.path().join("stays"), b"never synced").unwrap();
    // The kernel forgets what nobody has open when it is told to.
    let _ = fs::write("/proc/sys/vm/drop_caches", "2");
    std::thread::sleep(Duration::from_millis(50));
    disk.cut_power();
    assert!(disk.lose_unsynced().unwrap() >= 12);
    assert_eq!(fs::read(disk.path().join("stays")).unwrap(), b"");
}

#[test]
fn a_stalled_disk_can_still_be_taken_away() {
    let place = Place::new();
    let ledger = place.bench.ledger();
    let disk = place.disk(&ledger);
    let file = File::create(disk.path().join("log")).unwrap();
    disk.apply(FaultId(0), &Effect::SlowDisk(SlowDisk { factor: 1.0, add: None, reads: 0.0, stall: true }), dice());
    let writer = std::thread::spawn(move || file.sync_all());
    let until = Instant::now() + Duration::from_secs(10);
    while disk.take_touched().iter().all(|(_, _, count)| *count == 0) && Instant::now() < until {
        std::thread::yield_now();
    }
    assert!(!writer.is_finished());
    drop(disk);
    assert!(writer.join().unwrap().is_err());
    assert!(ledger.open_entries().is_empty());
}
