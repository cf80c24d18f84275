//! What services, policies and loads there are: one file a kind, whose head is its manual page, with the table of its fields and
//! the reader that turns them into parts of a Plan. It runs nothing: how they behave is `engine`.

pub mod controls;
pub mod load;
pub mod policies;
pub mod services;

use crate::scenario::FieldDoc;

/// A documented part of the language.
pub struct Page {
    pub name: &'static str,
    /// The source of the part's own file; its `//!` head is the manual page.
    pub page: &'static str,
    pub fields: &'static [&'static [FieldDoc]],
}

/// Joins two tables at compile time, so that maps which share most of their keys share their documentation.
pub(crate) const fn joined<const A: usize, const B: usize, const N: usize>(
    first: &[FieldDoc; A],
    second: &[FieldDoc; B],
) -> [FieldDoc; N] {
    assert!(A + B == N, "the joined table holds both");
    let mut all = [first[0]; N];
    let mut index = 0;
    while index < A {
        all[index] = first[index];
        index += 1;
    }
    while index < N {
        all[index] = second[index - A];
        index += 1;
    }
    all
}
