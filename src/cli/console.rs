//! Standard output and standard error: colours only where they are wanted, a closed pipe is quiet, any other trouble is remembered.

use crate::report::text::Style;
use clap::ValueEnum;
use std::env;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWish {
    Auto,
    Always,
    Never,
}

pub struct Console {
    out: BufWriter<Stdout>,
    out_color: bool,
    err_color: bool,
    out_is_terminal: bool,
    /// The reader of our standard output has gone; nothing more is written to it.
    out_closed: bool,
    out_trouble: Option<io::Error>,
}

impl Console {
    pub fn new(wish: ColorWish) -> Console {
        let out_is_terminal = io::stdout().is_terminal();
        let variable = |name: &str| env::var(name).ok();
        Console {
            out: BufWriter::new(io::stdout()),
            out_color: color(wish, out_is_terminal, variable),
            err_color: color(wish, io::stderr().is_terminal(), variable),
            out_is_terminal,
            out_closed: false,
            out_trouble: None,
        }
    }

    /// Somebody reads standard output, and no program.
    pub fn is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// Writes a result.
    pub fn out(&mut self, text: &str) {
        if self.out_closed || self.out_trouble.is_some() {
            return;
        }
        let written = self.out.write_all(text.as_bytes());
        self.note(written);
    }

    /// Writes a line to standard error; if that is closed there is nobody left to tell.
    pub fn err(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", line.trim_end());
    }

    /// Brings results out before anything else is written elsewhere.
    pub fn flush(&mut self) {
        if !self.out_closed && self.out_trouble.is_none() {
            let flushed = self.out.flush();
            self.note(flushed);
        }
    }

    /// The trouble that writing results met, if any.
    pub fn close(&mut self) -> io::Result<()> {
        self.flush();
        self.out_trouble.take().map_or(Ok(()), |trouble| {
            self.out_closed = true;
            Err(trouble)
        })
    }

    pub fn out_color(&self) -> bool {
        self.out_color
    }

    pub fn err_color(&self) -> bool {
        self.err_color
    }

    /// How a summary on standard output looks.
    pub fn style(&self) -> Style {
        let plain = if self.out_is_terminal { Style::terminal(columns()) } else { Style::PLAIN };
        Style { color: self.out_color, ..plain }
    }

    pub fn bold(&self, text: &str) -> String {
        if self.out_color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// For standard error.
    pub fn red(&self, text: &str) -> String {
        if self.err_color { format!("\x1b[1;31m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A moving picture of the progress is wanted only where somebody watches.
    pub fn wants_progress() -> bool {
        let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
        io::stderr().is_terminal() && !in_ci && env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether standard output is a terminal that a picture can be drawn on.
    pub fn draws(&self) -> bool {
        self.out_is_terminal && env::var_os("TERM").is_some_and(|term| term != "dumb")
    }

    fn note(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.out_closed = true,
            Err(error) => self.out_trouble = Some(error),
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.out_closed {
            return;
        }
        // What could not be written was told by `close`; the buffer must not complain again.
        let _ = self.out.flush();
    }
}

fn columns() -> usize {
    env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

/// An explicit wish wins; then NO_COLOR (no-color.org), then CLICOLOR_FORCE, then what the terminal can do.
fn color(wish: ColorWish, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    match wish {
        ColorWish::Always => true,
        ColorWish::Never => false,
        ColorWish::Auto if set("NO_COLOR") => false,
        ColorWish::Auto if variable("CLICOLOR_FORCE").is_some_and(|value| !matches!(value.as_str(), "" | "0")) => true,
        ColorWish::Auto => is_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_wish_then_the_environment_then_the_terminal() {
        let with = |wish, terminal, pairs: &[(&str, &str)]| {
            color(wish, terminal, |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(with(ColorWish::Auto, true, &[]));
        assert!(!with(ColorWish::Auto, false, &[]));
        assert!(!with(ColorWish::Auto, true, &[("NO_COLOR", "1")]));
        assert!(with(ColorWish::Auto, true, &[("NO_COLOR", "")]));
        assert!(with(ColorWish::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!with(ColorWish::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!with(ColorWish::Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(!with(ColorWish::Auto, true, &[("TERM", "dumb")]));
        assert!(with(ColorWish::Always, false, &[("NO_COLOR", "1")]));
        assert!(!with(ColorWish::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }
}
