//! The stop key: while a live run is in the terminal's foreground, `q` stops it. The terminal is left as it was, also in a panic; nothing
//! else is read from it, and where standard input is no terminal nothing is done.

use crate::live::{Shutdown, Stop};
use nix::sys::termios::{self, LocalFlags, SetArg, SpecialCharacterIndices, Termios};
use std::io::{self, IsTerminal, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

const KEYS: [u8; 2] = [b'q', b'Q'];
/// A read waits so long for a key, in tenths of a second.
const PATIENCE: u8 = 1;

/// Dropping it gives the terminal back.
pub struct StopKey {
    before: Termios,
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
        let before = termios::tcgetattr(&stdin).ok()?;
        let mut keys = before.clone();
        keys.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        keys.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        keys.control_chars[SpecialCharacterIndices::VTIME as usize] = PATIENCE;
        termios::tcsetattr(&stdin, SetArg::TCSANOW, &keys).ok()?;
        let over = Arc::new(AtomicBool::new(false));
        let mut key = StopKey { before, over: over.clone(), reader: None };
        let shutdown = shutdown.clone();
        key.reader = Builder::new().name("keys".into()).spawn(move || read(&over, &shutdown)).ok();
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
        // A terminal that is gone needs nothing back.
        let _ = termios::tcsetattr(io::stdin(), SetArg::TCSANOW, &self.before);
    }
}

fn read(over: &AtomicBool, shutdown: &Shutdown) {
    let mut byte = [0u8; 1];
    while !over.load(Ordering::Relaxed) {
        match io::stdin().lock().read(&mut byte) {
            Ok(1) if KEYS.contains(&byte[0]) => return shutdown.request(Stop::Key),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
