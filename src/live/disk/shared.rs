//! What every call on a pass-through needs: the files, the control that has its say first, and what was not synced yet.

use super::control::{Access, Control};
use super::nodes::{Node, Nodes};
use fuser::{Generation, INodeNo, ReplyEntry, Request};
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// Nothing is remembered by the kernel, because a power cut changes files behind its back.
pub const TTL: Duration = Duration::ZERO;

#[derive(Debug)]
pub struct Shared {
    pub nodes: Nodes,
    pub control: Control,
    /// Before-images are kept, for a power cut.
    pub keeps: bool,
    /// Bytes of them.
    pub kept: AtomicU64,
}

impl Shared {
    pub fn pass(&self, access: Access) -> io::Result<()> {
        self.control.pass(access).map_err(io::Error::from_raw_os_error)
    }

    /// These bytes of a file are about to change.
    pub fn before(&self, node: &Node, offset: u64, bytes: u64) -> io::Result<()> {
        match self.keeps {
            true => node.unsynced().before(node.file()?, offset, bytes, &self.kept),
            false => Ok(()),
        }
    }

    pub fn write(&self, node: &Node, offset: u64, data: &[u8]) -> io::Result<u32> {
        self.pass(Access::Write)?;
        let data = &data[..self.control.taken(data.len())];
        self.before(node, offset, data.len() as u64)?;
        node.file()?.write_all_at(data, offset)?;
        Ok(data.len() as u32)
    }

    pub fn read(&self, node: &Node, offset: u64, size: u32) -> io::Result<Vec<u8>> {
        self.pass(Access::Read)?;
        let begun = Instant::now();
        let mut buffer = vec![0; size as usize];
        let count = node.file()?.read_at(&mut buffer, offset)?;
        buffer.truncate(count);
        self.control.stretch(Access::Read, begun.elapsed());
        Ok(buffer)
    }

    pub fn sync(&self, node: &Node, datasync: bool) -> io::Result<()> {
        self.pass(Access::Sync)?;
        let begun = Instant::now();
        let file = node.file()?;
        // Held meanwhile: what is written during the sync is not part of it.
        let mut unsynced = node.unsynced();
        if datasync { file.sync_data() } else { file.sync_all() }?;
        if self.keeps {
            unsynced.synced(&self.kept);
        }
        drop(unsynced);
        self.control.stretch(Access::Sync, begun.elapsed());
        Ok(())
    }

    pub fn resize(&self, node: &Node, size: u64) -> io::Result<()> {
        let length = node.file()?.metadata()?.len();
        self.pass(if size > length { Access::Make } else { Access::Change })?;
        self.before(node, size.min(length), length.saturating_sub(size))?;
        node.file()?.set_len(size)
    }

    /// Makes a name by `make`, gives it to who asked, and looks it up.
    pub fn make(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        make: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<Arc<Node>> {
        self.pass(Access::Make)?;
        let parent = self.nodes.get(parent)?;
        let path = parent.below(name);
        make(&path)?;
        std::os::unix::fs::lchown(&path, Some(request.uid()), Some(request.gid()))?;
        self.nodes.look_up(&parent, name)
    }

    pub fn remove(
        &self,
        parent: INodeNo,
        name: &OsStr,
        remove: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<()> {
        self.pass(Access::Change)?;
        remove(&self.nodes.get(parent)?.below(name))
    }

    pub fn answer(&self, node: io::Result<Arc<Node>>, reply: ReplyEntry) {
        match node.and_then(|node| self.nodes.attr(&node)) {
            Ok(attr) => reply.entry(&TTL, &attr, Generation(0)),
            Err(error) => reply.error(error.into()),
        }
    }
}
