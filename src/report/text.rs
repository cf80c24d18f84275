//! The summary for a terminal: the verdict, each line with its figures, a table of phases, what each fault touched, and warnings.
//! It returns text and prints nothing; it never writes control characters that came from outside.

use super::against;
use super::charts::bins::played_seconds;
use super::figures::{self, banner_of, detail, digits, duration};
use super::load;
use super::result;
use super::seeds;
use crate::base::ErrorKind;
use crate::judge::seeds::OverSeeds;
use crate::judge::{Basis, Judged, Judgement, Verdict, samples_needed};
use crate::plan::{Phase, World};
use crate::record::{ClientCell, Recording};

/// How the text may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Marks beyond ASCII.
    pub unicode: bool,
    /// Columns, 80 to 120.
    pub width: usize,
}

impl Style {
    /// ASCII without colours: for files, pipes and `NO_COLOR`.
    pub const PLAIN: Style = Style { color: false, unicode: false, width: 100 };

    /// For a terminal of so many columns.
    pub fn terminal(columns: usize) -> Style {
        Style { color: true, unicode: true, width: columns.clamp(80, 120) }
    }
}

/// The summary of one run; every line ends with a line break.
pub fn summary(recording: &Recording, judgement: &Judgement, style: Style) -> String {
    let mut page = Page { text: String::new(), style };
    strip(&mut page, recording, judgement);
    let (expect, symptoms) = match judgement.basis {
        Basis::Expectations => ("Expectations", "Symptoms"),
        Basis::Symptoms => ("Expectations (for information: what breaks)", "Symptoms (each must be seen)"),
        Basis::StillBroken => ("Expectations (a wrong fix: at least one must break)", "Symptoms (for information)"),
    };
    let over = judgement.seeds.as_deref();
    over.iter().for_each(|over| over_seeds(&mut page, over));
    let of_seed = |heading: &str| match over {
        Some(over) => format!("{heading}, {}", seeds::which(over)),
        None => heading.to_owned(),
    };
    lines(&mut page, &of_seed(symptoms), &judgement.symptoms);
    lines(&mut page, &of_seed(expect), &judgement.expectations);
    phases(&mut page, recording);
    faults(&mut page, recording);
    undo(&mut page, recording);
    list(&mut page, "Warnings", &result::warnings(recording, judgement));
    page.text + &against_base(judgement, style) + &against::summary(judgement, style)
}

/// A variant against its base, seed by seed; nothing where there is no such comparison.
pub fn against_base(judgement: &Judgement, style: Style) -> String {
    let mut page = Page { text: String::new(), style };
    let pairs = judgement.seeds.iter().flat_map(|over| &over.against_base);
    let told: Vec<String> = pairs.map(|pair| format!("{}: {}", pair.text, seeds::against_base(pair))).collect();
    list(&mut page, "Against the base, seed by seed", &told);
    page.text
}

struct Page {
    text: String,
    style: Style,
}

#[derive(Clone, Copy)]
enum Ink {
    Green,
    Red,
    Yellow,
    Bold,
    Faint,
}

impl Page {
    fn line(&mut self, text: &str) {
        let plain = if self.style.unicode { text.to_owned() } else { in_ascii(text) };
        self.text.push_str(plain.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str) {
        let shown = self.ink(Ink::Bold, text);
        self.text.push('\n');
        self.line(&shown);
    }

    fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Green => "32",
            Ink::Red => "31",
            Ink::Yellow => "33",
            Ink::Bold => "1",
            Ink::Faint => "2",
        };
        if self.style.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Words from the second line on are indented by `indent`; a word longer than the line stands alone.
    fn wrapped(&self, text: &str, indent: usize) -> String {
        let mut shown = String::new();
        let mut column = indent;
        for word in text.split_whitespace() {
            let width = word.chars().count();
            if column > indent && column + 1 + width > self.style.width {
                shown.push('\n');
                shown.push_str(&" ".repeat(indent));
                column = indent;
            } else if column > indent {
                shown.push(' ');
                column += 1;
            }
            shown.push_str(word);
            column += width;
        }
        shown
    }
}

