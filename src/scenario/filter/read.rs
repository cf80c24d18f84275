//! Reads an expression, and says of a wrong one what is wrong and where. It does not know what is chosen among.

use super::{Expr, Pattern};
use crate::scenario::help_for;
use std::fmt;

/// Deeper parentheses are surely no expression that somebody wrote.
const DEPTH_MAX: usize = 64;
const SETS: [&str; 6] = ["tag", "name", "variant", "base", "all", "none"];

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    text: String,
    /// In characters.
    at: usize,
    length: usize,
    message: String,
    help: String,
}

pub fn expr(text: &str) -> Result<Expr, Mistake> {
    let mut reader = Reader { text: text.chars().collect(), at: 0, depth: 0 };
    let expr = reader.either()?;
    match reader.peek() {
        None => Ok(expr),
        Some(')') => Err(reader.mistake(reader.at, 1, "this `)` closes nothing", "")),
        Some(other) => {
            let help = "sets are joined by `&` (both) and `|` (either)";
            Err(reader.mistake(reader.at, 1, &format!("`{other}` cannot stand here"), help))
        }
    }
}

struct Reader {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn either(&mut self) -> Result<Expr, Mistake> {
        let mut expr = self.both()?;
        while self.joins('|', "or") {
            expr = Expr::Either(Box::new(expr), Box::new(self.both()?));
        }
        Ok(expr)
    }

    fn both(&mut self) -> Result<Expr, Mistake> {
        let mut expr = self.one()?;
        while self.joins('&', "and") {
            expr = Expr::Both(Box::new(expr), Box::new(self.one()?));
        }
        Ok(expr)
    }

    fn one(&mut self) -> Result<Expr, Mistake> {
        let from = self.at;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.mistake(from, 1, &format!("more than {DEPTH_MAX} deep"), "write it flatter"));
        }
        let expr = match self.peek() {
            Some('!') => {
                self.at += 1;
                Expr::Not(Box::new(self.one()?))
            }
            Some('(') => {
                let open = self.at;
                self.at += 1;
                let inside = self.either()?;
                if self.peek() != Some(')') {
                    return Err(self.mistake(open, 1, "this `(` is not closed", "add a `)`"));
                }
                self.at += 1;
                inside
            }
            Some(c) if is_of_word(c) => self.set()?,
            Some(other) => {
                return Err(self.mistake(self.at, 1, &format!("`{other}` cannot stand here"), &known_sets()));
            }
            None if from == 0 => return Err(self.mistake(from, 1, "there is nothing in it", &known_sets())),
            None => return Err(self.mistake(self.at, 1, "a set is missing at the end", &known_sets())),
        };
        self.depth -= 1;
        Ok(expr)
    }

    /// `tag(retry)`, or the word `not` before one.
    fn set(&mut self) -> Result<Expr, Mistake> {
        let from = self.at;
        let word = self.word();
        if word == "not" {
            return Ok(Expr::Not(Box::new(self.one()?)));
        }
        let length = self.at - from;
        if self.peek() != Some('(') {
            let help = match SETS.contains(&word.as_str()) {
                true => format!("write {word}(…)"),
                false => format!("write tag({word}) for a tag, name({word}) for a part of a name"),
            };
            return Err(self.mistake(from, length, &format!("`{word}` is no set by itself"), &help));
        }
        let open = self.at;
        self.at += 1;
        let Some(end) = self.text[self.at..].iter().position(|c| *c == ')') else {
            return Err(self.mistake(open, 1, "this `(` is not closed", "add a `)`"));
        };
        let inside: String = self.text[self.at..self.at + end].iter().collect();
        let inside = inside.trim();
        self.at += end + 1;
        let needs = |expr: fn(Pattern) -> Expr, is_whole| match inside.trim_start_matches('=').is_empty() {
            false => Ok(expr(Pattern::of(inside, is_whole))),
            true => Err((format!("{word}() is empty"), format!("write a word into it, such as {word}(retry)"))),
        };
        let lone = |expr: Expr| match inside.is_empty() {
            true => Ok(expr),
            false => Err((format!("{word}() takes no word"), format!("write {word}()"))),
        };
        let expr = match word.as_str() {
            "tag" => needs(Expr::Tag, true),
            "name" => needs(Expr::Name, false),
            "variant" => needs(Expr::Variant, false),
            "base" => lone(Expr::Base),
            "all" => lone(Expr::All),
            "none" => lone(Expr::None),
            _ => Err((format!("there is no set `{word}`"), help_for(&word, SETS).unwrap_or_default())),
        };
        expr.map_err(|(message, help)| self.mistake(from, length, &message, &help))
    }

    fn word(&mut self) -> String {
        let word: String = self.text[self.at..].iter().take_while(|c| is_of_word(**c)).collect();
        self.at += word.chars().count();
        word
    }

    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        self.at += self.text[self.at..].iter().take_while(|c| c.is_whitespace()).count();
        self.text.get(self.at).copied()
    }

    /// Takes `&` or `&&` or `and`, if that comes next.
    fn joins(&mut self, sign: char, word: &str) -> bool {
        let (next, from) = (self.peek(), self.at);
        if next == Some(sign) {
            self.at += self.text[self.at..].iter().take(2).take_while(|c| **c == sign).count();
            return true;
        }
        if self.word() == word {
            return true;
        }
        self.at = from;
        false
    }

    fn mistake(&self, at: usize, length: usize, message: &str, help: &str) -> Mistake {
        let text = self.text.iter().collect();
        Mistake { text, at, length, message: message.to_owned(), help: help.to_owned() }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "-_.*?".contains(c)
}

fn known_sets() -> String {
    "sets are tag(…), name(…), variant(…), base() and all()".to_owned()
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (blank, marks) = (" ".repeat(self.at), "^".repeat(self.length.max(1)));
        write!(f, "{}\n  {}\n  {blank}{marks}", self.message, self.text)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\n  {}", self.help) }
    }
}
