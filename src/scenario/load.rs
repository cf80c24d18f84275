//! A scenario file to its tree of values: the file's limits, its encoding, the folder it lies in. It reads no meaning into the values.

use super::diagnostic::{Diagnostics, quote};
use super::node::{Node, Place, Value};
use super::source::{SourceId, Sources};
use super::yaml;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A scenario's text is at most this long.
pub const BYTES_MAX: usize = 4 << 20;

/// What reading a file gave. After a mistake that leaves no tree, `root` is [`Value::Null`] and the diagnostics say why.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub sources: Sources,
    pub root: Node,
    /// File names in the scenario are relative to this.
    pub folder: PathBuf,
}

/// A variant as it is listed: its name and title.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantHead {
    pub name: String,
    pub title: Option<String>,
    pub place: Place,
}

/// Reads a scenario file. Trouble of every sort is reported to `diags`.
pub fn load(path: &Path, diags: &Diagnostics) -> Loaded {
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let name = path.display().to_string();
    match read_limited(path, BYTES_MAX) {
        Ok(bytes) => load_bytes(&name, &bytes, &folder, diags),
        Err(trouble) => {
            let help = "give the path of a scenario file, such as scenarios/slow-cache.yaml";
            diags.error(None, format!("cannot read {}: {trouble}", quote(&name))).code("unreadable").help(help);
            load_bytes(&name, b"", &folder, &Diagnostics::new())
        }
    }
}

/// Reads a scenario's text under a name of its own.
pub fn load_text(name: &str, text: &str, folder: &Path, diags: &Diagnostics) -> Loaded {
    load_bytes(name, text.as_bytes(), folder, diags)
}

/// Reads a scenario's bytes, which may be no text at all.
pub fn load_bytes(name: &str, bytes: &[u8], folder: &Path, diags: &Diagnostics) -> Loaded {
    diags.set_folder(folder);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::new();
    let source = sources.add(name, text.as_ref());
    let start = Place { source, start: 0, end: 0 };
    let root = checked(bytes, source, diags).and_then(|text| yaml::read(text, source, diags));
    if root.as_ref().is_some_and(Node::is_null) {
        let help = "a scenario has at least `name`, `length`, `clients` and `services`";
        diags.error(start, "the file is empty").code("empty").help(help);
    }
    let nothing = Node { place: start, value: Value::Null };
    Loaded { sources, root: root.unwrap_or(nothing), folder: folder.to_owned() }
}

/// The variants a scenario lists, in its order.
pub fn variants(root: &Node) -> Vec<VariantHead> {
    let entries = root.get("variants").map_or(&[][..], Node::entries);
    let head = |entry: &super::node::Entry| VariantHead {
        name: entry.key.clone(),
        title: entry.value.get("title").and_then(Node::scalar).map(str::to_owned),
        place: entry.key_place,
    };
    entries.iter().map(head).collect()
}

/// At most `max` bytes of a file, or words on why not.
pub(super) fn read_limited(path: &Path, max: usize) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| in_words(&error))?;
    let mut bytes = Vec::new();
    file.take(max as u64 + 1).read_to_end(&mut bytes).map_err(|error| in_words(&error))?;
    if bytes.len() > max {
        return Err(format!("it is larger than {}", crate::base::units::show_bytes(max as u64)));
    }
    Ok(bytes)
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

fn checked<'a>(bytes: &'a [u8], source: SourceId, diags: &Diagnostics) -> Option<&'a str> {
    if bytes.len() > BYTES_MAX {
        let message = format!("the scenario is larger than {}", crate::base::units::show_bytes(BYTES_MAX as u64));
        diags.error(None, message).code("too-large").help("move long lists into a file of their own, such as a trace");
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let start = error.valid_up_to() as u32;
            let place = Place { source, start, end: start + 3 };
            diags.error(place, "this is not UTF-8 text").code("encoding").help("save the file as UTF-8");
            None
        }
    }
}
