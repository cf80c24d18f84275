//! The FUSE pass-through: every system call on the data folder is done on the folder behind it, after the control had its say. It keeps
//! no data of its own and promises nothing that the file system behind it does not.

use super::attributes::{Wish, touch};
use super::control::Access;
use super::nodes::{Node, kind_of};
use super::shared::{Shared, TTL};
use fuser::{
    Errno, FileHandle, Filesystem, FopenFlags, Generation, INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr,
    ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyLseek, ReplyOpen, ReplyStatfs, ReplyWrite,
    Request, TimeOrNow, WriteFlags,
};
use nix::fcntl::{AtFlags, FallocateFlags};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

#[derive(Debug)]
pub struct PassThrough(pub Arc<Shared>);

fn done(outcome: io::Result<()>, reply: ReplyEmpty) {
    match outcome {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error.into()),
    }
}

impl Filesystem for PassThrough {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.0.nodes.get(parent).and_then(|parent| self.0.nodes.look_up(&parent, name));
        self.0.answer(found, reply);
    }

    fn forget(&self, _: &Request, ino: INodeNo, lookups: u64) {
        self.0.nodes.forget(ino, lookups, &self.0.kept);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.0.nodes.get(ino).and_then(|node| self.0.nodes.attr(&node)) {
            Ok(attr) => reply.attr(&TTL, &attr),
            Err(error) => reply.error(error.into()),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let act = || {
            let node = self.0.nodes.get(ino)?;
            match size {
                Some(size) => self.0.resize(&node, size)?,
                None => self.0.pass(Access::Change)?,
            }
            Wish { mode, owner: (uid, gid), times: (atime, mtime) }.carry_out(&node)?;
            self.0.nodes.attr(&node)
        };
        match act() {
            Ok(attr) => reply.attr(&TTL, &attr),
            Err(error) => reply.error(error.into()),
        }
    }

    fn readlink(&self, _: &Request, ino: INodeNo, reply: ReplyData) {
        let read = |node: Arc<Node>| Ok(nix::fcntl::readlinkat(node.handle(), "")?);
        match self.0.nodes.get(ino).and_then(read) {
            Ok(target) => reply.data(target.as_encoded_bytes()),
            Err(error) => reply.error(error.into()),
        }
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let kind = mode & libc::S_IFMT;
        let made = self.0.make(request, parent, name, |path| match kind {
            libc::S_IFREG => touch(path, mode & !umask & 0o7777, libc::O_EXCL),
            libc::S_IFIFO | libc::S_IFSOCK => {
                let kind = nix::sys::stat::SFlag::from_bits_truncate(kind);
                let mode = nix::sys::stat::Mode::from_bits_truncate(mode & !umask & 0o7777);
                Ok(nix::sys::stat::mknod(path, kind, mode, 0)?)
            }
            _ => Err(io::Error::from_raw_os_error(libc::EPERM)),
        });
        self.0.answer(made, reply);
    }

    fn mkdir(&self, request: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        let made = self.0.make(request, parent, name, |path| {
            fs::create_dir(path)?;
            fs::set_permissions(path, Permissions::from_mode(mode & !umask & 0o7777))
        });
        self.0.answer(made, reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(self.0.remove(parent, name, |path| fs::remove_file(path)), reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(self.0.remove(parent, name, |path| fs::remove_dir(path)), reply);
    }

    fn symlink(&self, request: &Request, parent: INodeNo, name: &OsStr, target: &Path, reply: ReplyEntry) {
        let made = self.0.make(request, parent, name, |path| std::os::unix::fs::symlink(target, path));
        self.0.answer(made, reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let act = || {
            self.0.pass(Access::Change)?;
            let (from, to) = (self.0.nodes.get(parent)?, self.0.nodes.get(newparent)?);
            let flags = nix::fcntl::RenameFlags::from_bits_truncate(flags.bits());
            Ok(nix::fcntl::renameat2(from.handle(), name, to.handle(), newname, flags)?)
        };
        done(act(), reply);
    }

    fn link(&self, _: &Request, ino: INodeNo, newparent: INodeNo, newname: &OsStr, reply: ReplyEntry) {
        let act = || {
            self.0.pass(Access::Make)?;
            let (node, parent) = (self.0.nodes.get(ino)?, self.0.nodes.get(newparent)?);
            let flags = AtFlags::AT_SYMLINK_FOLLOW;
            nix::unistd::linkat(nix::fcntl::AT_FDCWD, &node.path(), parent.handle(), newname, flags)?;
            self.0.nodes.look_up(&parent, newname)
        };
        self.0.answer(act(), reply);
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.0.nodes.get(ino).and_then(|node| node.file().map(drop)) {
            Ok(()) => reply.opened(FileHandle(0), FopenFlags::empty()),
            Err(error) => reply.error(error.into()),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.0.nodes.get(ino).and_then(|node| self.0.read(&node, offset, size)) {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error.into()),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.0.nodes.get(ino).and_then(|node| self.0.write(&node, offset, data)) {
            Ok(count) => reply.written(count),
            Err(error) => reply.error(error.into()),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, datasync: bool, reply: ReplyEmpty) {
        done(self.0.nodes.get(ino).and_then(|node| self.0.sync(&node, datasync)), reply);
    }

    fn readdir(&self, _: &Request, ino: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let list = || -> io::Result<Vec<_>> {
            let mut all = Vec::new();
            for entry in fs::read_dir(self.0.nodes.get(ino)?.path())? {
                let entry = entry?;
                let number = std::os::unix::fs::DirEntryExt::ino(&entry);
                all.push((number, kind_of(entry.file_type()?), entry.file_name()));
            }
            // The offset counts names, so that their order must hold between two calls.
            all.sort_by(|one, other| one.2.cmp(&other.2));
            Ok(all)
        };
        match list() {
            Ok(all) => {
                for (at, (number, kind, name)) in all.into_iter().enumerate().skip(offset as usize) {
                    if reply.add(INodeNo(number), at as u64 + 1, kind, name) {
                        break;
                    }
                }
                reply.ok();
            }
            Err(error) => reply.error(error.into()),
        }
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        done(self.0.pass(Access::Sync), reply);
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        match nix::sys::statvfs::fstatvfs(self.0.nodes.root().handle()) {
            Ok(stat) => {
                let (block, fragment) = (stat.block_size() as u32, stat.fragment_size() as u32);
                let (names, free) = (stat.files(), stat.files_free());
                let blocks = (stat.blocks(), stat.blocks_free(), stat.blocks_available());
                reply.statfs(blocks.0, blocks.1, blocks.2, names, free, block, stat.name_max() as u32, fragment);
            }
            Err(errno) => reply.error(Errno::from_i32(errno as i32)),
        }
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let made = self.0.make(request, parent, name, |path| touch(path, mode & !umask & 0o7777, flags));
        match made.and_then(|node| self.0.nodes.attr(&node)) {
            Ok(attr) => reply.created(&TTL, &attr, Generation(0), FileHandle(0), FopenFlags::empty()),
            Err(error) => reply.error(error.into()),
        }
    }

    fn fallocate(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let act = || {
            self.0.pass(Access::Make)?;
            let node = self.0.nodes.get(ino)?;
            self.0.before(&node, offset, length)?;
            let mode = FallocateFlags::from_bits_truncate(mode);
            Ok(nix::fcntl::fallocate(node.file()?, mode, offset as libc::off_t, length as libc::off_t)?)
        };
        done(act(), reply);
    }

    fn lseek(&self, _: &Request, ino: INodeNo, _: FileHandle, offset: i64, whence: i32, reply: ReplyLseek) {
        let seek = |node: Arc<Node>| {
            // SAFETY: a plain system call on an open file. Its position is nobody's: all reads and writes say where.
            match unsafe { libc::lseek(node.file()?.as_raw_fd(), offset, whence) } {
                -1 => Err(io::Error::last_os_error()),
                at => Ok(at),
            }
        };
        match self.0.nodes.get(ino).and_then(seek) {
            Ok(at) => reply.offset(at),
            Err(error) => reply.error(error.into()),
        }
    }
}
