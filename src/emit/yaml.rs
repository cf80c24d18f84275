//! Plain data as YAML documents, written by the writer of scenarios. Whatever some reader of YAML takes for something else than text (`on`, `012`,
//! `1e3`) stands in quotes: clusters read YAML 1.1.

use crate::scenario::{Entry, Node, Place, Quoting, SourceId, Value, write};
use serde_json::Value as Json;

/// What clusters show first of a document; the rest follows by name.
const FIRST: [&str; 4] = ["apiVersion", "kind", "metadata", "name"];
/// Words that are something else than text in YAML 1.1 (yaml.org/type/bool.html, null.html).
const WORDS: [&str; 11] = ["y", "yes", "n", "no", "true", "false", "on", "off", "null", "nan", "inf"];

/// One document after the other.
pub fn text(documents: &[Json]) -> String {
    documents.iter().map(|document| format!("---\n{}", write::text(&node(document)))).collect()
}

fn node(json: &Json) -> Node {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(_) | Json::Number(_) => Value::Scalar(json.to_string(), Quoting::Plain),
        Json::String(text) => Value::Scalar(text.clone(), quoting(text)),
        Json::Array(items) => Value::List(items.iter().map(node).collect()),
        Json::Object(entries) => {
            let mut entries: Vec<(&String, &Json)> = entries.iter().collect();
            let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
            entries.sort_by_key(|(key, _)| (place(key), *key));
            let entry =
                |(key, json): (&String, &Json)| Entry { key: key.clone(), key_place: NOWHERE, value: node(json) };
            Value::Map(entries.into_iter().map(entry).collect())
        }
    };
    Node { place: NOWHERE, value }
}

/// What was made here stands in no source.
const NOWHERE: Place = Place { source: SourceId(u32::MAX), start: 0, end: 0 };

fn quoting(text: &str) -> Quoting {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./@".contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    match () {
        () if text.contains('\n') => Quoting::Block,
        () if is_word => Quoting::Plain,
        () => Quoting::Quoted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_plain_words_stand_without_quotes() {
        let document = json!({
            "spec": {"flag": true, "count": 3, "none": [], "args": ["sweep", "on", "012", "1e3", "a: b", "--out", "0x1F"]},
            "kind": "Job", "apiVersion": "batch/v1", "data": {"a.txt": "one\n two\n", "on": "web->db"},
        });
        let expected = r#"---
apiVersion: batch/v1
kind: Job
data:
  a.txt: |
    one
     two
  "on": "web->db"
spec:
  args:
    - sweep
    - "on"
    - "012"
    - "1e3"
    - "a: b"
    - "--out"
    - "0x1F"
  count: 3
  flag: true
  none: []
"#;
        assert_eq!(text(&[document]), expected);
    }
}
