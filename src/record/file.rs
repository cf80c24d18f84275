//! A Recording as a file: one JSON document, written whole or not at all.

use super::Recording;
use super::recording::SCHEMA_VERSION;
use serde::Deserialize;
use std::io::{self, Write};
use std::path::Path;

/// Why a recording could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{path}: {source}")]
    Io { path: String, source: io::Error },
    #[error("{path}: not a firedrill recording: {source}")]
    Format { path: String, source: serde_json::Error },
    #[error(
        "{path}: recorded with schema version {found}, this program reads version {SCHEMA_VERSION}; play the scenario again"
    )]
    Version { path: String, found: u32 },
}

#[derive(Deserialize)]
struct VersionOnly {
    schema_version: u32,
}

pub fn read(path: &Path) -> Result<Recording, ReadError> {
    let shown = || path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| ReadError::Io { path: shown(), source })?;
    let format = |source| ReadError::Format { path: shown(), source };
    let version: VersionOnly = serde_json::from_slice(&bytes).map_err(format)?;
    if version.schema_version != SCHEMA_VERSION {
        return Err(ReadError::Version { path: shown(), found: version.schema_version });
    }
    serde_json::from_slice(&bytes).map_err(format)
}

pub fn write(recording: &Recording, path: &Path) -> io::Result<()> {
    let bytes = serde_json::to_vec(recording).map_err(io::Error::other)?;
    write_whole(path, &bytes)
}

/// Writes beside the path and renames, so that a full disk or a crash never leaves half a file under the final name.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    set_plain_permissions(file.as_file())?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

/// Temporary files are private; a report is as readable as any file the user makes (0644).
fn set_plain_permissions(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}
