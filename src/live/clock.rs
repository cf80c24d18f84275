//! A wrong clock for one started process: libfaketime is loaded into it at its start, and reads by how much it is off from a file of ours.
//! It never touches the clock of the machine.

use crate::live::Trouble;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The clock of one service. The file lies in the private folder of the service and goes with it.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    file: PathBuf,
}

/// What the loader calls it; the first for programs with threads.
const LIBRARY: &str = "libfaketimeMT.so.1";
/// How old what it has read from the file may be, in seconds.
const REREAD_S: &str = "1";
const FOLDERS: [&str; 4] = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib"];
/// What stands in every program that the Go compiler built; such a program asks the kernel for the time without the C library.
/// Source: package debug/buildinfo.
const GO: &[u8] = b"\xff Go buildinf:";
/// An allocator that asks for the time before libfaketime is ready to answer: such a program (redis-server on Debian) hangs at its start.
const CLASHES: &[u8] = b"libjemalloc.so";
const ELF: &[u8] = b"\x7fELF";
/// A program header that names the loader of shared libraries.
const PT_INTERP: u32 = 3;

impl Clock {
    /// The library, or in plain words that it is not there.
    pub fn library() -> Result<PathBuf, String> {
        let found = FOLDERS.iter().find_map(|folder| {
            let folder = Path::new(folder);
            let below = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path().join("faketime"));
            [folder.join("faketime")]
                .into_iter()
                .chain(below)
                .map(|place| place.join(LIBRARY))
                .find(|path| path.is_file())
        });
        found.ok_or_else(|| format!("{LIBRARY} is not installed; install libfaketime"))
    }

    /// Why the clock of this program cannot be turned, if it cannot.
    pub fn check(program: &Path) -> Result<(), String> {
        let bytes = fs::read(program).map_err(|error| format!("{} cannot be read: {error}", program.display()))?;
        let has = |sign: &[u8]| bytes.windows(sign.len()).any(|window| window == sign);
        match () {
            () if has(GO) => {
                Err("it is a Go program, which asks the kernel for the time itself, so libfaketime does not reach it"
                    .into())
            }
            () if bytes.starts_with(ELF) && !has_loader(&bytes) => {
                Err("it is linked statically, so no library can be loaded into it".into())
            }
            () if has(CLASHES) => Err("it uses jemalloc, with which libfaketime does not get along".into()),
            () => Ok(()),
        }
    }

    pub fn new(folder: &Path) -> Result<Clock, Trouble> {
        let trouble = |why: String| Trouble::Volume { path: folder.to_owned(), verb: "given a clock", why };
        let clock = Clock { library: Clock::library().map_err(trouble)?, file: folder.join("clock") };
        clock.write(0).map_err(|error| trouble(error.to_string()))?;
        Ok(clock)
    }

    /// The process that `command` starts has this clock.
    pub fn give(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.env("FAKETIME_CACHE_DURATION", REREAD_S);
        // Lengths of time stay right: only the time of day is off.
        command.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    /// So many nanoseconds ahead of the true time from now on (below 0: behind), within a second.
    pub fn turn(&self, pid: i32, ahead_ns: i64) -> Result<(), String> {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
        if !maps.contains("libfaketime") {
            return Err("libfaketime is not loaded in it, so its clock cannot be turned".to_owned());
        }
        self.write(ahead_ns).map_err(|error| error.to_string())
    }

    /// By rename, so that nobody reads half of it.
    fn write(&self, ahead_ns: i64) -> io::Result<()> {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{:+.6}\n", ahead_ns as f64 / 1e9))?;
        fs::rename(new, &self.file)
    }
}

/// Of a 64-bit little-endian ELF file; of anything else nothing is known, and it counts as having one.
fn has_loader(bytes: &[u8]) -> bool {
    let number = |at: usize, size: usize| {
        let field = bytes.get(at..at + size)?;
        Some(field.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    if bytes.get(4..6) != Some(&[2, 1]) {
        return true;
    }
    let header = || Some((number(32, 8)? as usize, number(54, 2)? as usize, number(56, 2)? as usize));
    let Some((table, size, count)) = header() else { return true };
    (0..count).any(|index| number(table + index * size, 4) == Some(u64::from(PT_INTERP)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_no_library_reaches_are_told_apart() {
        assert_eq!(Clock::check(Path::new("/bin/sh")), Ok(()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let of = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            Clock::check(&path).unwrap_err()
        };
        let mut elf = vec![0; 64];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        assert!(of(&elf).contains("statically"));
        assert!(of(b"\x7fELF\x01 libjemalloc.so.2").contains("jemalloc"));
        elf.extend_from_slice(GO);
        assert!(of(&elf).contains("Go program"));
    }

    #[test]
    fn the_offset_is_written_as_the_library_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new(folder.path()).expect("libfaketime is installed");
        let read = || fs::read_to_string(folder.path().join("clock")).unwrap();
        assert_eq!(read(), "+0.000000\n");
        clock.write(-3_600_500_000_000).unwrap();
        assert_eq!(read(), "-3600.500000\n");
    }
}
