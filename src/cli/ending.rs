//! How a command ends: an exit code, and one line that says why.

use super::console::Console;
use crate::judge::ExitCode;
use std::fmt;

/// A command that did what it was asked for, whatever the verdict.
#[derive(Debug)]
pub struct Ending {
    code: ExitCode,
    last: Last,
}

#[derive(Debug)]
enum Last {
    Out(String),
    Err(String),
    Nothing,
}

/// A command that could not do it.
#[derive(Debug)]
pub struct Failure {
    pub code: ExitCode,
    /// Empty if everything was told already.
    pub message: String,
    /// What to do next; may be empty.
    pub next: String,
    /// For the last line.
    pub reason: String,
}

/// What the argument parser says of words that are not the command line itself, without the mark that a failure gets anyway.
pub fn unread(error: &clap::Error) -> String {
    error.to_string().trim_start_matches("error: ").trim_end().to_owned()
}

impl Ending {
    /// Done, and the output speaks for itself.
    pub fn quiet() -> Ending {
        Ending { code: ExitCode::Held, last: Last::Nothing }
    }

    /// The last line goes to standard output, after the result.
    pub fn told(code: ExitCode, reason: &str) -> Ending {
        Ending { code, last: Last::Out(code.line(reason)) }
    }

    /// The last line goes to standard error, because standard output holds a document.
    pub fn told_aside(code: ExitCode, reason: &str) -> Ending {
        Ending { code, last: Last::Err(code.line(reason)) }
    }

    /// Ends with 0 whatever the verdict was, and says what it would have been.
    pub fn forgiven(self) -> Ending {
        let Ending { code, last } = self;
        let said = |line: String| {
            let reason = line.strip_prefix(&code.line("")).unwrap_or(&line);
            ExitCode::Held.line(&format!("{reason} (would be {}, but --no-fail)", code.number()))
        };
        let last = match last {
            last if code == ExitCode::Held => last,
            Last::Out(line) => Last::Out(said(line)),
            Last::Err(line) => Last::Err(said(line)),
            Last::Nothing => Last::Nothing,
        };
        Ending { code: ExitCode::Held, last }
    }

    pub fn tell(&self, console: &mut Console) -> ExitCode {
        match &self.last {
            Last::Out(line) => console.out(&format!("{line}\n")),
            Last::Err(line) => {
                console.flush();
                console.err(line);
            }
            Last::Nothing => {}
        }
        self.code
    }
}

impl Failure {
    /// A wrong command line or scenario: the user can mend it.
    pub fn usage(message: impl Into<String>, next: impl Into<String>) -> Failure {
        Failure::new(ExitCode::Usage, message, next)
    }

    /// The machine's trouble, or ours.
    pub fn internal(message: impl Into<String>, next: impl Into<String>) -> Failure {
        Failure::new(ExitCode::Internal, message, next)
    }

    pub fn nothing(message: impl Into<String>, next: impl Into<String>) -> Failure {
        Failure::new(ExitCode::NothingSelected, message, next)
    }

    /// Everything but the last line was printed already.
    pub fn told(code: ExitCode, reason: impl Into<String>) -> Failure {
        Failure { code, message: String::new(), next: String::new(), reason: reason.into() }
    }

    pub fn tell(&self, console: &mut Console) -> ExitCode {
        console.flush();
        if !self.message.is_empty() {
            console.err(&format!("{}: {}", console.red("error"), self.message));
        }
        if !self.next.is_empty() {
            console.err(&format!("help: {}", self.next));
        }
        console.err(&self.code.line(&self.reason));
        self.code
    }

    fn new(code: ExitCode, message: impl Into<String>, next: impl Into<String>) -> Failure {
        let message = message.into();
        let reason = message.lines().next().unwrap_or_default().to_owned();
        Failure { code, message, next: next.into(), reason }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
