//! The last words of a server: the tail of its log, for error messages. Never reads more than the tail.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const LINES: usize = 10;
const TAIL_BYTES: u64 = 8 << 10;

/// At most ten lines, indented for printing below a message.
pub fn last_lines(path: &Path) -> String {
    match tail(path) {
        Ok(text) if text.trim().is_empty() => "    (it wrote nothing)".to_owned(),
        Ok(text) => {
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            let last = lines[lines.len().saturating_sub(LINES)..].iter().map(|line| format!("    {}", line.trim_end()));
            last.collect::<Vec<_>>().join("\n")
        }
        Err(error) => format!("    (the log cannot be read: {error})"),
    }
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_are_shown_of_many() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(last_lines(file.path()), "    (it wrote nothing)");
        let text: String = (1..=5000).map(|n| format!("line {n}\n\n")).collect();
        std::fs::write(file.path(), text).unwrap();
        let shown = last_lines(file.path());
        assert_eq!(shown.lines().count(), 10);
        assert!(shown.starts_with("    line 4991\n") && shown.ends_with("    line 5000"), "{shown}");
    }
}
