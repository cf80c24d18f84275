//! Lessons: a scenario told as a story with questions, whose answers come out of the simulation. It reads, derives, scores and draws; asking and
//! printing are the command line's.

pub mod card;
pub mod case;
pub mod check;
pub mod cover;
pub mod fields;
pub mod grid;
pub mod key;
pub mod knob;
pub mod leak;
pub mod line;
pub mod marks;
pub mod mask;
pub mod open;
pub mod page;
pub mod plotted;
pub mod read;
pub mod score;
pub mod shuffle;
pub mod spark;
pub mod story;

#[cfg(test)]
mod tests;

pub use case::{Case, Played, play};
pub use check::{Checked, Mistake, check};
pub use open::{Found, Refused, built_in, find};
pub use story::Lesson;

use crate::compile::catalogue::{self, Entry, Sort};
use crate::report::html::alone::Picture;
use crate::scenario::FieldDoc;

/// The parts of a lesson that have keys of their own, by the key that holds them.
pub static PARTS: [(&str, &[FieldDoc]); 6] = [
    ("predict", &fields::PREDICT),
    ("hypotheses", &fields::HYPOTHESIS),
    ("hints", &fields::HINT),
    ("what_if", &fields::WHAT_IF),
    ("what_if.knobs", &fields::KNOB),
    ("quiz", &fields::QUIZ),
];

/// The manual page of the lesson file.
pub fn manual() -> Entry {
    let mut page = catalogue::entry("lesson", Sort::Section, include_str!("fields.rs"), &[&fields::TABLE]);
    page.text += &format!("\n\nThe charts of `show`: {}.", Picture::WORDS.map(|word| format!("`{word}`")).join(", "));
    page
}
