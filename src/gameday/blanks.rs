//! What nobody has filled in yet: `""`, nothing at all, an empty list, or a text that still says TODO. It finds them wherever they stand, and
//! judges no text otherwise.

use crate::scenario::{Diagnostics, Node, Quoting, Value, quote};

/// The word that marks a blank.
pub const MARK: &str = "TODO";

/// The code of what is said of a blank.
pub const BLANK: &str = "blank";

/// Is this still to be written?
pub fn is_blank(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Scalar(text, _) => {
            text.trim().is_empty() || text.split(|c: char| !c.is_alphanumeric()).any(|word| word == MARK)
        }
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}

/// Reports every blank at its place. What was nothing becomes the mark, so that it is not reported as missing as well.
pub fn report(node: &mut Node, path: &str, diags: &Diagnostics) -> usize {
    if is_blank(node) {
        diags.error(node.place, format!("{} is blank", quote(path))).code(BLANK).help(help(path));
        node.value = Value::Scalar(MARK.to_owned(), Quoting::Plain);
        return 1;
    }
    match &mut node.value {
        Value::Map(entries) => entries
            .iter_mut()
            .map(|entry| {
                let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                report(&mut entry.value, &path, diags)
            })
            .sum(),
        Value::List(items) => items.iter_mut().map(|item| report(item, path, diags)).sum(),
        _ => 0,
    }
}

fn help(path: &str) -> &'static str {
    match path.split('.').next().unwrap_or_default() {
        "steady_state" => "a line of the expectation language without a window: success(users) >= 99%",
        "hypotheses" => "say what stays as it is while the fault lasts, why, and the lines that would show it",
        "stop_if" => "a condition that ends the run: errors(users) > 30% for 5s",
        "blast_radius" => "say who may notice, and what keeps it to them",
        "rollback" => "say how it is undone, and within which time the steady state must be back",
        "roles" => "a name; one person may have two roles, nobody none",
        "comms" => "say where it is announced and talked about, and who is told",
        "calendar" => "when it begins, when it ends at the latest, and what else happens then",
        _ => "write it down; a game day does not begin while anything is blank",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load_text;
    use std::path::Path;

    #[test]
    fn every_blank_is_named_at_its_place_at_once() {
        let text = "roles: {owner: \"\", coordinator: Ada}\ncomms:\n  channel: TODO say where\nobservers: []\nwhen:\ntodos: the TODOs\n";
        let diags = Diagnostics::new();
        let mut loaded = load_text("day.yaml", text, Path::new(""), &diags);
        assert_eq!(report(&mut loaded.root, "", &diags), 4);
        let found: Vec<String> = diags.sorted().iter().map(|one| one.message.clone()).collect();
        assert_eq!(
            found,
            ["`roles.owner` is blank", "`comms.channel` is blank", "`observers` is blank", "`when` is blank"]
        );
        let places: Vec<(usize, usize)> =
            diags.sorted().iter().filter_map(|one| Some(loaded.sources.line_column(one.place?))).collect();
        assert_eq!((places[0], places[1]), ((1, 16), (3, 12)));
    }
}
