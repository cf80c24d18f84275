//! How a live run starts its further load generators: this program again, as `firedrill generator`. It is no command for people, so it stays out of help,
//! completions and manual pages.

use crate::judge::ExitCode;
use crate::live::generator_main;

/// The first argument that asks for it.
pub const WORD: &str = "generator";

pub fn main() -> u8 {
    u8::try_from(generator_main()).unwrap_or(ExitCode::Internal.number())
}
