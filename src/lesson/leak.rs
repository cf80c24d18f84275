//! Whether a page that is read before the answer gives it away: names of faults and of the scenario anywhere in the file, kinds of fault in the
//! author's own words (the charts themselves speak of latency and errors). It knows no HTML; to it a page is text.

use super::case::Case;
use super::page;
use super::story::{Answer, Lesson};

/// The words that the page holds and must not.
pub fn leaks(file: &str, case: &Case) -> Vec<String> {
    let plan = &case.base;
    let mut words = vec![plan.scenario.clone(), plan.title.clone()];
    words.extend(plan.faults.iter().map(|fault| fault.name.clone()));
    // A label that is nothing but the kind is a word that charts may use.
    words.extend(plan.faults.iter().filter(|fault| fault.label != fault.kind).map(|fault| fault.label.clone()));
    let page = without_style(&file.replace(page::SCRIPT, " "));
    let mut found: Vec<String> = words.into_iter().filter(|word| holds(&page, word)).collect();
    let told = before(&case.lesson);
    found.extend(plan.faults.iter().map(|fault| fault.kind.to_string()).filter(|kind| holds(&told, kind)));
    found.sort();
    found.dedup();
    found
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

/// What the author says before the predictions are locked.
fn before(lesson: &Lesson) -> String {
    let mut all = vec![lesson.title.clone(), lesson.brief.clone()];
    for one in &lesson.predictions {
        all.push(one.ask.clone());
        if let Answer::Choice(choices) = &one.answer {
            all.extend(choices.iter().map(|choice| choice.text.clone()));
        }
    }
    all.join("\n")
}

/// Whether the word stands in the text by itself, in whatever case.
fn holds(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.trim().to_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !word.is_empty()
        && text.match_indices(&word).any(|(at, _)| {
            let (left, right) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
            !left.is_some_and(is_part) && !right.is_some_and(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::{holds, without_style};

    #[test]
    fn only_whole_words_are_found_in_whatever_case() {
        assert!(holds("data-name=\"Spike\"", "spike") && holds("x,restart-one]", "restart-one"));
        assert_eq!(without_style("<a><style>.broken {}</style>b<style>x</style>"), "<a> b ");
        assert!(!holds("spikes and unspiked", "spike") && !holds("anything", ""));
    }
}
