//! Runs as Markdown, for a comment or a summary page: what does not hold comes first and in full, and the whole stays below a limit in bytes.
//! It draws with block characters, since such pages show no SVG.

use super::figures::{banner, banner_of, digits, duration, evidence};
use super::formats::{Account, Document, title};
use super::points::{self, Outcome, Point};
use super::sparkline;
use crate::judge::Verdict;
use crate::record::{ClientCell, Recording};

/// By this a job finds the comment that it wrote earlier.
pub const MARK: &str = "<!-- firedrill -->";
/// Runs that hold are shown in full while there are no more runs than this.
const FULL_MAX: usize = 3;
/// Clients whose lines are drawn.
const CLIENTS_MAX: usize = 4;
/// Lines of the table of one run.
const POINTS_MAX: usize = 200;

/// A page that is being written.
pub struct Sheet {
    bytes_max: usize,
    runs: Vec<Run>,
}

struct Run {
    verdict: Verdict,
    row: String,
    body: String,
}

impl Sheet {
    pub fn new(bytes_max: usize) -> Sheet {
        Sheet { bytes_max, runs: Vec::new() }
    }

    pub fn add(&mut self, account: &Account) {
        let judgement = account.judgement;
        let (name, reason) = (code(&title(account.recording)), cell(&judgement.reason));
        let row = format!("| {} | {name} | {reason} | {} |\n", verdict(judgement.verdict), judgement.exit.number());
        self.runs.push(Run { verdict: judgement.verdict, row, body: body(account) });
    }

    pub fn text(&self) -> String {
        let bad = |run: &Run| run.verdict != Verdict::Holds;
        let broken = self.runs.iter().filter(|run| bad(run)).count();
        let mut text = format!("{MARK}\n## firedrill: {}\n\n", headline(self.runs.len(), broken));
        text.push_str("| verdict | run | why | exit code |\n|---|---|---|---|\n");
        // Sorting is stable: within a verdict the order is that of the runs.
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        runs.sort_by_key(|run| match run.verdict {
            Verdict::Broken => 0,
            Verdict::CannotTell => 1,
            Verdict::Holds => 2,
        });
        text.extend(runs.iter().map(|run| run.row.as_str()));
        let shown = runs.iter().filter(|run| bad(run) || self.runs.len() <= FULL_MAX);
        text.extend(shown.flat_map(|run| ["\n", run.body.as_str()]));
        cut(text, self.bytes_max)
    }
}

impl Document for Sheet {
    fn add(&mut self, account: &Account) -> Result<(), String> {
        Sheet::add(self, account);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        Ok(self.text().into_bytes())
    }
}

fn headline(runs: usize, bad: usize) -> String {
    match (runs, bad) {
        (1, 0) => "the run holds".to_owned(),
        (1, _) => "the run does not hold".to_owned(),
        (runs, 0) => format!("all {runs} runs hold"),
        (runs, bad) => format!("{bad} of {runs} runs do not hold"),
    }
}

fn body(account: &Account) -> String {
    let Account { recording, judgement, command, .. } = account;
    let (name, banner) = (cell(&title(recording)), banner_of(judgement));
    let mut text = format!("### {name}: {banner}\n\n{}\n\n", cell(&judgement.reason));
    text.push_str(&table(&points::of(recording, judgement)));
    text.push_str(&format!("\n```text\n{}```\n\n", drawing(recording)));
    for (fault, touched) in recording.plan.faults.iter().zip(&recording.evidence) {
        let details: Vec<String> = touched.details.iter().map(|(what, count)| evidence(what, *count)).collect();
        let did = if details.is_empty() { "touched nothing".to_owned() } else { details.join(", ") };
        let (name, label) = (code(&fault.name), cell(&fault.label));
        text.push_str(&format!("- {name}: {label} on {}, {} to {}: {did}\n", code(&fault.on), fault.from, fault.to));
    }
    text.push_str(&format!("\nPlay it again: {}\n", code(command)));
    text
}

fn table(points: &[Point]) -> String {
    let mut text = "| verdict | what | figures | where |\n|---|---|---|---|\n".to_owned();
    for point in points.iter().take(POINTS_MAX) {
        let word = match point.outcome {
            Outcome::Passed => "holds",
            Outcome::Failed => "**BROKEN**",
            Outcome::Inconclusive => "**cannot tell**",
            Outcome::Skipped => "information",
        };
        let place = if point.place.is_empty() { String::new() } else { code(&point.place) };
        text.push_str(&format!("| {word} | {} | {} | {place} |\n", code(&point.name), cell(&point.message)));
    }
    if points.len() > POINTS_MAX {
        text.push_str(&format!("| | and {} more | | |\n", points.len() - POINTS_MAX));
    }
    text
}

