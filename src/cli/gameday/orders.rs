//! Orders of a game day, one a line: `go`, `no-go`, `m TEXT`, `a`, and `@14s m TEXT` for when the run is that far. They are read on a thread of
//! their own, so that a run never waits for them.

use crate::base::{Time, units};
use crate::gameday::Order;
use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A word is waited for so long before it is asked whether waiting is over.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    Go,
    NoGo,
    /// To be done when the run is so far; at once without.
    Order(Option<Time>, Order),
    Unknown(String),
}

pub struct Orders {
    lines: Receiver<String>,
    waiting: VecDeque<Word>,
}

impl Orders {
    /// Listens to standard input.
    pub fn listen() -> Orders {
        let (tell, lines) = channel();
        // It ends with its input, or with the process.
        thread::spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Orders { lines, waiting: VecDeque::new() }
    }

    /// The next word, waited for; `None` when there is nobody left to say one, or when waiting is over for another reason.
    pub fn next(&mut self, is_over: impl Fn() -> bool) -> Option<Word> {
        if let Some(word) = self.waiting.pop_front() {
            return Some(word);
        }
        while !is_over() {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => return Some(read(&line)),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        None
    }

    /// What is to be done now. A decision, and what is meant for later, stays where it is, and all that comes after it.
    pub fn due(&mut self, now: Time) -> Vec<Order> {
        self.waiting.extend(self.lines.try_iter().map(|line| read(&line)));
        let mut due = Vec::new();
        while let Some(Word::Order(at, order)) = self.waiting.front() {
            if at.is_some_and(|at| at > now) {
                break;
            }
            due.push(order.clone());
            self.waiting.pop_front();
        }
        due
    }
}

fn read(line: &str) -> Word {
    let line = line.trim();
    let unknown = || Word::Unknown(line.to_owned());
    let (at, rest) = match line.strip_prefix('@') {
        None => (None, line),
        Some(rest) => {
            let (moment, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let Ok(span) = units::span(moment) else { return unknown() };
            (Some(Time::ZERO + span), rest.trim())
        }
    };
    let (word, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match (word, at) {
        ("go" | "y" | "yes", None) => Word::Go,
        ("no-go" | "no" | "n", None) => Word::NoGo,
        ("a" | "abort", _) => Word::Order(at, Order::Abort),
        ("m" | "note", _) if !text.trim().is_empty() => Word::Order(at, Order::Note(text.trim().to_owned())),
        _ => unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    #[test]
    fn lines_are_orders_at_their_time() {
        let note = |text: &str| Order::Note(text.to_owned());
        assert_eq!(read(" go "), Word::Go);
        assert_eq!(read("no-go"), Word::NoGo);
        assert_eq!(read("m the pager rang"), Word::Order(None, note("the pager rang")));
        assert_eq!(read("@14s a"), Word::Order(Some(Time::ZERO + Span::from_secs(14)), Order::Abort));
        for unknown in ["", "m", "maybe", "@soon a", "@14s go", "@14s"] {
            assert_eq!(read(unknown), Word::Unknown(unknown.to_owned()));
        }
    }

    #[test]
    fn what_is_meant_for_later_waits_and_holds_up_what_follows() {
        let (tell, lines) = channel();
        let mut orders = Orders { lines, waiting: VecDeque::new() };
        for line in ["m first", "@5s m second", "go", "a"] {
            tell.send(line.to_owned()).expect("it listens");
        }
        let at = |seconds| Time::ZERO + Span::from_secs(seconds);
        assert_eq!(orders.due(at(1)), [Order::Note("first".into())]);
        assert!(orders.due(at(4)).is_empty());
        assert_eq!(orders.due(at(5)), [Order::Note("second".into())]);
        assert_eq!((orders.due(at(9)), orders.next(|| false)), (vec![], Some(Word::Go)));
        assert_eq!(orders.due(at(0)), [Order::Abort]);
    }
}
