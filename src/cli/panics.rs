//! Our own bugs: a plain message with where it happened, the request to report it, and the command that shows it again.

use super::ending::Failure;
use crate::judge::ExitCode;
use std::io::Write;
use std::panic;

/// Replaces the message that Rust prints by ours; `RUST_BACKTRACE=1` still adds a backtrace.
pub fn install() {
    panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        let what = text.unwrap_or("a panic without a message");
        let place = info.location().map_or(String::new(), |place| format!(" ({}:{})", place.file(), place.line()));
        let mut stderr = std::io::stderr().lock();
        // If standard error is closed there is nobody left to tell.
        let _ = writeln!(stderr, "error: firedrill itself failed: {what}{place}");
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            let _ = writeln!(stderr, "{trace}");
        }
    }));
}

/// The failure after a panic whose message the hook has printed.
pub fn failure() -> Failure {
    let args: Vec<String> = std::env::args().skip(1).map(|arg| quoted(&arg)).collect();
    with_command(&format!("firedrill {}", args.join(" ")))
}

/// The same, with the command that plays the one run again.
pub fn with_command(command: &str) -> Failure {
    let next = format!(
        "this is a bug in firedrill {}: please report it with the message above, the scenario file and this command:\n  {command}",
        env!("CARGO_PKG_VERSION")
    );
    Failure { code: ExitCode::Internal, message: String::new(), next, reason: "firedrill itself failed".to_owned() }
}

/// A word as a POSIX shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_only_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted("services.db.workers=12"), "services.db.workers=12");
        assert_eq!(quoted("web->db"), "'web->db'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
