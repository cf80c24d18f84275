//! The texts that places point into: scenario files and `--set` arguments. It reads no files and prints nothing.

use super::node::Place;

/// Index into [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

#[derive(Clone, Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
}

#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub text: String,
}

/// One line of a source and where a place lies on it.
pub struct Excerpt<'a> {
    /// The line without its end.
    pub line: &'a str,
    pub number: usize,
    /// Bytes within the line, on character boundaries.
    pub start: usize,
    pub end: usize,
}

impl Sources {
    pub fn new() -> Sources {
        Sources::default()
    }

    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(self.list.len() as u32);
        self.list.push(Source { name: name.into(), text: text.into() });
        id
    }

    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(id.0 as usize)
    }

    /// Line and column of the place's start, both from 1, the column in characters.
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        match self.excerpt(place) {
            Some(excerpt) => (excerpt.number, excerpt.line[..excerpt.start].chars().count() + 1),
            None => (1, 1),
        }
    }

    /// `file:line:column`.
    pub fn location(&self, place: Place) -> String {
        let (line, column) = self.line_column(place);
        let name = self.get(place.source).map_or("?", |source| source.name.as_str());
        format!("{name}:{line}:{column}")
    }

    /// The line on which a place starts; a place of several lines ends, for this purpose, at the end of the first.
    pub fn excerpt(&self, place: Place) -> Option<Excerpt<'_>> {
        let text = self.get(place.source)?.text.as_str();
        let start = floor(text, place.start as usize);
        let end = floor(text, (place.end as usize).max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let number = text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        let within = |at: usize| (at - line_start).min(line.len());
        let end = if end > line_end { line.trim_end().len().max(within(start)) } else { within(end) };
        Some(Excerpt { line, number, start: within(start), end })
    }
}

/// The nearest character boundary at or below `at`, within the text.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
