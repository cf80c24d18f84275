//! The right side of a line: which stretch of the run it is about, resolved to times.

use super::cursor::{Cursor, Piece, did_you_mean, listed};
use super::{ExpectError, Names, value};
use crate::base::Time;
use crate::plan::Window;

const WORDS: [&str; 6] = ["before", "during", "after", "whole", "between", "within"];

/// The whole run but the warm-up.
pub fn whole(names: &Names) -> Window {
    Window { name: "whole".to_owned(), from: names.warmup, to: names.length }
}

/// Reads a window; something must be there.
pub fn read(cursor: &mut Cursor, names: &Names) -> Result<Window, ExpectError> {
    let word = cursor.word();
    let window = match word.text {
        "whole" => whole(names),
        "before" if !fault_follows(cursor, names) => before_all(&word, names)?,
        "before" => before(&fault(cursor, names)?, names),
        "during" => during(&fault(cursor, names)?, names),
        "after" => after(&fault(cursor, names)?, names),
        "between" => return between(cursor, &word, names),
        "within" => within(cursor, names)?,
        "" => return Err(cursor.error_here("expected a window").help(format!("windows are {}", usage(names)))),
        other => {
            let help = did_you_mean(other, WORDS).unwrap_or_else(|| format!("windows are {}", usage(names)));
            return Err(word.error(format!("`{other}` is not a window")).help(help));
        }
    };
    let piece = Piece { start: word.start, end: cursor.at, text: &cursor.text[word.start..cursor.at] };
    not_empty(window, &piece, names)
}

/// What a window is named after: a fault, or a deploy, which lasts to the end of the run.
struct Cause<'a> {
    name: &'a str,
    from: Time,
    to: Time,
    /// Its place among the faults.
    fault: Option<usize>,
}

fn cause<'a>(name: &str, names: &'a Names) -> Option<Cause<'a>> {
    let fault = names.faults.iter().position(|(fault, ..)| fault == name);
    if let Some(index) = fault {
        let (name, from, to) = &names.faults[index];
        return Some(Cause { name, from: *from, to: *to, fault });
    }
    let (name, from) = names.deploys.iter().find(|(deploy, _)| deploy == name)?;
    Some(Cause { name, from: *from, to: names.length, fault })
}

/// What `recovery` compares with: the stretch before the fault that the window names, or before any fault.
/// `None` where there is nothing to recover from in such a window.
pub fn before_of(window: &Window, names: &Names) -> Option<Window> {
    let found = match window.name.split_once(' ') {
        Some(("after" | "during", name)) => before(&cause(name, names)?, names),
        Some(("between", _)) => plain_before(names)?,
        _ => return None,
    };
    (found.from < found.to).then_some(found)
}

/// From the latest end of a fault that was over before this one began (or the warm-up) to its begin.
fn before(cause: &Cause, names: &Names) -> Window {
    let is_other = |index: usize| Some(index) != cause.fault;
    let others = names.faults.iter().enumerate().filter(|(index, (_, _, end))| is_other(*index) && *end <= cause.from);
    let begin = others.map(|(_, (_, _, end))| *end).max().unwrap_or(names.warmup).max(names.warmup);
    Window { name: format!("before {}", cause.name), from: begin, to: cause.from }
}

fn during(cause: &Cause, names: &Names) -> Window {
    let (from, to) = (cause.from.max(names.warmup), cause.to.min(names.length));
    Window { name: format!("during {}", cause.name), from, to }
}

/// From its end to the begin of the next fault, or the end of the run.
fn after(cause: &Cause, names: &Names) -> Window {
    let is_other = |index: usize| Some(index) != cause.fault;
    let others = names.faults.iter().enumerate().filter(|(index, (_, from, _))| is_other(*index) && *from >= cause.to);
    let next = others.map(|(_, (_, from, _))| *from).min().unwrap_or(names.length).min(names.length);
    Window { name: format!("after {}", cause.name), from: cause.to.max(names.warmup), to: next }
}

fn before_all(word: &Piece, names: &Names) -> Result<Window, ExpectError> {
    plain_before(names).ok_or_else(|| {
        let help = match names.deploys.first() {
            Some((deploy, _)) => format!("write `before {deploy}`"),
            None => "windows without faults are whole and between 10s and 20s".to_owned(),
        };
        word.error("`before` what? The scenario has no fault").help(help)
    })
}

fn plain_before(names: &Names) -> Option<Window> {
    let first = names.faults.iter().map(|(_, from, _)| *from).min()?;
    Some(Window { name: "before".to_owned(), from: names.warmup, to: first })
}

