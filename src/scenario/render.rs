//! Diagnostics to text: the source line with the wrong part underlined, as compilers do, or one line each for machines.

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::source::{Excerpt, Sources};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Of longer lines only a part is looked at.
const LINE_MAX: usize = 20_000;

/// For people: every diagnostic with its source line.
pub fn render(diags: &Diagnostics, sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for one in diags.sorted() {
        text.push_str(renderer.render(&groups(&one, sources)).trim_end());
        text.push_str("\n\n");
    }
    text
}

/// For machines: `file:line:column: error: message (help)`, one line each.
pub fn render_lines(diags: &Diagnostics, sources: &Sources) -> String {
    let line = |one: Diagnostic| {
        let at = one.place.map_or(String::new(), |place| format!("{}: ", sources.location(place)));
        let help = one.help.map_or(String::new(), |help| format!(" ({help})"));
        format!("{at}{}: {}{help}\n", word(one.severity), one.message)
    };
    diags.sorted().into_iter().map(line).collect()
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn groups<'a>(one: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = match one.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(one.message.as_str());
    let title = if one.code.is_empty() { title } else { title.id(one.code) };
    let mut group = Group::with_title(title);
    if let Some((place, excerpt)) = one.place.and_then(|place| Some((place, sources.excerpt(place)?))) {
        let name = sources.get(place.source).map_or("?", |source| source.name.as_str());
        let snippet = snippet(&excerpt, &one.label);
        group = match excerpt.start <= LINE_MAX {
            true => group.element(snippet.path(name)),
            false => {
                let (line, column) = sources.line_column(place);
                group.element(Origin::path(name).line(line).char_column(column)).element(snippet)
            }
        };
    }
    if let Some(help) = &one.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    vec![group]
}

fn snippet<'a>(excerpt: &Excerpt<'a>, label: &'a str) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let (from, to) = around(excerpt);
    let line = &excerpt.line[from..to];
    let start = excerpt.start - from;
    let end = (excerpt.end.min(to) - from).max(start);
    let annotation = AnnotationKind::Primary.span(start..end);
    let annotation = if label.is_empty() { annotation } else { annotation.label(label) };
    Snippet::source(line).line_start(excerpt.number).annotation(annotation)
}

/// The part of a very long line that is handed to the renderer, which trims it further; on character boundaries.
/// The line's start stays unless the place is far behind it, because the renderer counts columns from there.
fn around(excerpt: &Excerpt<'_>) -> (usize, usize) {
    let line = excerpt.line;
    let mut from = if excerpt.start <= LINE_MAX { 0 } else { excerpt.start - 200 };
    while !line.is_char_boundary(from) {
        from -= 1;
    }
    let mut to = (excerpt.start + 400).min(line.len());
    while !line.is_char_boundary(to) {
        to += 1;
    }
    (from, to)
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
