//! Lessons: a scenario told as a story with questions, whose answers come out of the simulation. It reads, derives, scores and draws; asking and
//! printing are the command line's.

pub mod card;
pub mod case;
pub mod check;
pub mod fields;
pub mod grid;
pub mod key;
pub mod leak;
pub mod line;
pub mod mask;
pub mod open;
pub mod page;
pub mod read;
pub mod score;
pub mod spark;
pub mod story;

#[cfg(test)]
mod tests;

pub use case::{Case, Played, play};
pub use check::{Mistake, check};
pub use open::{Found, Refused, built_in, find};
pub use story::Lesson;

use crate::compile::catalogue::{self, Entry, Sort};

/// The manual page of the lesson file.
pub fn manual() -> Entry {
    catalogue::entry("lesson", Sort::Section, include_str!("fields.rs"), &[&fields::TABLE])
}
