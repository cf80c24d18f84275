//! Workflow commands of GitHub Actions: an annotation at the line of each expectation that does not hold. With `GITHUB_ACTIONS=true` `run` prints
//! them without being asked for, after the summary, unless another document is on standard output.
//!
//! What broke or was left behind is an error, what cannot be told a warning, what a reader must know a notice. GitHub shows ten of each a step: of
//! more, the worst nine are printed and one that counts the rest. Where `GITHUB_STEP_SUMMARY` names a file, a page in Markdown is appended to it, up
//! to 1,000,000 bytes in all (GitHub drops pages above 1 MiB). Files are named from `GITHUB_WORKSPACE` on.

use super::{Account, Document, Format, title};
use crate::report::points::{self, Outcome, Point};

pub static FORMAT: Format = Format {
    word: "github",
    file: "annotations.txt",
    purpose: "GitHub Actions: annotations at expectations, and the step summary",
    is_joint: true,
    is_printed: true,
    source: include_str!("github.rs"),
    begin: || Box::new(Annotations::default()),
};

/// What the page of a step may hold.
pub const SUMMARY_BYTES_MAX: usize = 1_000_000;
/// Of each level in a step.
const SHOWN_MAX: usize = 10;
const LEVELS: [&str; 3] = ["error", "warning", "notice"];

#[derive(Default)]
struct Annotations([Vec<Note>; LEVELS.len()]);

struct Note {
    badness: f64,
    line: String,
}

impl Document for Annotations {
    fn add(&mut self, account: &Account) -> Result<(), String> {
        let run = title(account.recording);
        for point in points::of(account.recording, account.judgement) {
            let level = match point.outcome {
                Outcome::Failed => 0,
                Outcome::Inconclusive => 1,
                Outcome::Passed | Outcome::Skipped => continue,
            };
            let line = command(LEVELS[level], &point, &run, account);
            self.0[level].push(Note { badness: point.badness, line });
        }
        let known = account.recording.warnings.iter().chain(&account.judgement.warnings);
        for text in known {
            let line = format!("::notice title={}::{}\n", property(&run), data(text));
            self.0[2].push(Note { badness: 0.0, line });
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        let mut text = String::new();
        for (level, mut notes) in LEVELS.iter().zip(self.0) {
            notes.sort_by(|a, b| b.badness.total_cmp(&a.badness));
            let shown = if notes.len() > SHOWN_MAX { SHOWN_MAX - 1 } else { notes.len() };
            text.extend(notes[..shown].iter().map(|note| note.line.as_str()));
            if notes.len() > shown {
                let more = notes.len() - shown;
                text.push_str(&format!(
                    "::{level} title=firedrill::{more} more in the step summary and in the reports\n"
                ));
            }
        }
        Ok(text.into_bytes())
    }
}

fn command(level: &str, point: &Point, run: &str, account: &Account) -> String {
    let place = location(&point.place, account.below_root).unwrap_or_default();
    let name = property(&format!("{run}: {}", point.name));
    let message = data(&format!("{}\n{}\nplay it again: {}", point.message, point.name, account.command));
    format!("::{level} {place}title={name}::{message}\n")
}

/// `file=…,line=…,col=…,`; `None` for what stands in no file of the repository.
fn location(place: &str, below_root: &str) -> Option<String> {
    let mut parts = place.rsplitn(3, ':');
    let (column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    let (column, line): (u32, u32) = (column.parse().ok()?, line.parse().ok()?);
    if file.starts_with("built-in/") || file.is_empty() {
        return None;
    }
    let file = file.strip_prefix("./").unwrap_or(file);
    let file = if file.starts_with('/') { file.to_owned() } else { format!("{below_root}{file}") };
    Some(format!("file={},line={line},col={column},", property(&file)))
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value between commas.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{account, written};
    use super::*;
    use crate::judge::judge;
    use crate::report::fixture;

    #[test]
    fn annotations_stand_at_the_line_of_the_expectation() {
        let mut recording = fixture::incident();
        recording.warnings = vec!["100% of it,\nor: less".to_owned()];
        let judgement = judge(&recording);
        let below = Account { below_root: "drills/", ..account(&recording, &judgement) };
        let text = written(&FORMAT, &[below]);
        let first = "::error file=drills/slow-cache.yaml,line=21,col=5,title=slow-cache%3A p99(users) < 300ms during slow-cache::measured ";
        assert!(text.contains(first), "{text}");
        assert!(text.contains("::warning file=drills/slow-cache.yaml,line=23,col=5,"), "{text}");
        assert!(text.contains("::notice title=slow-cache::100%25 of it,%0Aor: less\n"), "{text}");
        assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
    }

    #[test]
    fn of_more_than_ten_the_worst_nine_and_a_count() {
        let mut recording = fixture::incident();
        let lines: Vec<String> = (1..=30).map(|n| format!("p99(users) < {n}ms during slow-cache")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        recording.plan = fixture::expecting(recording.plan, &lines);
        let judgement = judge(&recording);
        let text = written(&FORMAT, &[account(&recording, &judgement)]);
        let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
        assert_eq!(errors.len(), SHOWN_MAX, "{text}");
        assert!(errors[0].contains("p99(users) < 1ms") && errors[8].contains("p99(users) < 9ms"), "{text}");
        assert_eq!(errors[9], "::error title=firedrill::21 more in the step summary and in the reports");
    }

    #[test]
    fn what_stands_in_no_file_has_no_place() {
        assert_eq!(location("built-in/slow-cache.yaml:44:5", ""), None);
        assert_eq!(location("--set", ""), None);
        assert_eq!(location("./a,b.yaml:4:5", "x/").as_deref(), Some("file=x/a%2Cb.yaml,line=4,col=5,"));
        assert_eq!(location("/abs/a.yaml:4:5", "x/").as_deref(), Some("file=/abs/a.yaml,line=4,col=5,"));
    }
}