/// Whether the word after `before` names a fault: it does unless it begins the next part of the line.
fn fault_follows(cursor: &Cursor, names: &Names) -> bool {
    let next = cursor.peek_word().text;
    cause(next, names).is_some() || !(next.is_empty() || WORDS.contains(&next))
}

fn fault<'n>(cursor: &mut Cursor, names: &'n Names) -> Result<Cause<'n>, ExpectError> {
    let word = cursor.word();
    let known = || names.faults.iter().map(|(name, ..)| name.as_str());
    let deploys = || names.deploys.iter().map(|(name, _)| name.as_str());
    let choices = || match (names.faults.is_empty(), names.deploys.is_empty()) {
        (true, true) => "the scenario has no faults".to_owned(),
        (false, true) => format!("faults are {}", listed(known())),
        (true, false) => format!("deploys are {}", listed(deploys())),
        (false, false) => format!("faults are {}, and deploys {}", listed(known()), listed(deploys())),
    };
    if word.text.is_empty() {
        return Err(cursor.error_here("expected the name of a fault").help(choices()));
    }
    let unknown = || {
        let help = did_you_mean(word.text, known().chain(deploys())).unwrap_or_else(choices);
        word.error(format!("there is no fault `{}`", word.text)).help(help)
    };
    cause(word.text, names).ok_or_else(unknown)
}

/// From the begin of a fault to so much later.
fn within(cursor: &mut Cursor, names: &Names) -> Result<Window, ExpectError> {
    let length = value::read(cursor)?;
    let span = length.span()?;
    let of = cursor.word();
    if of.text != "of" {
        let error = if of.text.is_empty() { cursor.error_here("expected `of`") } else { of.error("expected `of`") };
        return Err(error.help("write `within 3s of FAULT`"));
    }
    let Cause { name, from, .. } = fault(cursor, names)?;
    let name = format!("within {} of {name}", length.piece.text);
    Ok(Window { name, from: from.max(names.warmup), to: (from + span).min(names.length) })
}

fn between(cursor: &mut Cursor, word: &Piece, names: &Names) -> Result<Window, ExpectError> {
    let (from, from_piece) = moment(cursor, names)?;
    let and = cursor.word();
    if and.text != "and" {
        let error = if and.text.is_empty() { cursor.error_here("expected `and`") } else { and.error("expected `and`") };
        return Err(error.help("write `between 30s and 60s`"));
    }
    let (to, to_piece) = moment(cursor, names)?;
    if from < names.warmup {
        let message = format!("`{}` lies in the warm-up, which is measured by nothing", from_piece.text);
        return Err(from_piece.error(message).help(format!("the warm-up ends at {}", names.warmup)));
    }
    let name = format!("between {} and {}", from_piece.text, to_piece.text);
    let piece = Piece { start: word.start, end: cursor.at, text: &cursor.text[word.start..cursor.at] };
    not_empty(Window { name, from, to }, &piece, names)
}

/// A moment of the run: a length of time since its start.
fn moment<'a>(cursor: &mut Cursor<'a>, names: &Names) -> Result<(Time, Piece<'a>), ExpectError> {
    let value = value::read(cursor)?;
    let at = Time::ZERO + value.span()?;
    if at <= names.length {
        return Ok((at, value.piece));
    }
    let message = format!("`{}` is after the end of the run", value.piece.text);
    Err(value.piece.error(message).help(format!("the run ends at {}", names.length)))
}

fn not_empty(window: Window, piece: &Piece, names: &Names) -> Result<Window, ExpectError> {
    if window.from < window.to {
        return Ok(window);
    }
    let message = format!("the window `{}` is empty", window.name);
    let help = match window.name.split_once(' ') {
        Some(("within", _)) => "it ends before it begins: with the warm-up, or with the run".to_owned(),
        Some(("between", _)) => "the second moment must be the later one".to_owned(),
        Some(("during", name)) => format!("`{name}` is over at once, or in the warm-up; use `after {name}`"),
        Some(("after", name)) => {
            format!(
                "`{name}` ends at {}, with the run or with the begin of another fault; what follows its begin is `during {name}`",
                window.from
            )
        }
        Some(("before", name)) => {
            format!("`{name}` begins at {}, with the run or with the end of another fault", window.to)
        }
        _ => format!("the warm-up ends at {}, and the run at {}", names.warmup, names.length),
    };
    Err(piece.error(message).help(help))
}

fn usage(names: &Names) -> String {
    let name = names.faults.first().map_or("FAULT", |(name, ..)| name.as_str());
    format!(
        "`before {name}`, `during {name}`, `after {name}`, `whole`, `between 30s and 60s` and `within 3s of {name}`"
    )
}
