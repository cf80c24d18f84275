//! How a live run starts its guardian: this program again, as `firedrill guardian --ledger FILE`. It is no command for people, so it stays
//! out of help, completions and manual pages.

use crate::judge::ExitCode;
use crate::live::undo::guardian_main;
use std::ffi::OsString;
use std::path::Path;

/// The first argument that asks for it.
pub const WORD: &str = "guardian";

/// `args` begin with [`WORD`].
pub fn main(args: &[OsString]) -> u8 {
    match args {
        [_, option, ledger] if option == "--ledger" => {
            let code = guardian_main(Path::new(ledger), std::io::stdin());
            u8::try_from(code).unwrap_or(ExitCode::Internal.number())
        }
        _ => ExitCode::Usage.number(),
    }
}
