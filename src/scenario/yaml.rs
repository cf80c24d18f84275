//! YAML text to nodes. The only file that knows the YAML crate; it gives values no meaning beyond `null`.

use super::diagnostic::{Diagnostics, quote};
use super::node::{Entry, Node, Place, Quoting, Value};
use super::shield::Shield;
use super::source::SourceId;
use super::yaml_words::plain_words;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use std::collections::{HashMap, HashSet};

/// What a text may hold at most. Copies made by anchors and aliases count like written nodes.
const DEPTH_MAX: usize = 64;
const NODES_MAX: usize = 200_000;
const COPIED_BYTES_MAX: usize = 16 << 20;

/// Reads one document, `null` if there is none. `None` after a mistake that leaves no tree to speak of; it has been reported then.
pub fn read(text: &str, source: SourceId, diags: &Diagnostics) -> Option<Node> {
    read_part(text, 0, source, diags)
}

/// Reads the document that begins at byte `from` of a source.
pub fn read_part(text: &str, from: usize, source: SourceId, diags: &Diagnostics) -> Option<Node> {
    let part = &text[from..];
    let (shielded, shield) = Shield::raise(part);
    let offsets = Offsets::of(part, from);
    let mut builder = Builder {
        text,
        source,
        diags,
        shield,
        offsets,
        stack: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        copied_bytes: 0,
        root: None,
    };
    let mut parser = Parser::new_from_str(&shielded);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => builder.take(event, span).ok()?,
            Err(error) => {
                builder.report_scan(&error);
                return None;
            }
        }
    }
    let nothing = Place { source, start: from as u32, end: from as u32 };
    Some(builder.root.unwrap_or(Node { place: nothing, value: Value::Null }))
}

/// The reading cannot go on; the reason has been reported.
struct Stop;

struct Builder<'a> {
    text: &'a str,
    source: SourceId,
    diags: &'a Diagnostics,
    shield: Option<Shield>,
    offsets: Offsets,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    copied_bytes: usize,
    root: Option<Node>,
}

/// A list or map that is still open.
struct Frame {
    place: Place,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, keys: HashSet<String>, key: Option<(String, Place)> },
}