fn strip(page: &mut Page, recording: &Recording, judgement: &Judgement) {
    let plan = &recording.plan;
    let variant = plan.variant.as_ref().map_or(String::new(), |variant| format!(" / {variant}"));
    let verdict = page.ink(ink_of(judgement.verdict), banner_of(judgement));
    let name = page.ink(Ink::Bold, &clean(&format!("{}{variant}", plan.scenario)));
    page.line(&format!("{verdict}  {name}  {}", clean(&judgement.reason)));
    if !plan.title.is_empty() {
        let title = page.wrapped(&clean(&plan.title), 0);
        page.line(&title);
    }
    if !plan.story.law.is_empty() {
        let law = page.wrapped(&clean(&format!("To remember: {}", plan.story.law)), 0);
        page.line(&law);
    }
    let events = match plan.world {
        World::Sim => format!(", {} events", recording.head.events),
        World::Live => String::new(),
    };
    let world = plan.world.word();
    let (length, wall) = (plan.length, duration(recording.head.wall_s));
    let how = format!("{world}, seed {}, {length} played in {wall}{events}", plan.seed);
    for line in [how].into_iter().chain(load::words(recording)) {
        let line = page.ink(Ink::Faint, &line);
        page.line(&line);
    }
}

fn ink_of(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Holds => Ink::Green,
        Verdict::Broken => Ink::Red,
        Verdict::CannotTell => Ink::Yellow,
    }
}

fn mark(style: Style, verdict: Verdict) -> &'static str {
    match (verdict, style.unicode) {
        (Verdict::Holds, true) => "✓",
        (Verdict::Broken, true) => "✗",
        (Verdict::CannotTell, true) => "?",
        (Verdict::Holds, false) => "ok    ",
        (Verdict::Broken, false) => "BROKEN",
        (Verdict::CannotTell, false) => "?     ",
    }
}

/// The joint verdict on every line, with its figures below it, and the seeds that do not hold.
fn over_seeds(page: &mut Page, over: &OverSeeds) {
    page.heading(&format!("Over {}: {}", seeds::title(over), seeds::held(over)));
    for line in over.lines() {
        told(page, line.verdict, &line.text, usize::MAX, &seeds::detail(line, over));
    }
    if let Some(seeds) = seeds::not_holding(over) {
        let seeds = page.wrapped(&format!("not holding: {seeds}"), 4);
        page.line(&format!("  - {seeds}"));
    }
}

fn lines(page: &mut Page, heading: &str, lines: &[Judged]) {
    if lines.is_empty() {
        return;
    }
    page.heading(heading);
    let widest = lines.iter().map(|line| clean(&line.text).chars().count()).max().unwrap_or(0);
    for line in lines {
        told(page, line.verdict, &line.text, widest, &detail(line));
    }
}

/// The text of a line with its figures beside it, or below it where they do not fit.
fn told(page: &mut Page, verdict: Verdict, text: &str, widest: usize, figures: &str) {
    let sign = mark(page.style, verdict);
    let indent = sign.chars().count() + 3;
    let sign = page.ink(ink_of(verdict), sign);
    let (text, figures) = (clean(text), clean(figures));
    let beside = indent.saturating_add(widest).saturating_add(2);
    if beside.saturating_add(figures.chars().count()) <= page.style.width {
        page.line(&format!("  {sign} {text:widest$}  {figures}"));
    } else {
        page.line(&format!("  {sign} {text}"));
        let below = page.wrapped(&figures, indent + 2);
        page.line(&format!("{}{below}", " ".repeat(indent + 2)));
    }
}

const COLUMNS: [&str; 8] = ["phase", "client", "sent/s", "n", "ok", "p50", "p99", "max"];

