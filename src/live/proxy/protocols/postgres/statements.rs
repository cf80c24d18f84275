//! What the prepared statements of one session say: the beginning of each text, by name. It forgets none that is open, and learns no more
//! beyond a limit.

use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Statements {
    texts: BTreeMap<Vec<u8>, Vec<u8>>,
}

const STATEMENTS_MAX: usize = 1024;
/// Of each text.
const TEXT_MAX: usize = 256;

impl Statements {
    /// A message of the client with this type and beginning.
    pub fn learn(&mut self, kind: u8, body: &[u8]) {
        match kind {
            b'P' => {
                let (name, rest) = word(body);
                let (text, _) = word(rest);
                if self.texts.len() < STATEMENTS_MAX || self.texts.contains_key(name) {
                    self.texts.insert(name.to_vec(), text[..text.len().min(TEXT_MAX)].to_vec());
                }
            }
            b'C' if body.first() == Some(&b'S') => drop(self.texts.remove(word(&body[1..]).0)),
            _ => {}
        }
    }

    /// The statement that such a message speaks of, as far as it is known.
    pub fn text(&self, kind: u8, body: &[u8]) -> Option<Vec<u8>> {
        match kind {
            b'Q' => Some(word(body).0.to_vec()),
            b'P' => Some(word(word(body).1).0.to_vec()),
            b'B' => self.texts.get(word(word(body).1).0).cloned(),
            _ => None,
        }
    }
}

/// Up to the next zero byte, or to the end, and what follows.
fn word(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}
