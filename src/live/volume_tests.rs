//! Real mounts. They need root; without it they fail and say so, since a skipped test shows nothing.

use super::*;
use crate::live::folder::Folder;
use crate::live::undo::mounts;
use crate::live::undo::testkit::Bench;

const MIB: u64 = 1 << 20;

fn volume(ledger: &Ledger, bytes: u64) -> (Volume, Folder) {
    let folder = Folder::create("test", ledger).unwrap();
    let path = folder.path().join("volume");
    fs::create_dir(&path).unwrap();
    let volume = Volume::create(&path, bytes, ledger).unwrap_or_else(|trouble| panic!("{trouble}"));
    (volume, folder)
}

#[test]
fn it_fills_to_the_share_runs_full_and_heals() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let (mut volume, _folder) = volume(&ledger, MIB);
    let (used, total) = volume.used().unwrap();
    assert_eq!(total, MIB);
    let added = volume.fill_to(0.5).unwrap();
    assert_eq!(volume.used().unwrap().0, used + added);
    assert!((MIB / 2..MIB / 2 + 8192).contains(&volume.used().unwrap().0));

    let data = volume.path().join("data");
    fs::write(&data, vec![1; 4096]).unwrap();
    volume.fill_to(1.0).unwrap();
    assert_eq!(volume.used().unwrap(), (MIB, MIB));
    let refused = fs::write(volume.path().join("more"), vec![1; 4096]).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::StorageFull);

    volume.empty().unwrap();
    fs::write(volume.path().join("more"), vec![1; 4096]).unwrap();
    assert_eq!(fs::read(&data).unwrap(), vec![1; 4096], "what the server wrote is still there");
    assert_eq!(volume.fill_to(0.0).unwrap(), 0);
}

#[test]
fn dropping_it_unmounts_it_and_strikes_it_out() {
    let bench = Bench::new();
    let ledger = bench.ledger();
    let (mut volume, folder) = volume(&ledger, MIB);
    let path = volume.path().to_owned();
    assert_eq!(mounts::top_at(&path).unwrap().unwrap().source, mount_mark(ledger.run_id()));
    volume.fill_to(0.9).unwrap();
    drop(volume);
    assert_eq!(mounts::top_at(&path).unwrap(), None);
    drop(folder);
    assert!(ledger.open_entries().is_empty() && !path.exists());
}

#[test]
fn the_probe_finds_the_mechanism_and_mounts_nothing_that_can_be_seen() {
    assert_eq!(Volume::probe().unwrap_or_else(|trouble| panic!("{trouble}")), Mechanism::Tmpfs);
    assert!(!mounts::mounted().unwrap().iter().any(|mount| mount.source == "firedrill-probe"));
}

#[test]
fn sizes_that_mean_no_limit_or_no_memory_are_refused() {
    assert!(check_size(0, None).unwrap_err().contains("too small"));
    assert!(check_size(81 * MIB, Some(100 * MIB)).unwrap_err().contains("do not fit"));
    assert_eq!(check_size(80 * MIB, Some(100 * MIB)), Ok(()));
    assert!(memory_available().unwrap() > MIB);
}

#[test]
fn capabilities_are_read_from_the_status_file() {
    let status = |set: &str| format!("Name:\tx\nCapPrm:\tffffffffffffffff\nCapEff:\t{set}\n");
    assert!(has_capability(&status("0000000000200000"), CAP_SYS_ADMIN));
    assert!(!has_capability(&status("0000000000100000"), CAP_SYS_ADMIN));
    assert!(!has_capability("", CAP_SYS_ADMIN));
}
