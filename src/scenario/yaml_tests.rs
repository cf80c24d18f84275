//! Places and values of every YAML style.

use super::super::{Sources, load_text, schema::to_json};
use super::*;
use serde_json::json;
use std::path::Path;

fn tree(text: &str) -> (Node, Sources) {
    let diags = Diagnostics::new();
    let loaded = load_text("t.yaml", text, Path::new(""), &diags);
    assert!(diags.is_empty(), "{diags:?}");
    (loaded.root, loaded.sources)
}

fn written(sources: &Sources, place: Place) -> &str {
    &sources.get(place.source).expect("known").text[place.start as usize..place.end as usize]
}

#[test]
fn every_value_knows_what_was_written_for_it() {
    let text = "é: &x {b: 'c d', e: \"f\\n\"} # no\nlist:\n  - a b  # no\n  - [1, 2]\nempty:\ncopy: *x\nblock: |\n  l\nlast: exp(5ms)\r\n";
    let (root, sources) = tree(text);
    let place = |node: &Node| written(&sources, node.place).to_owned();
    let at = |key: &str| root.get(key).expect("there");
    assert_eq!(place(at("é")), "{b: 'c d', e: \"f\\n\"}");
    assert_eq!(place(at("é").get("b").expect("there")), "'c d'");
    assert_eq!(place(at("list")), "- a b  # no\n  - [1, 2]");
    assert_eq!(place(&at("list").items()[0]), "a b");
    assert_eq!(place(&at("list").items()[1]), "[1, 2]");
    assert_eq!((place(at("empty")), at("empty").is_null()), (String::new(), true));
    assert_eq!(at("copy"), at("é"));
    assert_eq!(at("block").scalar(), Some("l\n"));
    assert_eq!(place(at("last")), "exp(5ms)");
    assert_eq!(written(&sources, root.entries()[0].key_place), "é");
    assert_eq!(written(&sources, at("last").part(4..7)), "5ms");
    assert_eq!(written(&sources, at("é").get("b").expect("there").part(2..3)), "d");
    assert_eq!(written(&sources, at("é").get("e").expect("there").part(0..1)), "\"f\\n\"", "escapes: the whole of it");
}

#[test]
fn distributions_stand_unquoted_in_flow_and_block_style() {
    let (root, sources) = tree(
        "reload: {chance: 80%, after: uniform(1s, 2s), limit: 8}\n\
         work: mixture(90%: exp(5ms), 10%: constant(1s))\n\
         expect: [errors(users, kind=timeout) <= 1% during x, \"p99(users) < 1s\"]\n\
         text: see (a, b), or f(c, d)\n",
    );
    let expected = json!({
        "reload": {"chance": "80%", "after": "uniform(1s, 2s)", "limit": 8},
        "work": "mixture(90%: exp(5ms), 10%: constant(1s))",
        "expect": ["errors(users, kind=timeout) <= 1% during x", "p99(users) < 1s"],
        "text": "see (a, b), or f(c, d)",
    });
    assert_eq!(to_json(&root), expected);
    let after = root.get("reload").and_then(|reload| reload.get("after")).expect("there");
    assert_eq!(written(&sources, after.part(8..10)), "1s");
}

#[test]
fn quoted_words_are_text_and_plain_null_is_nothing() {
    let (root, _) = tree("{a: 'null', b: null, c: ~, d: , e: '', f: 'true', g: true, on: 1}");
    let expected = json!({"a": "null", "b": null, "c": null, "d": null, "e": "", "f": "true", "g": true, "on": 1});
    assert_eq!(to_json(&root), expected);
}
