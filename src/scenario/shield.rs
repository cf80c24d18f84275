//! Lets `uniform(1s, 2s)` and `mixture(90%: exp(5ms), …)` stand unquoted anywhere in YAML: the commas and colons between the
//! parentheses of a call are swapped for two characters the text does not use, and swapped back in every scalar.
//! One character stays one character, so places are not moved. It knows nothing else of YAML.

use std::borrow::Cow;
use std::ops::Range;

/// The stand-ins for `,` and `:`, if the text needed any.
#[derive(Clone, Copy, Debug)]
pub struct Shield {
    comma: char,
    colon: char,
}

impl Shield {
    /// The text with the calls in it shielded.
    pub fn raise(text: &str) -> (Cow<'_, str>, Option<Shield>) {
        if !text.contains('(') {
            return (Cow::Borrowed(text), None);
        }
        // Private-use characters: YAML accepts them, and hardly any text has them.
        let mut unused = ('\u{E000}'..='\u{E0FF}').filter(|c| !text.contains(*c));
        let (Some(comma), Some(colon)) = (unused.next(), unused.next()) else { return (Cow::Borrowed(text), None) };
        let shield = Shield { comma, colon };
        (Cow::Owned(shield.shielded(text)), Some(shield))
    }

    /// A scalar's text as the author wrote it.
    pub fn lower(self, text: &str) -> String {
        text.chars()
            .map(|c| {
                if c == self.comma {
                    ','
                } else if c == self.colon {
                    ':'
                } else {
                    c
                }
            })
            .collect()
    }

    fn shielded(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 64);
        let mut from = 0;
        for call in calls(text) {
            out.push_str(&text[from..call.start]);
            out.extend(text[call.clone()].chars().map(|c| match c {
                ',' => self.comma,
                ':' => self.colon,
                other => other,
            }));
            from = call.end;
        }
        out.push_str(&text[from..]);
        out
    }
}

/// The outermost `(…)` that follow a word and close on the same line, before anything that means something else to YAML.
fn calls(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut follows_word = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open.push((at, follows_word)),
            ')' => {
                if let Some((start, true)) = open.pop() {
                    while found.last().is_some_and(|inner| inner.start > start) {
                        found.pop();
                    }
                    found.push(start..at + 1);
                }
            }
            '\n' | '\r' | '"' | '\'' | '{' | '}' | '[' | ']' | '#' => open.clear(),
            _ => {}
        }
        follows_word = c.is_ascii_alphanumeric();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_are_shielded_and_lowering_restores_the_text() {
        let text = "a: {b: f(1, 2), c: (x, y), d: mixture(90%: exp(5ms), 10%: 1s)}  # g(\nh: f(\"a, b\")";
        let (shielded, shield) = Shield::raise(text);
        assert_eq!(shielded.matches(',').count(), 4, "{shielded}");
        assert_eq!(shielded.chars().count(), text.chars().count());
        assert_eq!(shield.expect("raised").lower(&shielded), text);
        let found: Vec<&str> = calls("f(g(1, 2) (3, h(4))\nk(((5)))) l()")
            .into_iter()
            .map(|at| &"f(g(1, 2) (3, h(4))\nk(((5)))) l()"[at])
            .collect();
        assert_eq!(found, ["(1, 2)", "(4)", "(((5)))", "()"]);
    }
}
