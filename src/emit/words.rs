//! Words for the shell.

/// The word as a POSIX shell reads it back.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The words as one line.
pub fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_meant() {
        let words = ["a=1", "exp(5ms, 6ms)", "it's", "", "$HOME", "web->db"].map(str::to_owned);
        assert_eq!(line(&words), r"a=1 'exp(5ms, 6ms)' 'it'\''s' '' '$HOME' 'web->db'");
    }
}
