//! The order of undoing, where somebody else's server keeps it waiting.

use super::*;
use crate::live::undo::entries::{Folder, ToxiproxyProxy};
use crate::live::undo::{MARKER_FILE, fresh_run_id};
use std::net::TcpListener;

#[test]
fn a_hung_server_keeps_no_local_undo_waiting_and_many_proxies_cost_no_more_than_one() {
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let run = fresh_run_id().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(MARKER_FILE), &run).unwrap();
    let mut open: BTreeMap<EntryId, Entry> = BTreeMap::new();
    open.insert(EntryId(1), Folder { path: folder.path().to_owned(), mark: run.clone() }.into());
    for number in 2..8 {
        let (api, name) = (hung.local_addr().unwrap(), ToxiproxyProxy::name_for(&run, &format!("edge{number}")));
        open.insert(EntryId(number), ToxiproxyProxy { api, name }.into());
    }
    let setting = Setting { run, rebooted: false, grace: Duration::ZERO };
    let begun = Instant::now();
    let mut struck = Vec::new();
    let reports = undo_all(&open, &setting, |id| struck.push((id, begun.elapsed())));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(struck.len() == 1 && struck[0].0 == EntryId(1), "{struck:?}");
    assert!(struck[0].1 < Duration::from_secs(1), "the folder waited {:?}", struck[0].1);
    let order: Vec<u64> = reports.iter().map(|(id, _)| id.0).collect();
    assert_eq!(order, [7, 6, 5, 4, 3, 2, 1]);
    assert!(reports.iter().all(|(id, report)| report.done == (id.0 == 1)));
}
