//! A choice among scenarios, as an expression: `tag(retry) & !name(*-storm)`. Sets of scenarios and their variants, joined by `&`, `|`, `!` and
//! parentheses, as cargo-nextest's filtersets are. It knows of a scenario its name, its tags and a variant's name, and reads no more of it.
//!
//! A word in `tag(…)` is a whole tag; in `name(…)` and `variant(…)` a part of the name. With `*` or `?` in it a word stands for the whole, and `=word`
//! is exactly that word.

mod read;
#[cfg(test)]
mod tests;

pub use read::Mistake;

use super::help_for;
use std::fmt;

/// What is chosen among: one form of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub name: &'a str,
    /// `None` for the base.
    pub variant: Option<&'a str>,
    pub tags: &'a [String],
}

/// An expression that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Expr);

#[derive(Clone, Debug, PartialEq)]
enum Expr {
    Either(Box<Expr>, Box<Expr>),
    Both(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Tag(Pattern),
    Name(Pattern),
    Variant(Pattern),
    Base,
    All,
    None,
}

#[derive(Clone, Debug, PartialEq)]
enum Pattern {
    Exactly(String),
    Part(String),
    Glob(String),
}

impl Filter {
    pub fn read(text: &str) -> Result<Filter, Mistake> {
        read::expr(text).map(Filter)
    }

    /// Exactly this tag.
    pub fn of_tag(tag: &str) -> Filter {
        Filter(Expr::Tag(Pattern::of(tag, true)))
    }

    pub fn has(&self, subject: &Subject) -> bool {
        self.0.has(subject)
    }

    /// Words that fit nothing among all there is to choose from, in words for people: most likely they are misspelt.
    pub fn idle(&self, all: &[Subject]) -> Vec<String> {
        let mut told = Vec::new();
        self.0.idle(all, &mut told);
        told
    }
}

impl Expr {
    fn has(&self, subject: &Subject) -> bool {
        match self {
            Expr::Either(one, other) => one.has(subject) || other.has(subject),
            Expr::Both(one, other) => one.has(subject) && other.has(subject),
            Expr::Not(one) => !one.has(subject),
            Expr::Tag(pattern) => subject.tags.iter().any(|tag| pattern.fits(tag)),
            Expr::Name(pattern) => pattern.fits(subject.name),
            Expr::Variant(pattern) => subject.variant.is_some_and(|variant| pattern.fits(variant)),
            Expr::Base => subject.variant.is_none(),
            Expr::All => true,
            Expr::None => false,
        }
    }

    fn idle(&self, all: &[Subject], told: &mut Vec<String>) {
        let (what, pattern) = match self {
            Expr::Either(one, other) | Expr::Both(one, other) => {
                one.idle(all, told);
                return other.idle(all, told);
            }
            Expr::Not(one) => return one.idle(all, told),
            Expr::Tag(pattern) => ("scenario has a tag", pattern),
            Expr::Name(pattern) => ("scenario has a name", pattern),
            Expr::Variant(pattern) => ("variant has a name", pattern),
            Expr::Base | Expr::All | Expr::None => return,
        };
        if all.iter().any(|subject| self.has(subject)) {
            return;
        }
        let known: Vec<&str> = all
            .iter()
            .flat_map(|subject| match self {
                Expr::Tag(_) => subject.tags.iter().map(String::as_str).collect(),
                Expr::Name(_) => vec![subject.name],
                _ => subject.variant.into_iter().collect::<Vec<_>>(),
            })
            .collect();
        let meant = help_for(pattern.word(), known.iter().copied()).map(|help| format!(": {help}"));
        told.push(format!("no {what} {pattern}{}", meant.unwrap_or_default()));
    }
}

impl Pattern {
    fn of(word: &str, is_whole: bool) -> Pattern {
        match word.strip_prefix('=') {
            Some(word) => Pattern::Exactly(word.trim().to_owned()),
            None if word.contains(['*', '?']) => Pattern::Glob(word.to_owned()),
            None if is_whole => Pattern::Exactly(word.to_owned()),
            None => Pattern::Part(word.to_owned()),
        }
    }

    fn word(&self) -> &str {
        match self {
            Pattern::Exactly(word) | Pattern::Part(word) | Pattern::Glob(word) => word,
        }
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Exactly(word) => text == word,
            Pattern::Part(word) => text.contains(word.as_str()),
            Pattern::Glob(glob) => is_like(&glob.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>()),
        }
    }
}

/// `*` is any text, `?` any character. Going back to the latest `*` alone is enough, so time grows with the product of the lengths at most.
fn is_like(glob: &[char], text: &[char]) -> bool {
    let (mut g, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                star = Some((g, t));
                g += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (g, t) = (g + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (g, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Exactly(word) => write!(f, "`{word}`"),
            Pattern::Part(word) => write!(f, "with `{word}` in it"),
            Pattern::Glob(word) => write!(f, "like `{word}`"),
        }
    }
}
