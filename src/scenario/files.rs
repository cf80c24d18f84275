//! Files of figures that a scenario names: one line each, read whole into the Plan, so that a Plan needs no file. It reads plain files
//! of a limited size only, and says on which line something is wrong.

use super::diagnostic::quote;
use super::load::read_limited;
use crate::base::Span;
use crate::base::units::{self, UnitError};
use std::path::Path;

/// A file of figures holds at most this many lines, and bytes.
const LINES_MAX: usize = 1_000_000;
const BYTES_MAX: usize = 32 << 20;
const TEXT_BYTES_MAX: usize = 1 << 20;

/// Times in seconds: one per line, with a unit (`250ms`) or in bare seconds.
pub fn values(path: &Path, shown: &str) -> Result<Vec<f64>, UnitError> {
    read(path, shown, "write one value per line, with a unit (`250ms`) or in seconds", seconds)
}

/// Rates per second, one per line, as `RATE` or as `AT, RATE` with the moment in seconds: `120`, `120/s`, `60, 120`, `1m, 120/s`.
pub fn rates(path: &Path, shown: &str) -> Result<Vec<(Option<f64>, f64)>, UnitError> {
    let per_second = |text: &str| units::number(text).or_else(|_| units::rate(text));
    read(path, shown, "write a rate per line (`120/s`), or a moment and a rate (`60s, 120/s`)", |line| {
        match line.split_once([',', ';', '\t']) {
            Some((at, rate)) => Ok((Some(seconds(at.trim())?), per_second(rate.trim())?)),
            None => Ok((None, per_second(line)?)),
        }
    })
}

/// The whole of a small file of text, such as certificates.
pub fn text(path: &Path, shown: &str) -> Result<String, UnitError> {
    let trouble = |why: &str| UnitError {
        message: format!("cannot read {}: {why}", quote(shown)),
        help: Some("file names are relative to the scenario's folder".into()),
        at: 0..shown.len(),
    };
    if path.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir()) {
        return Err(trouble("it is not a plain file"));
    }
    let bytes = read_limited(path, TEXT_BYTES_MAX).map_err(|why| trouble(&why))?;
    String::from_utf8(bytes).map_err(|_| trouble("it is not text"))
}

fn seconds(text: &str) -> Result<f64, UnitError> {
    units::number(text).or_else(|_| units::span(text).map(Span::as_secs_f64))
}

/// Blank lines, what follows a `#`, a comma at the end of a line, and a first line of column names are left out.
fn read<T>(
    path: &Path,
    shown: &str,
    help: &str,
    parse: impl Fn(&str) -> Result<T, UnitError>,
) -> Result<Vec<T>, UnitError> {
    let trouble = |message: String, help: &str| UnitError { message, help: Some(help.into()), at: 0..shown.len() };
    // A pipe or a terminal could keep the reading waiting for ever.
    if path.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir()) {
        return Err(trouble(
            format!("{} is not a plain file", quote(shown)),
            "save the values in a file beside the scenario",
        ));
    }
    let bytes = read_limited(path, BYTES_MAX).map_err(|why| {
        trouble(format!("cannot read {}: {why}", quote(shown)), "file names are relative to the scenario's folder")
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let mut all = Vec::new();
    let mut is_first = true;
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim().trim_end_matches(',').trim();
        if line.is_empty() {
            continue;
        }
        if all.len() == LINES_MAX {
            return Err(trouble(
                format!("{} holds more than {LINES_MAX} values", quote(shown)),
                "use a sample of them",
            ));
        }
        let names_columns = std::mem::take(&mut is_first) && line.starts_with(|c: char| c.is_alphabetic());
        match parse(line) {
            Ok(value) => all.push(value),
            Err(_) if names_columns => {}
            Err(error) => {
                let message = format!("line {} of {}: {}", index + 1, quote(shown), error.message);
                return Err(trouble(message, help));
            }
        }
    }
    match all.is_empty() {
        true => Err(trouble(format!("{} holds no values", quote(shown)), "write one value per line")),
        false => Ok(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), text).expect("it can be written");
        file
    }

    #[test]
    fn rates_come_alone_or_with_their_moment() {
        let good = file("at,rate\n0, 10   # calm\n\n1m; 20/s,\n90\t2\n");
        let read = rates(good.path(), "load.csv").expect("it can be read");
        assert_eq!(read, [(Some(0.0), 10.0), (Some(60.0), 20.0), (Some(90.0), 2.0)]);
        assert_eq!(rates(file("10\n20/s\n").path(), "x").expect("read"), [(None, 10.0), (None, 20.0)]);
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, words) in [
            ("1s, 10\n2s, lots\n", "line 2 of `load.csv`"),
            ("1\nname\n", "line 2 of `load.csv`"),
            ("", "holds no values"),
            ("at,rate\n", "holds no values"),
        ] {
            let error = rates(file(text).path(), "load.csv").expect_err("refused");
            assert!(error.message.contains(words), "{}", error.message);
        }
        assert!(values(Path::new("/nowhere/at/all"), "all").expect_err("refused").message.contains("cannot read"));
    }
}