fn phases(page: &mut Page, recording: &Recording) {
    let mut rows = Vec::new();
    for phase in &recording.plan.phases {
        for (index, client) in recording.clients.iter().enumerate() {
            let cell = recording.client_over(index, phase.from, phase.to);
            let seconds = played_seconds(recording, phase.from, phase.to);
            rows.push((row(phase, &client.name, &cell, seconds), errors(&cell)));
        }
    }
    if rows.is_empty() {
        return;
    }
    page.heading("Clients by phase");
    let head = COLUMNS.map(str::to_owned);
    let all = || std::iter::once(&head).chain(rows.iter().map(|(row, _)| row));
    let widths: Vec<usize> =
        (0..COLUMNS.len()).map(|column| all().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let laid = |row: &[String; 8]| -> String {
        let cells = row.iter().zip(&widths).enumerate();
        cells.fold(" ".to_owned(), |line, (column, (cell, width))| match column {
            0 | 1 => format!("{line} {cell:width$} "),
            _ => format!("{line} {cell:>width$} "),
        })
    };
    let title = page.ink(Ink::Faint, &format!("{} errors", laid(&head)));
    page.line(&title);
    let indent = widths.iter().map(|width| width + 2).sum::<usize>() + 2;
    for (row, errors) in &rows {
        let errors = page.wrapped(errors, indent);
        page.line(&format!("{} {errors}", laid(row)));
    }
}

/// A quantile of too few samples is shown as `-`.
fn row(phase: &Phase, client: &str, cell: &ClientCell, seconds: f64) -> [String; 8] {
    let ended = cell.ok + cell.failed();
    let n = cell.latency.count();
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), duration);
    let quantile = |q: f64| shown(cell.latency.quantile(q).filter(|_| n >= samples_needed(q)));
    let per_second = if seconds > 0.0 { digits(cell.sent as f64 / seconds, 3) } else { "-".to_owned() };
    let ok = if ended > 0 { format!("{}%", digits(cell.ok as f64 / ended as f64 * 100.0, 4)) } else { "-".to_owned() };
    let (p50, p99, max) = (quantile(0.5), quantile(0.99), shown(cell.latency.max()));
    [shorten(&clean(&phase.name), 24), shorten(&clean(client), 16), per_second, n.to_string(), ok, p50, p99, max]
}

fn errors(cell: &ClientCell) -> String {
    let mut kinds: Vec<(u64, &str)> =
        ErrorKind::ALL.iter().zip(cell.errors).map(|(kind, count)| (count, kind.word())).collect();
    kinds.retain(|(count, _)| *count > 0);
    kinds.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let shown: Vec<String> = kinds.iter().map(|(count, word)| format!("{word} {count}")).collect();
    if shown.is_empty() { "-".to_owned() } else { shown.join(", ") }
}

fn faults(page: &mut Page, recording: &Recording) {
    let each = recording.plan.faults.iter().zip(&recording.evidence);
    let shown: Vec<String> = each
        .map(|(fault, evidence)| {
            let details: Vec<String> =
                evidence.details.iter().map(|(what, count)| figures::evidence(what, *count)).collect();
            let touched = match evidence.touched {
                0 => "touched NOTHING: it did not happen".to_owned(),
                _ => details.join(", "),
            };
            format!("{}: {} on {}, {} to {}: {touched}", fault.name, fault.label, fault.on, fault.from, fault.to)
        })
        .collect();
    list(page, "Faults, and what they touched", &shown);
}

/// What was changed outside, and what a look after the undo showed.
fn undo(page: &mut Page, recording: &Recording) {
    let shown: Vec<String> = recording
        .undo
        .iter()
        .map(|note| {
            let word = if note.done { "undone" } else { "NOT UNDONE" };
            let when = note.at.map_or(String::new(), |at| format!(" at {at}"));
            let looked = match note.looked_at.is_empty() {
                true => String::new(),
                false => format!("; looked at {}: {}", note.looked_at, note.seen),
            };
            format!("{}: {word}{when}: {}{looked}", note.what, note.detail)
        })
        .collect();
    list(page, "Undo, each with a look afterwards", &shown);
}

