//! The desk of a game day at a terminal: the view is drawn about ten times a second, single keys are orders. The terminal hands over keys by
//! the same change that a live run keeps in its ledger, and is put back when this is dropped.

use super::view::{Now, View, draw};
use crate::gameday::{Beat, Decision, Desk, Experiment, Order, Paper};
use crate::judge::Judged;
use crate::live::Shutdown;
use crate::live::undo::entries::Terminal as Keys;
use crate::report::figures;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use std::io::{self, Stdout};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(100);

pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    keys: Keys,
    paper: Paper,
    shutdown: Shutdown,
    view: View,
}

impl Screen {
    /// `keys` is the terminal on standard input, as it is now.
    pub fn open(keys: Keys, paper: &Paper, is_masked: bool, shutdown: &Shutdown) -> io::Result<Screen> {
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        let view = View { is_masked, ..View::default() };
        let screen = Screen { terminal, keys, paper: paper.clone(), shutdown: shutdown.clone(), view };
        screen.keys.hand_over_keys()?;
        execute!(io::stdout(), EnterAlternateScreen, Clear(ClearType::All), Hide)?;
        Ok(screen)
    }

    /// Gives the terminal back; what was said stays for those who scroll up.
    pub fn close(mut self) -> Vec<String> {
        std::mem::take(&mut self.view.notes)
    }

    fn show(&mut self) {
        // A live run has put the terminal back at its end. A terminal that is gone has nobody before it.
        let _ = self.keys.hand_over_keys();
        self.redraw();
    }

    fn redraw(&mut self) {
        let view = &self.view;
        let _ = self.terminal.draw(|frame| draw(frame, view));
    }

    fn note(&mut self, line: String) {
        self.view.notes.push(line);
    }

    /// The keys that were pressed; a note comes when it is whole.
    fn pressed(&mut self, patience: Duration) -> Option<Pressed> {
        if !event::poll(patience).unwrap_or(false) {
            return None;
        }
        let Ok(Event::Key(key)) = event::read() else { return Some(Pressed::Nothing) };
        if key.kind == KeyEventKind::Release {
            return Some(Pressed::Nothing);
        }
        Some(typed(&mut self.view.typing, key.code))
    }
}

#[derive(Debug, PartialEq)]
enum Pressed {
    Nothing,
    Key(char),
    Note(String),
}

/// What a key means, while a note is being written and otherwise.
fn typed(typing: &mut Option<String>, key: KeyCode) -> Pressed {
    match (typing.as_mut(), key) {
        (Some(text), KeyCode::Char(letter)) => text.push(letter),
        (Some(text), KeyCode::Backspace) => drop(text.pop()),
        (Some(_), KeyCode::Esc) => *typing = None,
        (Some(_), KeyCode::Enter) => {
            let text = typing.take().unwrap_or_default();
            return if text.trim().is_empty() { Pressed::Nothing } else { Pressed::Note(text.trim().to_owned()) };
        }
        (None, KeyCode::Char('m')) => *typing = Some(String::new()),
        (None, KeyCode::Char(letter)) => return Pressed::Key(letter.to_ascii_lowercase()),
        _ => {}
    }
    Pressed::Nothing
}

impl Desk for Screen {
    fn turn(&mut self, number: usize, of: usize, experiment: &Experiment) {
        let fault = &experiment.fault;
        let view = &mut self.view;
        (view.number, view.of) = (number, of);
        view.moments = [fault.from, fault.to, fault.to + experiment.within];
        view.fault = if view.is_masked { format!("fault {number}") } else { fault.name.clone() };
        let hypothesis = self.paper.hypotheses.iter().find(|one| one.fault == fault.name && !view.is_masked);
        view.known = hypothesis.map_or_else(Vec::new, |one| {
            vec![
                format!("{} on {}", fault.label, fault.on),
                format!("When {}, {}, because {}.", one.when, one.stays, one.because),
            ]
        });
    }

    fn begins(&mut self, experiment: &Experiment, with_fault: bool) {
        let (now, plan) = if with_fault { (Now::Fault, &experiment.plan) } else { (Now::Steady, &experiment.steady) };
        self.view.begin(now, plan.length);
        self.show();
    }

    fn judged(&mut self, experiment: &Experiment, lines: &[Judged], words: &str) {
        let name = self.view.fault.clone();
        self.note(format!("{name}: {}", words.replace(&experiment.fault.name, &name)));
        for line in lines.iter().filter(|_| !self.view.is_masked) {
            self.view.notes.push(format!("  {} {}: {}", line.verdict.word(), line.text, figures::detail(line)));
        }
        self.show();
    }

    fn decide(&mut self, _: &Experiment) -> (Decision, Vec<String>) {
        self.view.now = Now::Asking;
        let mut notes = Vec::new();
        while self.shutdown.reason().is_none() {
            self.show();
            match self.pressed(PATIENCE) {
                Some(Pressed::Key('g')) => return (Decision::Go, notes),
                Some(Pressed::Key('n' | 'a' | 'q')) => return (Decision::NoGo, notes),
                Some(Pressed::Note(text)) => {
                    self.note(format!("noted: {text}"));
                    notes.push(text);
                }
                _ => {}
            }
        }
        (Decision::NoGo, notes)
    }

    fn watch(&mut self, beat: &Beat) -> Vec<Order> {
        self.view.take(beat);
        let mut orders = Vec::new();
        while let Some(pressed) = self.pressed(Duration::ZERO) {
            match pressed {
                Pressed::Key('a' | 'q') => {
                    self.note(format!("{}  aborting", figures::moment(beat.at)));
                    orders.push(Order::Abort);
                }
                Pressed::Note(text) => {
                    self.note(format!("{}  noted: {text}", figures::moment(beat.at)));
                    orders.push(Order::Note(text));
                }
                _ => {}
            }
        }
        self.redraw();
        orders
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal is gone there is nothing to put back.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = self.keys.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_orders_unless_a_note_is_being_written() {
        let mut typing = None;
        assert_eq!(typed(&mut typing, KeyCode::Char('a')), Pressed::Key('a'));
        assert_eq!(typed(&mut typing, KeyCode::Char('m')), Pressed::Nothing);
        for letter in "abort?x".chars() {
            assert_eq!(typed(&mut typing, KeyCode::Char(letter)), Pressed::Nothing);
        }
        typed(&mut typing, KeyCode::Backspace);
        assert_eq!(typed(&mut typing, KeyCode::Enter), Pressed::Note("abort?".to_owned()));
        typed(&mut typing, KeyCode::Char('m'));
        typed(&mut typing, KeyCode::Char('g'));
        assert_eq!((typed(&mut typing, KeyCode::Esc), typing), (Pressed::Nothing, None));
    }
}
