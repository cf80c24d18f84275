//! The stop key: while a live run is in the terminal's foreground, `q` stops it. The terminal is set, and put back, by the run itself, whose
//! ledger knows what it was; nothing but the key is read from it, and where standard input is no terminal nothing is done.

use crate::live::undo::entries::Terminal;
use crate::live::{Shutdown, Stop};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

const KEYS: [u8; 2] = [b'q', b'Q'];
/// A key is waited for so long before it is asked whether the runs are over, in milliseconds.
const PATIENCE_MS: u8 = 100;

/// Listens until it is dropped.
pub struct StopKey {
    pub terminal: Terminal,
    over: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl StopKey {
    /// `None` where there is nobody who could press a key.
    pub fn listen(shutdown: &Shutdown) -> Option<StopKey> {
        let stdin = io::stdin();
        // Of a job in the background, changing the terminal would stop the whole run.
        let is_ours = nix::unistd::tcgetpgrp(&stdin).is_ok_and(|group| group == nix::unistd::getpgrp());
        if !stdin.is_terminal() || !is_ours {
            return None;
        }
        let terminal = Terminal::of_keys(0).ok()?;
        let over = Arc::new(AtomicBool::new(false));
        let mut key = StopKey { terminal, over: over.clone(), reader: None };
        let (shutdown, keys) = (shutdown.clone(), key.terminal.open().ok()?);
        key.reader = Builder::new().name("keys".into()).spawn(move || read(keys, &over, &shutdown)).ok();
        Some(key)
    }
}

impl Drop for StopKey {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            // It has nothing to tell.
            let _ = reader.join();
        }
    }
}

fn read(mut keys: File, over: &AtomicBool, shutdown: &Shutdown) {
    let mut byte = [0u8; 1];
    while !over.load(Ordering::Relaxed) {
        let mut watched = [PollFd::new(keys.as_fd(), PollFlags::POLLIN)];
        match poll(&mut watched, PollTimeout::from(PATIENCE_MS)) {
            Ok(0) | Err(nix::Error::EINTR) => continue,
            Ok(_) => {}
            Err(_) => return,
        }
        match keys.read(&mut byte) {
            Ok(1) if KEYS.contains(&byte[0]) => return shutdown.request(Stop::Key),
            Ok(1) => {}
            // Between two runs the terminal waits for whole lines, and has none yet.
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Ok(_) | Err(_) => return,
        }
    }
}
