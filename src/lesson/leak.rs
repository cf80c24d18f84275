//! Whether a page that is read before the answer gives it away: names of faults and of the scenario anywhere in the file, and kinds of fault in the
//! author's own words where they are said of what the fault acts on (other things may be slow, too). It knows no HTML; to it a page is text.

use super::case::Case;
use super::page;
use super::story::Answer;
use crate::plan::FaultInfo;
use crate::report::charts::shorten;

/// So many words are shown on either side.
const AROUND: usize = 4;
/// Paths of charts are long words.
const WORD: usize = 24;

/// A word that the page holds and must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    pub word: String,
    /// `file:line:column`.
    pub at: String,
    /// Of the lesson: `the brief`.
    pub part: String,
    /// The word and what stands around it.
    pub around: String,
}

/// Something that is read before the predictions are locked.
struct Part {
    name: String,
    at: String,
    text: String,
}

/// Each word once, where it stands first.
pub fn leaks(file: &str, case: &Case) -> Vec<Leak> {
    let plan = &case.base;
    let mut words = vec![plan.scenario.clone(), plan.title.clone()];
    words.extend(plan.faults.iter().map(|fault| fault.name.clone()));
    // A label that is nothing but the kind is a word that charts may use.
    words.extend(plan.faults.iter().filter(|fault| fault.label != fault.kind).map(|fault| fault.label.clone()));
    let mut parts = parts(case);
    let told = parts.len();
    let text = without_style(&file.replace(page::SCRIPT, " "));
    parts.push(Part { name: "the charts and what is written on them".to_owned(), at: case.lesson.at.clone(), text });
    let mut found: Vec<Leak> = words.iter().filter_map(|word| parts.iter().find_map(|part| part.leak(word))).collect();
    let kind = |fault: &FaultInfo| parts[..told].iter().find_map(|part| part.names(fault));
    found.extend(plan.faults.iter().filter_map(kind));
    found.sort_by(|one, other| one.word.cmp(&other.word));
    found.dedup_by(|one, other| one.word == other.word);
    found
}

impl Part {
    fn leak(&self, word: &str) -> Option<Leak> {
        let (name, at) = (self.name.clone(), self.at.clone());
        let found = position(&self.text, word)?;
        Some(Leak { word: word.to_owned(), at, part: name, around: around(&self.text, found, word.trim().len()) })
    }

    /// A sentence that says the fault's kind of what it acts on.
    fn names(&self, fault: &FaultInfo) -> Option<Leak> {
        let of_it: Vec<&str> = fault.on.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).collect();
        let said = |sentence: &&str| {
            position(sentence, &fault.kind).is_some() && of_it.iter().any(|name| position(sentence, name).is_some())
        };
        let sentence = self.text.split(['.', '!', '?', ';']).find(said)?;
        let of_part = Part { name: self.name.clone(), at: self.at.clone(), text: sentence.to_owned() };
        of_part.leak(&fault.kind)
    }
}

/// What the author says before the predictions are locked.
fn parts(case: &Case) -> Vec<Part> {
    let lesson = &case.lesson;
    let part = |name: String, at: &str, text: &str| Part { name, at: at.to_owned(), text: text.to_owned() };
    let mut all = vec![
        part("the title".to_owned(), &lesson.at, &lesson.title),
        part("the brief".to_owned(), &lesson.brief_at, &lesson.brief),
    ];
    for (number, one) in (1..).zip(&lesson.predictions) {
        all.push(part(format!("question {number}"), &one.at, &one.ask));
        if let Answer::Choice(choices) = &one.answer {
            let option = |text: &str| part(format!("an option of question {number}"), &one.at, text);
            all.extend(choices.iter().map(|choice| option(&choice.text)));
        }
    }
    all
}

/// The names of classes and colours, as the program in the page, are the same in every page and tell nothing of this one.
fn without_style(page: &str) -> String {
    let mut text = page.to_owned();
    while let Some(from) = text.find("<style")
        && let Some(length) = text[from..].find("</style>")
    {
        text.replace_range(from..from + length + "</style>".len(), " ");
    }
    text
}

/// Where the word stands in the text by itself, in whatever case. Only ASCII letters are folded, so that places stay what they are.
fn position(text: &str, word: &str) -> Option<usize> {
    let (folded, word) = (text.to_ascii_lowercase(), word.trim().to_ascii_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let by_itself = |at: usize| {
        let (left, right) = (folded[..at].chars().next_back(), folded[at + word.len()..].chars().next());
        !left.is_some_and(is_part) && !right.is_some_and(is_part)
    };
    if word.is_empty() {
        return None;
    }
    folded.match_indices(&word).map(|(at, _)| at).find(|at| by_itself(*at))
}

/// The found stretch with a few words on either side.
fn around(text: &str, at: usize, length: usize) -> String {
    let before: Vec<&str> = text[..at].split_whitespace().collect();
    let after: Vec<&str> = text[at + length..].split_whitespace().take(AROUND).collect();
    let short = |words: &[&str]| words.iter().map(|word| shorten(word, WORD)).collect::<Vec<_>>().join(" ");
    let before = short(&before[before.len().saturating_sub(AROUND)..]);
    let glue = |side: &str| if side.ends_with(char::is_whitespace) || side.is_empty() { " " } else { "" };
    let next = if text[at + length..].starts_with(char::is_whitespace) { " " } else { "" };
    let joined = format!("{before}{}{}{next}{}", glue(&text[..at]), &text[at..at + length], short(&after));
    joined.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{around, position, without_style};

    #[test]
    fn only_whole_words_are_found_in_whatever_case() {
        let holds = |text, word| position(text, word).is_some();
        assert!(holds("data-name=\"Spike\"", "spike") && holds("x,restart-one]", "restart-one"));
        assert_eq!(without_style("<a><style>.broken {}</style>b<style>x</style>"), "<a> b ");
        assert!(!holds("spikes and unspiked", "spike") && !holds("anything", ""));
    }

    #[test]
    fn a_leak_is_shown_with_the_words_around_it() {
        let text = "one two three four five (spike) six\nseven eight nine ten";
        assert_eq!(
            around(text, text.find("spike").expect("it is there"), 5),
            "three four five (spike) six seven eight"
        );
        assert_eq!(around("spike", 0, 5), "spike");
    }
}
