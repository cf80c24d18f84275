//! The metrics of the expectation language, out of the reference page that describes them, so that there is one description.

/// The whole page.
pub const PAGE: &str = include_str!("../../../docs/reference/expectations.md");

/// One row of the page's table of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// In backticks in the first column, such as `p50` and `p99`.
    pub words: Vec<String>,
    pub of: String,
    pub value: String,
    pub what: String,
}

impl Row {
    pub fn names(&self) -> String {
        self.words.join(" ")
    }
}

/// Every row, in the page's order.
pub fn rows() -> Vec<Row> {
    let table = PAGE.lines().skip_while(|line| !line.starts_with("| metric ")).skip(2);
    table.take_while(|line| line.starts_with('|')).filter_map(row).collect()
}

/// The row of a metric; any `pNN` is a percentile.
pub fn named(word: &str) -> Option<Row> {
    let is_percentile = |word: &str| word.strip_prefix('p').is_some_and(|rest| rest.parse::<f64>().is_ok());
    let wanted = if is_percentile(word) { "p99" } else { word };
    rows().into_iter().find(|row| row.words.iter().any(|one| one == wanted))
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [metric, of, value, what] = cells.as_slice() else { return None };
    let words = metric.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some(Row { words, of: (*of).to_owned(), value: (*value).to_owned(), what: (*what).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_row() {
        assert!(rows().len() >= 15, "{:?}", rows());
        for word in ["p50", "p99.9", "p97", "success", "recovery", "utilisation", "queue", "hits", "max"] {
            assert!(named(word).is_some_and(|row| !row.what.is_empty()), "{word}");
        }
        assert_eq!(named("pxx"), None);
    }
}
