//! A place in a line of the expectation language, and the errors that point into it. It knows no words of the language.

use super::ExpectError;

/// Reads a line from left to right; every position it hands out is a byte on a character boundary.
pub struct Cursor<'a> {
    pub text: &'a str,
    pub at: usize,
}

/// A piece of the line with its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub start: usize,
    pub end: usize,
    pub text: &'a str,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    pub fn done(&mut self) -> bool {
        self.skip_blanks();
        self.rest().is_empty()
    }

    /// Takes the longest run of characters that pass, which may be empty, after skipping blanks.
    pub fn take_while(&mut self, pass: impl Fn(char) -> bool) -> Piece<'a> {
        self.skip_blanks();
        let rest = self.rest();
        let length = rest.find(|c: char| !pass(c)).unwrap_or(rest.len());
        self.take(length)
    }

    /// The next word up to a blank; empty at the end.
    pub fn word(&mut self) -> Piece<'a> {
        self.take_while(|c| !c.is_whitespace())
    }

    /// The next word without taking it.
    pub fn peek_word(&self) -> Piece<'a> {
        Cursor { text: self.text, at: self.at }.word()
    }

    pub fn take(&mut self, length: usize) -> Piece<'a> {
        let start = self.at;
        self.at += length;
        Piece { start, end: self.at, text: &self.text[start..self.at] }
    }

    /// Takes the character if it comes next, after blanks.
    pub fn eat(&mut self, c: char) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    /// An error at the next character, or at the last one when nothing follows.
    pub fn error_here(&mut self, message: impl Into<String>) -> ExpectError {
        self.skip_blanks();
        let next = self.rest().chars().next();
        let start = if next.is_some() { self.at } else { last_char_start(self.text) };
        let length = self.text[start..].chars().next().map_or(0, char::len_utf8);
        ExpectError { start, end: start + length, message: message.into(), help: None }
    }
}

impl Piece<'_> {
    pub fn error(&self, message: impl Into<String>) -> ExpectError {
        ExpectError { start: self.start, end: self.end, message: message.into(), help: None }
    }

    pub fn trimmed(&self) -> Self {
        let start = self.start + (self.text.len() - self.text.trim_start().len());
        let text = self.text.trim();
        Piece { start, end: start + text.len(), text }
    }
}

impl ExpectError {
    pub fn help(mut self, help: impl Into<String>) -> ExpectError {
        self.help = Some(help.into());
        self
    }
}

fn last_char_start(text: &str) -> usize {
    let seen = text.trim_end();
    let seen = if seen.is_empty() { text } else { seen };
    seen.char_indices().next_back().map_or(0, |(at, _)| at)
}

/// `did you mean …?` when one of the candidates is close to the word.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    let wanted = word.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// `a, b and c`.
pub fn listed_all<'c>(words: impl IntoIterator<Item = &'c str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, firsts)) => format!("{} and {last}", firsts.join(", ")),
    }
}

/// The same, but of a long list only the first few and how many more there are.
pub fn listed<'c>(words: impl IntoIterator<Item = &'c str>) -> String {
    const SHOWN: usize = 8;
    let words: Vec<&str> = words.into_iter().collect();
    match words.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", words[..SHOWN].join(", ")),
        _ => listed_all(words),
    }
}
