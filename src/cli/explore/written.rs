//! Files of a sweep or an edge below its folder, each whole or not at all.

use crate::cli::ending::Failure;
use crate::record::file::write_whole;
use std::path::{Path, PathBuf};

/// `reports/NAME.sweep`.
pub fn folder(out: &Path, scenario: &str, variant: Option<&str>, what: &str) -> PathBuf {
    let variant = variant.map_or(String::new(), |variant| format!(".{variant}"));
    out.join(format!("{scenario}{variant}.{what}"))
}

pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    write_whole(path, text.as_bytes()).map_err(|error| trouble(path, &error))
}

pub fn trouble(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::internal(
        format!("{} cannot be written: {error}", path.display()),
        "free some space, or write somewhere else with --out DIR; what is done is kept, and the same command goes on",
    )
}