struct Anchored {
    node: Node,
    size: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let place = self.place(span);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.root.is_some() => self.stop(
                place,
                "the file holds more than one YAML document",
                "one file holds one scenario: split it at `---`",
            ),
            Event::DocumentStart(_) => Ok(()),
            Event::Alias(id) => self.alias(id, place),
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.scalar(&text, style, anchor, place)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.open(Kind::List(Vec::new()), anchor, place)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.open(Kind::Map { entries: Vec::new(), keys: HashSet::new(), key: None }, anchor, place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, place: Place) -> Result<(), Stop> {
        let place = self.without_properties(place);
        let place = if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            self.to_quote(place)
        } else {
            place
        };
        let text = self.shield.map_or_else(|| text.to_owned(), |shield| shield.lower(text));
        if let Some(Frame { kind: Kind::Map { key: key @ None, .. }, .. }) = self.stack.last_mut() {
            *key = Some((text, place));
            return Ok(());
        }
        let quoting = match style {
            ScalarStyle::Plain => Quoting::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Quoting::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Quoting::Block,
        };
        let is_null = quoting == Quoting::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
        let value = if is_null { Value::Null } else { Value::Scalar(text, quoting) };
        self.count(1, place)?;
        self.add(Node { place, value }, anchor)
    }

    fn open(&mut self, kind: Kind, anchor: usize, place: Place) -> Result<(), Stop> {
        if self.awaits_key() {
            return self.stop(
                place,
                "a key must be plain text",
                "write `key: value`, with quotes if the key holds brackets",
            );
        }
        if self.stack.len() >= DEPTH_MAX {
            return self.stop(
                place,
                format!("nested more than {DEPTH_MAX} levels deep"),
                "flatten this part of the file",
            );
        }
        self.count(1, place)?;
        let place = self.without_properties(place);
        self.stack.push(Frame { place, anchor, kind });
        Ok(())
    }

    fn close(&mut self, end: Place) -> Result<(), Stop> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let is_flow = self.text[frame.place.start as usize..].starts_with(['{', '[']);
        let last = match &frame.kind {
            Kind::List(items) => items.last().map(|node| node.place.end),
            Kind::Map { entries, .. } => entries.last().map(|entry| entry.value.place.end.max(entry.key_place.end)),
        };
        // A block collection ends with its last child: the parser reports its end on the next line. A flow collection ends with
        // its bracket: the parser counts a comment after it in.
        let end = if is_flow { end.end.min(end.start + 1) } else { last.unwrap_or(frame.place.end) };
        let place = Place { end: end.max(frame.place.start), ..frame.place };
        let value = match frame.kind {
            Kind::List(items) => Value::List(items),
            Kind::Map { entries, .. } => Value::Map(entries),
        };
        self.add(Node { place, value }, frame.anchor)
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<(), Stop> {
        if self.awaits_key() {
            return self.stop(place, "an alias cannot be a key", "write the key itself");
        }
        let Some(anchored) = self.anchors.get(&id) else {
            return self.stop(place, "this alias stands inside the value it refers to", "write the value out");
        };
        let size = anchored.size;
        if self.stack.len() + size.depth > DEPTH_MAX {
            return self.stop(
                place,
                format!("nested more than {DEPTH_MAX} levels deep"),
                "use fewer aliases inside each other",
            );
        }
        let node = anchored.node.clone();
        self.count(size.nodes, place)?;
        self.count_copied(size.bytes, place)?;
        self.add(node, 0)
    }

    /// Hands a finished node to the list or map it belongs to.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        if anchor > 0 {
            let size = size_of(&node);
            self.count(size.nodes, node.place)?;
            self.count_copied(size.bytes, node.place)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        match self.stack.last_mut().map(|frame| &mut frame.kind) {
            None => self.root = Some(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map { entries, keys, key }) => {
                let Some((key, key_place)) = key.take() else { return Ok(()) };
                let is_new = keys.insert(key.clone());
                check_key(&key, key_place, is_new, self.diags);
                if is_new && key != "<<" {
                    entries.push(Entry { key, key_place, value: node });
                }
            }
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { kind: Kind::Map { key: None, .. }, .. }))
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes <= NODES_MAX {
            return Ok(());
        }
        self.stop(
            place,
            format!("more than {NODES_MAX} values, aliases included"),
            "split the scenario, or use fewer aliases",
        )
    }

    fn count_copied(&mut self, bytes: usize, place: Place) -> Result<(), Stop> {
        self.copied_bytes += bytes;
        if self.copied_bytes <= COPIED_BYTES_MAX {
            return Ok(());
        }
        self.stop(place, "the aliases expand to more than 16MiB of text", "use fewer aliases")
    }

    fn stop(&self, place: Place, message: impl Into<String>, help: &str) -> Result<(), Stop> {
        self.diags.error(place, message).code("yaml").help(help);
        Err(Stop)
    }

    fn refuse_tag(&self, tagged: bool, place: Place) {
        if tagged {
            self.diags
                .error(place, "YAML tags have no meaning here")
                .code("yaml")
                .help("remove the `!…` in front of the value");
        }
    }

    fn place(&self, span: Span) -> Place {
        let start = self.offsets.byte(span.start.index());
        let end = self.offsets.byte(span.end.index()).max(start);
        Place { source: self.source, start, end }
    }

    /// The place without an anchor or tag in front of the value.
    fn without_properties(&self, mut place: Place) -> Place {
        loop {
            let text = &self.text[place.start as usize..place.end as usize];
            if !text.starts_with(['&', '!']) {
                return place;
            }
            let word = text.find(char::is_whitespace).unwrap_or(text.len());
            let blank = text[word..].find(|c: char| !c.is_whitespace()).unwrap_or(text.len() - word);
            place.start += (word + blank) as u32;
        }
    }

    /// The place of a quoted text up to its closing quote: the scanner's ends where it went on, which may be after a comment.
    fn to_quote(&self, place: Place) -> Place {
        let text = &self.text.as_bytes()[place.start as usize..place.end as usize];
        let quote = text.first().copied().unwrap_or_default();
        let mut at = 1;
        while at < text.len() {
            match (text[at], quote) {
                (b'\\', b'"') => at += 2,
                (b'\'', b'\'') if text.get(at + 1) == Some(&b'\'') => at += 2,
                (byte, _) if byte == quote => return Place { end: place.start + at as u32 + 1, ..place },
                _ => at += 1,
            }
        }
        place
    }

    fn report_scan(&self, error: &ScanError) {
        let at = self.offsets.byte(error.marker().index());
        let place = Place { source: self.source, start: at, end: at };
        let line_start = self.text[..at as usize].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or("");
        let indent = line.len() - line.trim_start().len();
        if let Some(tab) = line[..indent].find('\t') {
            let start = (line_start + tab) as u32;
            let place = Place { source: self.source, start, end: start + 1 };
            self.diags.error(place, "a tab cannot indent YAML").code("yaml").help("indent with spaces");
            return;
        }
        let (message, help) = plain_words(error.info());
        self.diags.error(place, message).code("yaml").help(help);
    }
}

fn check_key(key: &str, place: Place, is_new: bool, diags: &Diagnostics) {
    if key == "<<" {
        let note = diags.error(place, "merge keys (`<<`) are not supported").code("yaml");
        note.help("write the keys out, or give the whole map an anchor");
    } else if !is_new {
        let note = diags.error(place, format!("{} is given twice", quote(key))).code("duplicate-key");
        note.label("the second one").help("keep one of the two");
    }
}

fn size_of(node: &Node) -> Size {
    let of_children = |children: &mut dyn Iterator<Item = Size>| {
        children.fold(Size { nodes: 1, bytes: 0, depth: 1 }, |sum, child| Size {
            nodes: sum.nodes + child.nodes,
            bytes: sum.bytes + child.bytes,
            depth: sum.depth.max(child.depth + 1),
        })
    };
    match &node.value {
        Value::Null => Size { nodes: 1, ..Size::default() },
        Value::Scalar(text, _) => Size { nodes: 1, bytes: text.len(), depth: 0 },
        Value::List(items) => of_children(&mut items.iter().map(size_of)),
        Value::Map(entries) => of_children(&mut entries.iter().map(|entry| {
            let size = size_of(&entry.value);
            Size { bytes: size.bytes + entry.key.len(), ..size }
        })),
    }
}

/// The parser counts characters; places count bytes.
enum Offsets {
    Ascii { from: u32, length: u32 },
    Table(Vec<u32>),
}

impl Offsets {
    fn of(part: &str, from: usize) -> Offsets {
        let from = from as u32;
        if part.is_ascii() {
            return Offsets::Ascii { from, length: part.len() as u32 };
        }
        let ends = std::iter::once(part.len());
        Offsets::Table(part.char_indices().map(|(at, _)| at).chain(ends).map(|at| from + at as u32).collect())
    }

    fn byte(&self, char: usize) -> u32 {
        match self {
            Offsets::Ascii { from, length } => from + (char as u32).min(*length),
            Offsets::Table(table) => table[char.min(table.len() - 1)],
        }
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
