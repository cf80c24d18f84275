//! The mount table, read to know which mounts are ours. Never mounts or unmounts anything.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::{ffi::OsString, fs, io};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    pub path: PathBuf,
    pub kind: String,
    pub source: String,
}

/// The table in mounting order: of two mounts on one folder, the later one is on top.
pub fn mounted() -> io::Result<Vec<Mounted>> {
    Ok(fs::read("/proc/self/mountinfo")?.split(|byte| *byte == b'\n').filter_map(parse).collect())
}

/// The mount one would see (and unmount) at `path`.
pub fn top_at(path: &Path) -> io::Result<Option<Mounted>> {
    Ok(mounted()?.into_iter().rfind(|mount| mount.path == path))
}

/// The first mount at or below `path`.
pub fn any_below(path: &Path) -> io::Result<Option<Mounted>> {
    Ok(mounted()?.into_iter().find(|mount| mount.path.starts_with(path)))
}

/// `36 35 98:0 /root /mount/point options [optional fields] - type source super-options`
fn parse(line: &[u8]) -> Option<Mounted> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let dash = fields.iter().position(|field| *field == b"-")?;
    let text = |field: &[u8]| unescape(field).to_string_lossy().into_owned();
    Some(Mounted {
        path: PathBuf::from(unescape(fields.get(4)?)),
        kind: text(fields.get(dash + 1)?),
        source: text(fields.get(dash + 2)?),
    })
}

/// Space, tab, newline and backslash are written as `\` and three octal digits.
fn unescape(field: &[u8]) -> OsString {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|digits| first == b'\\' && digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        match octal {
            Some(digits) => {
                let value = digits.iter().fold(0u32, |sum, digit| sum * 8 + u32::from(digit - b'0'));
                out.push(value as u8);
                rest = &tail[3..];
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    debug_assert!(OsString::from_vec(out.clone()).as_bytes().len() <= field.len());
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_optional_fields_are_read() {
        let line = br"36 35 0:40 / /tmp/a\040b rw,nosuid shared:7 master:1 - tmpfs firedrill-9-x rw,size=64k";
        let expected = Mounted { path: "/tmp/a b".into(), kind: "tmpfs".into(), source: "firedrill-9-x".into() };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse(b"nonsense"), None);
    }

    #[test]
    fn proc_is_seen_as_mounted() {
        assert_eq!(top_at(Path::new("/proc")).unwrap().unwrap().kind, "proc");
        assert_eq!(top_at(Path::new("/proc/no-such")).unwrap(), None);
    }
}
