//! The files and folders of the pass-through that the kernel knows of: each is held open by a descriptor, so that renaming and removing
//! them needs no care, and is reached through /proc/self/fd. It never follows a symbolic link.

use super::unsynced::Unsynced;
use fuser::{FileAttr, FileType, INodeNo};
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

#[derive(Debug)]
pub struct Node {
    /// Opened with O_PATH: it names the file and reads nothing.
    handle: OwnedFd,
    number: u64,
    lookups: AtomicU64,
    file: OnceLock<File>,
    unsynced: Mutex<Unsynced>,
}

#[derive(Debug)]
pub struct Nodes {
    root: Arc<Node>,
    known: RwLock<HashMap<u64, Arc<Node>>>,
}

impl Node {
    fn new(handle: OwnedFd) -> io::Result<Node> {
        let mut node =
            Node { handle, number: 0, lookups: AtomicU64::new(0), file: OnceLock::new(), unsynced: Mutex::default() };
        node.number = node.metadata()?.ino();
        Ok(node)
    }

    /// The file itself, whatever it is called now.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.handle.as_raw_fd()))
    }

    /// Something in this folder.
    pub fn below(&self, name: &OsStr) -> PathBuf {
        self.path().join(name)
    }

    pub fn handle(&self) -> &OwnedFd {
        &self.handle
    }

    /// For reading and writing; one for all who have it open. The kernel has checked what they may do.
    pub fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = OpenOptions::new().read(true).write(true).open(self.path())?;
        Ok(self.file.get_or_init(|| file))
    }

    pub fn metadata(&self) -> io::Result<Metadata> {
        // Through the descriptor it is the file itself, also when that is a symbolic link.
        fs::metadata(self.path())
    }

    pub fn unsynced(&self) -> MutexGuard<'_, Unsynced> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Nodes {
    pub fn new(root: &Path) -> io::Result<Nodes> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let root = Node::new(open(root, flags, Mode::empty())?)?;
        Ok(Nodes { root: Arc::new(root), known: RwLock::default() })
    }

    /// What the kernel calls by this number; it never asks for one that it was not told.
    pub fn get(&self, number: INodeNo) -> Result<Arc<Node>, io::Error> {
        if number == INodeNo::ROOT {
            return Ok(self.root.clone());
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&number.0).cloned().ok_or_else(|| io::Error::from_raw_os_error(libc::ESTALE))
    }

    /// Finds a name in a folder; the kernel holds on to it until it forgets it.
    pub fn look_up(&self, parent: &Node, name: &OsStr) -> io::Result<Arc<Node>> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let found = Node::new(openat(&parent.handle, name, flags, Mode::empty())?)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // As long as we hold a file its number is its own.
        let node = known.entry(found.number).or_insert_with(|| Arc::new(found)).clone();
        node.lookups.fetch_add(1, Relaxed);
        Ok(node)
    }

    /// The kernel does not ask for it any more. A file that is still there and was not synced yet stays known, for a power cut; what was
    /// removed gives its before-images back to `kept`.
    pub fn forget(&self, number: INodeNo, lookups: u64, kept: &AtomicU64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Some(node) = known.get(&number.0) else { return };
        let before = node.lookups.fetch_update(Relaxed, Relaxed, |count| Some(count.saturating_sub(lookups)));
        if before.is_ok_and(|before| before > lookups) {
            return;
        }
        let is_removed = node.metadata().is_ok_and(|metadata| metadata.nlink() == 0);
        if !is_removed && !node.unsynced().is_empty() {
            return;
        }
        node.unsynced().synced(kept);
        known.remove(&number.0);
    }

    /// Everything that may hold unsynced bytes.
    pub fn all(&self) -> Vec<Arc<Node>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().cloned().collect()
    }

    pub fn attr(&self, node: &Node) -> io::Result<FileAttr> {
        let number = if node.number == self.root.number { INodeNo::ROOT } else { INodeNo(node.number) };
        Ok(attr(&node.metadata()?, number))
    }

    pub fn root(&self) -> &Node {
        &self.root
    }
}

fn attr(of: &Metadata, ino: INodeNo) -> FileAttr {
    let time = |seconds: i64, nanos: i64| match u64::try_from(seconds) {
        Ok(seconds) => std::time::UNIX_EPOCH + std::time::Duration::new(seconds, nanos as u32),
        Err(_) => std::time::UNIX_EPOCH,
    };
    FileAttr {
        ino,
        size: of.size(),
        blocks: of.blocks(),
        atime: time(of.atime(), of.atime_nsec()),
        mtime: time(of.mtime(), of.mtime_nsec()),
        ctime: time(of.ctime(), of.ctime_nsec()),
        crtime: std::time::UNIX_EPOCH,
        kind: kind_of(of.file_type()),
        perm: (of.mode() & 0o7777) as u16,
        nlink: of.nlink() as u32,
        uid: of.uid(),
        gid: of.gid(),
        rdev: of.rdev() as u32,
        blksize: of.blksize() as u32,
        flags: 0,
    }
}

pub fn kind_of(of: fs::FileType) -> FileType {
    match of {
        of if of.is_dir() => FileType::Directory,
        of if of.is_symlink() => FileType::Symlink,
        of if of.is_fifo() => FileType::NamedPipe,
        of if of.is_socket() => FileType::Socket,
        _ => FileType::RegularFile,
    }
}
