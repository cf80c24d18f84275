//! `comment.md`: Markdown for a comment on a pull request, below 64,000 bytes: a table of the runs, then what does not hold in full with its lines,
//! a drawing in block characters with the faults below it, and the command that plays it again. It begins with the comment `<!-- firedrill -->`, by
//! which a job finds and replaces what it wrote earlier. What does not fit is left out, and said so.

use super::Format;
use crate::report::markdown::Sheet;

pub static FORMAT: Format = Format {
    word: "md",
    file: "comment.md",
    purpose: "Markdown for a comment on a pull request",
    is_joint: true,
    is_printed: true,
    source: include_str!("md.rs"),
    begin: || Box::new(Sheet::new(BYTES_MAX)),
};

/// GitHub takes comments of up to 65,536 characters.
const BYTES_MAX: usize = 64_000;
