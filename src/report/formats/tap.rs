//! The Test Anything Protocol, version 14, for `prove` and everything that reads it: one test point for each line that a run was judged by, for
//! each fault ("fault NAME happened") and, in the live world, for "everything undone". What is not ok has a YAML block with the message, the
//! place and how bad it is (`fail`, or `inconclusive`). Lines for information carry `# SKIP`.

use super::{Account, Document, Format, title};
use crate::report::points::{self, Outcome, Point};
use std::fmt::Write as _;

pub static FORMAT: Format = Format {
    word: "tap",
    file: "results.tap",
    purpose: "Test Anything Protocol 14, for prove and its kin",
    is_joint: true,
    is_printed: true,
    source: include_str!("tap.rs"),
    begin: || Box::new(Points::default()),
};

#[derive(Default)]
struct Points {
    count: usize,
    lines: String,
}

impl Document for Points {
    fn add(&mut self, account: &Account) -> Result<(), String> {
        let run = title(account.recording);
        let _ = writeln!(self.lines, "# {} (again: {})", one_line(&run), one_line(account.command));
        for point in points::of(account.recording, account.judgement) {
            self.count += 1;
            self.point(&run, &point);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        Ok(format!("TAP version 14\n1..{}\n{}", self.count, self.lines).into_bytes())
    }
}

impl Points {
    fn point(&mut self, run: &str, point: &Point) {
        let (number, name) = (self.count, escaped(&format!("{run}: {}", point.name)));
        let (ok, severity) = match point.outcome {
            Outcome::Passed => ("ok", None),
            Outcome::Skipped => ("ok", None),
            Outcome::Failed => ("not ok", Some("fail")),
            Outcome::Inconclusive => ("not ok", Some("inconclusive")),
        };
        let skip = if point.outcome == Outcome::Skipped {
            format!(" # SKIP {}", one_line(&point.message))
        } else {
            String::new()
        };
        let _ = writeln!(self.lines, "{ok} {number} - {name}{skip}");
        let Some(severity) = severity else { return };
        let (message, at) = (text(&point.message), text(&point.place));
        let _ = write!(self.lines, "  ---\n  message: {message}\n  severity: {severity}\n  at: {at}\n  ...\n");
    }
}

/// Backslashes and number signs would begin a directive.
fn escaped(name: &str) -> String {
    one_line(name).replace('\\', "\\\\").replace('#', "\\#")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As a YAML string: JSON's strings are such.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
