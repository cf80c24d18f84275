//! "Did you mean": the candidate closest to a misspelt word, or none when nothing is close. It never corrects by itself.

/// The closest candidate, ignoring case; `None` when none is close enough to be a slip of the pen.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    const WORD_MAX: usize = 64;
    if word.is_empty() || word.len() > WORD_MAX {
        return None;
    }
    let word = folded(word);
    let scored = candidates.into_iter().filter(|candidate| candidate.len() <= WORD_MAX).map(|candidate| {
        let other = folded(candidate);
        (strsim::damerau_levenshtein(&word, &other), strsim::jaro_winkler(&word, &other), candidate)
    });
    let best = scored.min_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.total_cmp(&a.1)))?;
    let (distance, likeness, candidate) = best;
    let length = word.chars().count().max(candidate.chars().count());
    // Two letters swapped are a slip even in a word of two: `bd` for `db`.
    let is_swap = distance == 1 && letters(&word) == letters(&folded(candidate));
    let close = is_swap || distance * 3 <= length || (likeness > 0.9 && length > 3);
    close.then(|| candidate.to_owned())
}

/// The help text for a misspelt word: the closest candidate, else the short list of all.
pub fn help_for<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    const LISTED_MAX: usize = 12;
    if let Some(meant) = did_you_mean(word, candidates.clone()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let mut all: Vec<&str> = Vec::new();
    for candidate in candidates {
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    match all.len() {
        0 => None,
        1 => Some(format!("there is only `{}`", all[0])),
        2..=LISTED_MAX => Some(format!("known are {}", listed(&all))),
        more => Some(format!("known are {} and {} more", listed(&all[..LISTED_MAX]), more - LISTED_MAX)),
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// Lower case with `_` and blanks as `-`, so that `onTimeout`-like slips of style cost little.
fn folded(word: &str) -> String {
    word.to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_strange_words_find_none() {
        let words = ["timeout", "retries", "on_timeout", "db", "cache", "drop_expired"];
        for (slip, meant) in [
            ("timout", Some("timeout")),
            ("Timeout", Some("timeout")),
            ("retry", None),
            ("retires", Some("retries")),
            ("on-timeout", Some("on_timeout")),
            ("ontimeout", Some("on_timeout")),
            ("bd", Some("db")),
            ("cahce", Some("cache")),
            ("dropExpired", Some("drop_expired")),
            ("x", None),
            ("", None),
            ("budget", None),
        ] {
            assert_eq!(did_you_mean(slip, words).as_deref(), meant, "{slip}");
        }
        assert_eq!(did_you_mean(&"a".repeat(5000), words), None);
    }

    #[test]
    fn without_a_close_word_all_are_listed_once() {
        assert_eq!(help_for("x", ["db", "cache", "db"]).as_deref(), Some("known are `db`, `cache`"));
        assert_eq!(help_for("x", ["db"]).as_deref(), Some("there is only `db`"));
        assert_eq!(help_for("x", []), None);
    }
}