fn list(page: &mut Page, heading: &str, entries: &[String]) {
    if entries.is_empty() {
        return;
    }
    page.heading(heading);
    for entry in entries {
        for (index, line) in entry.lines().enumerate() {
            let line = page.wrapped(&clean(line), 4);
            page.line(&format!("  {} {line}", if index == 0 { "-" } else { " " }));
        }
    }
}

fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        text.to_owned()
    } else {
        text.chars().take(width - 2).chain("..".chars()).collect()
    }
}

/// Signs that firedrill itself writes, in ASCII; letters of the author's language stay as they are.
fn in_ascii(text: &str) -> String {
    text.replace('±', "+-").replace(['µ', 'μ'], "u").replace('×', "x").replace('→', "->").replace('…', "...")
}

/// Names and messages from outside, without control characters that would move the cursor.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::judge;
    use crate::record::fixture;

    fn shown(style: Style, change: impl FnOnce(&mut Recording)) -> String {
        let mut recording = fixture::recording(&fixture::judged_plan());
        change(&mut recording);
        summary(&recording, &judge(&recording), style)
    }

    #[test]
    fn a_plain_summary_in_full() {
        let expected = "\
BROKEN  fixture  1 of 3 expectations broken
A hand-made run
sim, seed 7, 100s played in 500ms, 12345 events

Expectations
  ok     success(users) >= 99% during slow  measured 100%, bound 99%, n 2000
  BROKEN p99(users) < 5ms during slow
           measured 10ms, 95% CI 10ms to 50ms, bound 5ms, n 2000, first broken at 40s
  ?      p99.9(users) < 5ms during slow
           bound 5ms, n 2000, 2000 samples, and this quantile needs 10000

Clients by phase
  phase        client  sent/s     n    ok   p50   p99   max  errors
  before slow  users      100  3000  100%  10ms  10ms  50ms  -
  during slow  users      100  2000  100%  10ms  10ms  50ms  -
  after slow   users      100  4000  100%  10ms  10ms  50ms  -
  whole        users      100  9000  100%  10ms  10ms  50ms  -

Faults, and what they touched
  - slow: slow x5 on db, 40s to 60s: work slowed 2000
";
        assert_eq!(shown(Style::PLAIN, |_| {}), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_plain_means_ascii() {
        let trouble = |recording: &mut Recording| {
            recording.plan.title = "word ".repeat(60);
            recording.warnings = vec!["a warning of some length ".repeat(10), "with \x1b[2J control".to_owned()];
            recording.clients[0].cells.iter_mut().for_each(|cell| cell.errors = [123_456; ErrorKind::COUNT]);
            recording.evidence[0] = Default::default();
            recording.plan.faults[0].label = "latency 200ms ± 50ms".to_owned();
        };
        for columns in [20, 80, 100, 400] {
            let style = Style { color: false, ..Style::terminal(columns) };
            let text = shown(style, trouble);
            let widest = text.lines().map(|line| line.chars().count()).max().expect("lines");
            assert!(widest <= style.width, "{widest} of {}\n{text}", style.width);
        }
        let text = shown(Style::PLAIN, trouble);
        assert!(text.is_ascii() && !text.contains('\x1b'), "{text}");
        assert!(text.contains("touched NOTHING"), "{text}");
    }

    #[test]
    fn a_terminal_gets_colours_and_marks() {
        let text = shown(Style::terminal(100), |_| {});
        assert!(text.starts_with("\x1b[31mBROKEN\x1b[0m"), "{text}");
        assert!(text.contains("\x1b[32m✓\x1b[0m success(users)"), "{text}");
    }
}
