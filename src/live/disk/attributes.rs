//! What a file is besides its bytes: owner, mode and times, as a caller may set them.

use super::nodes::Node;
use fuser::TimeOrNow;
use nix::sys::stat::UtimensatFlags;
use nix::sys::time::TimeSpec;
use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Sets what `setattr` may set beside the size.
pub struct Wish {
    pub mode: Option<u32>,
    pub owner: (Option<u32>, Option<u32>),
    pub times: (Option<TimeOrNow>, Option<TimeOrNow>),
}

impl Wish {
    pub fn carry_out(self, node: &Node) -> io::Result<()> {
        let path = node.path();
        if self.owner != (None, None) {
            std::os::unix::fs::chown(&path, self.owner.0, self.owner.1)?;
        }
        if let Some(mode) = self.mode {
            fs::set_permissions(&path, Permissions::from_mode(mode))?;
        }
        if self.times.0.is_some() || self.times.1.is_some() {
            let (read, changed) = (time_spec(self.times.0), time_spec(self.times.1));
            nix::sys::stat::utimensat(nix::fcntl::AT_FDCWD, &path, &read, &changed, UtimensatFlags::FollowSymlink)?;
        }
        Ok(())
    }
}

/// A new regular file, or an old one; what is in it is for `setattr` to cut.
pub fn touch(path: &Path, mode: u32, flags: i32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).mode(mode).custom_flags((flags & libc::O_EXCL) | libc::O_NOFOLLOW);
    options.create(true).truncate(false).open(path).map(drop)
}

fn time_spec(time: Option<TimeOrNow>) -> TimeSpec {
    match time {
        None => TimeSpec::UTIME_OMIT,
        Some(TimeOrNow::Now) => TimeSpec::UTIME_NOW,
        Some(TimeOrNow::SpecificTime(time)) => since_epoch(time),
    }
}

fn since_epoch(time: SystemTime) -> TimeSpec {
    TimeSpec::from_duration(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}
