//! What a YAML mistake means, in plain words, by a part of the parser's own message. It only chooses words.

/// The parser's words and what to do, for people who do not know YAML's grammar.
pub(super) fn plain_words(info: &str) -> (String, &'static str) {
    const BRACKET: &str = "check that every `[` and `{` is closed, with commas between the items";
    const QUOTE: &str = "check that every quote is closed";
    const INDENT: &str = "check the indentation: keys of one map start in the same column";
    const COLON: &str = "put quotes around a text that holds `: `";
    let known: &[(&str, &str, &str)] = &[
        ("mapping values are not allowed", "a second `:` on this line", COLON),
        ("did not find expected ',' or '}'", "this `{` map is not closed properly", BRACKET),
        ("expected ',' or ']'", "this `[` list is not closed properly", BRACKET),
        ("misplaced bracket", "a bracket that closes nothing", BRACKET),
        ("invalid indentation in flow", "a list or map in brackets that is not indented, or not closed", BRACKET),
        ("block mapping, did not find expected key", "this line does not fit the map it stands in", INDENT),
        ("expected '-' indicator", "this line does not fit the list it stands in", INDENT),
        ("block sequence entries are not allowed", "a list cannot start here", "start the list on a line of its own"),
        ("simple key expect", "a key without `:`", "write `key: value`"),
        ("invalid indentation", "this line is not indented to fit", INDENT),
        ("unexpected end of stream", "a quoted text that does not end", QUOTE),
        ("unexpected document indicator", "a quoted text that does not end", QUOTE),
        ("trailing content after double-quoted", "text after the closing quote", "quote all of it, or none"),
        ("unknown escape", "an unknown `\\` escape", "write `\\\\` for a backslash, or use single quotes"),
        (
            "unknown anchor",
            "an alias to an anchor that does not exist",
            "write `&name` before the value that `*name` repeats",
        ),
        ("tab", "a tab where YAML wants spaces", "indent with spaces"),
        ("unexpected character", "a character that cannot start a value", "put the value in quotes"),
        ("unprintable character", "an unprintable character", "remove it, or write it as an escape in double quotes"),
        ("recursion limit", "nested more than 64 levels deep", "flatten this part of the file"),
        ("unexpected eof", "the file ends in the middle of something", BRACKET),
    ];
    match known.iter().find(|(part, ..)| info.contains(part)) {
        Some((_, message, help)) => ((*message).to_owned(), help),
        None => (
            format!("this is not valid YAML ({info})"),
            "see https://yaml.org for the grammar, or put the value in quotes",
        ),
    }
}