/// Two lines for each client, the faults, and the time.
fn drawing(recording: &Recording) -> String {
    let columns = sparkline::columns(recording);
    let mut text = String::new();
    for series in recording.clients.iter().take(CLIENTS_MAX) {
        let merged = columns.iter().map(|range| {
            let mut sum = ClientCell::default();
            series.cells[range.clone()].iter().for_each(|cell| sum.merge(cell));
            sum
        });
        let cells: Vec<ClientCell> = merged.collect();
        let p99: Vec<Option<f64>> = cells.iter().map(|cell| cell.latency.quantile(0.99)).collect();
        let ended = |cell: &ClientCell| cell.ok + cell.failed();
        let failed = |cell: &ClientCell| (ended(cell) > 0).then(|| cell.failed() as f64 / ended(cell) as f64);
        let failed: Vec<Option<f64>> = cells.iter().map(failed).collect();
        let most = |values: &[Option<f64>]| values.iter().flatten().fold(0.0_f64, |most, value| most.max(*value));
        let (slowest, worst) = (duration(most(&p99)), digits(most(&failed) * 100.0, 3));
        text.push_str(&format!("{} (most {slowest})\n", row(&format!("{} p99", series.name), &sparkline::line(&p99))));
        text.push_str(&format!("{} (most {worst}%)\n", row("failed", &sparkline::line(&failed))));
    }
    for line in sparkline::ruler(recording) {
        text.push_str(&format!("{}\n", row("", &line)));
    }
    text + &row("", &sparkline::axis(recording)) + "\n"
}

fn row(name: &str, drawn: &str) -> String {
    format!("{name:>16} {drawn}")
}

fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Holds => "holds".to_owned(),
        other => format!("**{}**", banner(other)),
    }
}

/// As text of a table's cell: nothing in it is taken for markup.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' | '#' | '@' => safe.extend(['\\', letter]),
            _ => safe.push(letter),
        }
    }
    safe
}

/// As code; the quotes are longer than any inside.
fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// At the end of a line, with a note, and not inside a drawing.
fn cut(text: String, bytes_max: usize) -> String {
    const NOTE: &str = "\nMore would not fit here: the reports hold all of it.\n";
    if text.len() <= bytes_max {
        return text;
    }
    let room = bytes_max.saturating_sub(NOTE.len() + "```\n".len());
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        if kept.len() + line.len() > room {
            break;
        }
        kept.push_str(line);
    }
    let is_open = kept.lines().filter(|line| line.starts_with("```")).count() % 2 == 1;
    kept + if is_open { "```\n" } else { "" } + NOTE
}

#[cfg(test)]
mod tests {
    use super::super::formats::fixture::account;
    use super::*;
    use crate::judge::judge;
    use crate::report::fixture;

    #[test]
    fn a_page_shows_what_broke_with_its_drawing() {
        let recording = fixture::incident();
        let judgement = judge(&recording);
        let mut sheet = Sheet::new(64_000);
        sheet.add(&account(&recording, &judgement));
        let text = sheet.text();
        assert!(text.starts_with(MARK) && text.contains("## firedrill: the run does not hold\n"), "{text}");
        for part in [
            "| **BROKEN** | `p99(users) < 300ms during slow-cache` |",
            "[slow-cache─",
            "▁",
            "Play it again: `firedrill run",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let widths: Vec<usize> =
            text.lines().filter(|line| line.starts_with("| ")).map(|line| line.matches(" |").count()).collect();
        assert!(widths.iter().all(|width| *width == 4), "{widths:?}\n{text}");
    }

    #[test]
    fn what_does_not_hold_comes_first_and_the_page_stays_small() {
        let broken = fixture::incident();
        let mut holding = broken.clone();
        holding.plan.expectations.truncate(0);
        holding.plan.scenario = "quiet".to_owned();
        let (bad, good) = (judge(&broken), judge(&holding));
        let mut sheet = Sheet::new(20_000);
        for _ in 0..30 {
            sheet.add(&account(&holding, &good));
            sheet.add(&account(&broken, &bad));
        }
        let text = sheet.text();
        assert!(text.contains("30 of 60 runs do not hold"), "{text}");
        assert!(text.len() <= 20_000 && text.len() > 17_000, "{} bytes", text.len());
        assert!(text.ends_with("the reports hold all of it.\n"));
        assert_eq!(text.lines().filter(|line| line.starts_with("```")).count() % 2, 0);
        let first = |what: &str| text.find(what).unwrap_or(usize::MAX);
        assert!(first("| `slow-cache` |") < first("| `quiet` |") && !text.contains("### quiet"), "{text}");
    }

    #[test]
    fn nothing_is_taken_for_markup() {
        assert_eq!(cell("a|b *c* <d>\n@e"), "a\\|b \\*c\\* &lt;d> \\@e");
        assert_eq!(code("a`b|c"), "`` a`b\\|c ``");
    }
}
