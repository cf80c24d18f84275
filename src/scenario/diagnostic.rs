//! Mistakes of the author, collected all at once. It never decides whether to go on: callers ask [`Diagnostics::has_errors`].

use super::node::Place;
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A kebab-case word for machines, such as `unknown-key`; empty if there is none.
    pub code: &'static str,
    pub severity: Severity,
    pub place: Option<Place>,
    pub message: String,
    /// Stands beside the underlined text; may be empty.
    pub label: String,
    pub help: Option<String>,
}

/// Everything one reading found, shared by all readers. It also holds the folder that file names in the scenario are relative to.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: RefCell<Vec<Diagnostic>>,
    left_out: Cell<usize>,
    folder: RefCell<PathBuf>,
    files: RefCell<Vec<String>>,
}

/// More than this many are counted, not kept.
const KEPT_MAX: usize = 500;

impl Diagnostics {
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Files a diagnostic; control characters that came in with the author's words are made visible.
    pub fn push(&self, mut diagnostic: Diagnostic) {
        diagnostic.message = visible(&diagnostic.message);
        diagnostic.label = visible(&diagnostic.label);
        diagnostic.help = diagnostic.help.as_deref().map(visible);
        let mut found = self.found.borrow_mut();
        if found.len() < KEPT_MAX { found.push(diagnostic) } else { self.left_out.set(self.left_out.get() + 1) }
    }

    /// Reports an error; the answer takes a help text and more.
    pub fn error(&self, place: impl Into<Option<Place>>, message: impl Into<String>) -> Note<'_> {
        self.note(Severity::Error, place.into(), message.into())
    }

    pub fn warning(&self, place: impl Into<Option<Place>>, message: impl Into<String>) -> Note<'_> {
        self.note(Severity::Warning, place.into(), message.into())
    }

    pub fn has_errors(&self) -> bool {
        self.found.borrow().iter().any(|one| one.severity == Severity::Error) || self.left_out.get() > 0
    }

    pub fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// In order of place, those without a place last; the same mistake found twice is told once.
    pub fn sorted(&self) -> Vec<Diagnostic> {
        let mut found = self.found.borrow().clone();
        found.sort_by(|a, b| {
            let key =
                |one: &Diagnostic| (one.place.is_none(), one.place.map(|place| (place.source, place.start, place.end)));
            key(a).cmp(&key(b)).then_with(|| a.severity.cmp(&b.severity))
        });
        let mut told: Vec<Diagnostic> = Vec::with_capacity(found.len());
        for one in found {
            if !told.iter().rev().take_while(|other| other.place == one.place).any(|other| other.message == one.message)
            {
                told.push(one);
            }
        }
        if self.left_out.get() > 0 {
            told.push(Diagnostic {
                code: "",
                severity: Severity::Error,
                place: None,
                message: format!("{} more mistakes are not shown", self.left_out.get()),
                label: String::new(),
                help: None,
            });
        }
        told
    }

    pub fn into_sorted(self) -> Vec<Diagnostic> {
        self.sorted()
    }

    pub fn set_folder(&self, folder: &Path) {
        *self.folder.borrow_mut() = folder.to_owned();
    }

    /// A file named in the scenario, seen from here.
    pub fn resolve(&self, file: &str) -> PathBuf {
        let mut files = self.files.borrow_mut();
        if !files.iter().any(|known| known == file) {
            files.push(file.to_owned());
        }
        self.folder.borrow().join(file)
    }

    /// The files that were named so far, as the author wrote them.
    pub fn files(&self) -> Vec<String> {
        self.files.borrow().clone()
    }

    fn note(&self, severity: Severity, place: Option<Place>, message: String) -> Note<'_> {
        let diagnostic = Diagnostic { code: "", severity, place, message, label: String::new(), help: None };
        Note { diags: self, diagnostic: Some(diagnostic) }
    }
}

/// A diagnostic in the making; it is filed when this is dropped.
pub struct Note<'a> {
    diags: &'a Diagnostics,
    diagnostic: Option<Diagnostic>,
}

impl Note<'_> {
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.edit(|one| one.help = Some(help.into()));
        self
    }

    /// A help text if there is one.
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.edit(|one| one.help = help);
        self
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.edit(|one| one.label = label.into());
        self
    }

    pub fn code(mut self, code: &'static str) -> Self {
        self.edit(|one| one.code = code);
        self
    }

    fn edit(&mut self, change: impl FnOnce(&mut Diagnostic)) {
        if let Some(diagnostic) = &mut self.diagnostic {
            change(diagnostic);
        }
    }
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        if let Some(diagnostic) = self.diagnostic.take() {
            self.diags.push(diagnostic);
        }
    }
}

/// A word of the author in backticks, short enough for a message.
pub fn quote(word: &str) -> String {
    const SHOWN_MAX: usize = 60;
    match word.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("`{}…`", &word[..at]),
        None => format!("`{word}`"),
    }
}

/// Without control characters, and no longer than a message may be.
fn visible(text: &str) -> String {
    const SHOWN_MAX: usize = 600;
    let mut shown = String::with_capacity(text.len().min(SHOWN_MAX));
    for c in text.chars().take(SHOWN_MAX) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}
