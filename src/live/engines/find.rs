//! Where a server's programs are: on the path, or where packages put what only administrators call. Only looks.

use std::fs;
use std::path::{Path, PathBuf};

/// Beside `PATH`, in this order.
const PLACES: [&str; 5] = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/lib/rabbitmq/bin"];
/// Each version of PostgreSQL has a folder of its own.
const VERSIONED: &str = "/usr/lib/postgresql";

/// The full path of a program; of several versions the newest.
pub fn program(name: &str) -> Option<PathBuf> {
    // The one on the path of RabbitMQ only starts as root, to become another user.
    let inside = Path::new("/usr/lib/rabbitmq/bin").join(name);
    if name.starts_with("rabbitmq") && inside.is_file() {
        return Some(inside);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(PLACES.iter().map(PathBuf::from)).chain(versions());
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn versions() -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(VERSIONED) else { return Vec::new() };
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let mut found: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    found.sort_by_key(|path| std::cmp::Reverse(number(path)));
    found.into_iter().map(|path| path.join("bin")).collect()
}
