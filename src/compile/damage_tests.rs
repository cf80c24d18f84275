//! Text that was damaged word by word: whatever it says then, it is answered and never panics.

use super::{Request, catalogue, check, compile, variants};
use crate::scenario::{Diagnostics, load_text, render};
use proptest::prelude::*;
use std::path::Path;

/// What is put in the place of words.
const PIECES: &[&str] = &[
    "",
    "0",
    "-1",
    "0s",
    "1e400",
    "99999999999999999999",
    "100y",
    "300%",
    "null",
    "~",
    "[]",
    "{}",
    "[1, 2]",
    "{a: {b: c}}",
    "unbounded",
    "web",
    "users",
    "web->db",
    "->",
    "#2",
    "ü",
    "\u{0}",
    "\t",
    ":",
    "- ",
    "'",
    "\"",
    "kind: down",
    "exp(-1ms)",
    "mixture(50%: 1s)",
    "uniform(2s, 1s)",
    "lognormal(p50=2s, p99=1s)",
    "during",
    "p99(",
    "!!float",
    "&a *a",
    "1000000",
    "18446744073709551615",
];

/// Byte ranges of the words of a text: what is worth replacing.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_part = !c.is_whitespace() && !matches!(c, ',' | '{' | '}' | '[' | ']');
        match (start, is_part) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn damaged(example: usize, changes: &[(usize, usize)]) -> String {
    let entries = catalogue::entries();
    let mut text = entries[example % entries.len()].example.clone();
    for (word, piece) in changes {
        let words = words(&text);
        if let Some(range) = words.get(word % words.len().max(1)) {
            text.replace_range(range.clone(), PIECES[piece % PIECES.len()]);
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Every example with some of its words replaced by values that are wrong, or right elsewhere.
    #[test]
    fn no_damaged_example_panics(example in 0usize..1000, changes in prop::collection::vec((0usize..1000, 0usize..1000), 1..6)) {
        let diags = Diagnostics::new();
        let mut loaded = load_text("s.yaml", &damaged(example, &changes), Path::new(""), &diags);
        let plan = check(&mut loaded, &diags);
        prop_assert_eq!(plan.is_none(), diags.has_errors());
        variants(&loaded.root);
        render(&diags, &loaded.sources, false);
    }

    #[test]
    fn no_setting_panics(
        example in 0usize..1000,
        path in "[a-z0-9.]{0,30}|services\\.(web|db|cache)\\.[a-z]{1,9}(\\.[a-z]{1,7})?",
        piece in 0usize..1000,
    ) {
        let diags = Diagnostics::new();
        let mut loaded = load_text("s.yaml", &damaged(example, &[]), Path::new(""), &diags);
        let request = Request { set: vec![format!("{path}={}", PIECES[piece % PIECES.len()])], ..Request::default() };
        let plan = compile(&mut loaded, &request, &diags);
        prop_assert_eq!(plan.is_none(), diags.has_errors());
        render(&diags, &loaded.sources, false);
    }
}
