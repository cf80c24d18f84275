//! A terminal that was set to hand over single keys. Undone by setting what was there before, only while it has what we set: one that
//! somebody has set otherwise meanwhile, or another terminal that got its name, is left alone.

use super::{Change, Look, Turn, Undone};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::termios::{
    self, ControlFlags, InputFlags, LocalFlags, OutputFlags, SetArg, SpecialCharacterIndices, Termios,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    pub path: PathBuf,
    before: Modes,
    ours: Modes,
}

/// What of a terminal's settings is put back: everything but its speed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Modes {
    /// Of input, of output, of the line itself, and of what is done with it, as termios(3) has them.
    flags: [u32; 4],
    chars: Vec<u8>,
}

impl Terminal {
    /// The one on standard input as it is now, and as it hands over single keys, a read waiting so many tenths of a second. Changes nothing.
    pub fn of_keys(patience: u8) -> io::Result<Terminal> {
        let path = nix::unistd::ttyname(io::stdin())?;
        let before = termios::tcgetattr(io::stdin())?;
        let mut keys = before.clone();
        keys.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        keys.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        keys.control_chars[SpecialCharacterIndices::VTIME as usize] = patience;
        Ok(Terminal { path, before: Modes::of(&before), ours: Modes::of(&keys) })
    }

    /// From now on it hands over single keys.
    pub fn hand_over_keys(&self) -> io::Result<()> {
        self.set(&self.ours)
    }

    /// As it was when this was made.
    pub fn give_back(&self) -> io::Result<()> {
        self.set(&self.before)
    }

    fn set(&self, modes: &Modes) -> io::Result<()> {
        let file = self.open()?;
        let mut termios = termios::tcgetattr(&file)?;
        let [input, output, control, local] = modes.flags;
        termios.input_flags = InputFlags::from_bits_retain(input);
        termios.output_flags = OutputFlags::from_bits_retain(output);
        termios.control_flags = ControlFlags::from_bits_retain(control);
        termios.local_flags = LocalFlags::from_bits_retain(local);
        termios.control_chars.iter_mut().zip(&modes.chars).for_each(|(now, then)| *now = *then);
        // Whoever is not in the foreground would otherwise be stopped for changing it.
        let mut background = SigSet::empty();
        background.add(Signal::SIGTTOU);
        background.thread_block()?;
        let set = termios::tcsetattr(&file, SetArg::TCSANOW, &termios);
        background.thread_unblock()?;
        Ok(set?)
    }

    fn modes(&self) -> io::Result<Modes> {
        Ok(Modes::of(&termios::tcgetattr(&self.open()?)?))
    }

    /// For reads that never wait. Never as the terminal of whoever opens it.
    pub fn open(&self) -> io::Result<File> {
        let flags = libc::O_NOCTTY | libc::O_NONBLOCK;
        OpenOptions::new().read(true).write(true).custom_flags(flags).open(&self.path)
    }
}

impl Modes {
    fn of(termios: &Termios) -> Modes {
        let Termios { input_flags, output_flags, control_flags, local_flags, control_chars, .. } = termios;
        let flags = [input_flags.bits(), output_flags.bits(), control_flags.bits(), local_flags.bits()];
        Modes { flags, chars: control_chars.to_vec() }
    }
}

impl fmt::Display for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "terminal {} that hands over single keys", self.path.display())
    }
}

impl Change for Terminal {
    fn ends_with_the_boot(&self) -> bool {
        true
    }

    fn lasts_for_the_run(&self) -> bool {
        true
    }

    fn undo(&self, _turn: Turn) -> Undone {
        match self.modes() {
            Ok(now) if now == self.ours => {}
            Ok(_) => return Ok("had other settings already".into()),
            // A terminal that is gone needs nothing back.
            Err(_) => return Ok("is gone".into()),
        }
        match self.set(&self.before) {
            Ok(()) => Ok("as it was".into()),
            Err(error) => Err(format!("{error}; try: stty sane <{}", self.path.display())),
        }
    }

    fn look(&self, _run: &str) -> Look {
        let at = format!("the settings of {}", self.path.display());
        let seen = match self.modes() {
            Ok(now) if now == self.ours => Err("still hands over single keys".to_owned()),
            Ok(now) if now == self.before => Ok("those from before the run".to_owned()),
            Ok(_) => Ok("other settings".to_owned()),
            Err(_) => Ok("it is gone".to_owned()),
        };
        Look::new(at, seen)
    }
}
