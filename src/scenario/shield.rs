//! Lets `uniform(1s, 2s)` and `mixture(90%: exp(5ms), …)` stand unquoted anywhere in YAML: the commas and colons between the
//! parentheses of a call are swapped for two characters the text does not use, and swapped back in every scalar.
//! One character stays one character, so places are not moved. It knows nothing else of YAML.

use std::borrow::Cow;

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
        let mut rest = text;
        while let Some(open) = rest.find('(') {
            let is_call = rest[..open].ends_with(|c: char| c.is_ascii_alphanumeric());
            let length = if is_call { call_length(&rest[open..]) } else { None };
            let end = open + length.unwrap_or(1);
            out.push_str(&rest[..open]);
            if length.is_some() {
                self.shield_call(&rest[open..end], &mut out)
            } else {
                out.push('(')
            }
            rest = &rest[end..];
        }
        out.push_str(rest);
        out
    }

    fn shield_call(self, call: &str, out: &mut String) {
        out.extend(call.chars().map(|c| match c {
            ',' => self.comma,
            ':' => self.colon,
            other => other,
        }));
    }
}

/// Bytes from `(` to its `)`, if that comes on the same line before anything that means something else to YAML.
fn call_length(text: &str) -> Option<usize> {
    const LENGTH_MAX: usize = 2_000;
    let mut depth = 0;
    for (at, c) in text.char_indices().take(LENGTH_MAX) {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at + 1),
            ')' => depth -= 1,
            '\n' | '\r' | '"' | '\'' | '{' | '}' | '[' | ']' | '#' => return None,
            _ => {}
        }
    }
    None
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
    }
}
