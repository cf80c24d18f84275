//! The story of an incident: what to remember of it, what happened, and where it comes from. Addresses stand there as text: the page leads nowhere.

use super::super::charts::escape;
use crate::plan::Plan;

/// Nothing for a scenario that tells none.
pub fn section(plan: &Plan) -> String {
    let story = &plan.story;
    if story.is_empty() {
        return String::new();
    }
    let law = tagged("p class=\"law\"", "p", &story.law);
    let about: String = story.about.split("\n\n").map(|part| tagged("p", "p", part)).collect();
    let source = match story.source.trim() {
        "" => String::new(),
        source => format!("<p class=\"note\">After: {}</p>", escape(source)),
    };
    format!("<section class=\"story\"><h2>The story</h2>{law}{about}{source}</section>\n")
}

fn tagged(open: &str, close: &str, text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => format!("<{open}>{}</{close}>", escape(&text.split_whitespace().collect::<Vec<_>>().join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::section;
    use crate::plan::fixture;

    #[test]
    fn a_story_is_told_as_text_and_only_where_there_is_one() {
        let mut plan = fixture::chain(1.0, &[]);
        assert_eq!(section(&plan), "");
        plan.story.law = "Never <b>twice</b>.".to_owned();
        plan.story.about = "First\nline.\n\nSecond.".to_owned();
        plan.story.source = "https://example.org/a".to_owned();
        let said = section(&plan);
        assert!(
            said.contains("<p class=\"law\">Never &lt;b&gt;twice&lt;/b&gt;.</p><p>First line.</p><p>Second.</p>"),
            "{said}"
        );
        assert!(said.contains("After: https://example.org/a") && !said.contains("href"), "{said}");
    }
}
