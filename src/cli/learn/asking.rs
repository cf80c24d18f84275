//! Questions and answers, line by line: a person at a terminal, or a pipe. The end of the input ends a lesson without complaint.

use super::Console;
use std::io::{self, BufRead};

pub struct Asking<'a, R> {
    pub console: &'a mut Console,
    input: R,
}

/// The input ended.
pub struct Ended;

impl<'a, R: BufRead> Asking<'a, R> {
    pub fn new(console: &'a mut Console, input: R) -> Asking<'a, R> {
        Asking { console, input }
    }

    pub fn say(&mut self, text: &str) {
        self.console.out(&format!("{text}\n"));
    }

    pub fn title(&mut self, text: &str) {
        let bold = self.console.bold(text);
        self.say(&format!("\n{bold}\n"));
    }

    /// One line of the answer, without its end.
    pub fn ask(&mut self, prompt: &str) -> Result<String, Ended> {
        self.console.out(&format!("{prompt}> "));
        self.console.flush();
        let mut line = String::new();
        let read: io::Result<usize> = self.input.read_line(&mut line);
        match read {
            Ok(0) | Err(_) => {
                self.console.out("\n");
                Err(Ended)
            }
            Ok(_) => Ok(line.trim().to_owned()),
        }
    }

    /// Asks until the answer can be read.
    pub fn ask_until<T>(&mut self, prompt: &str, help: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Ended> {
        loop {
            let line = self.ask(prompt)?;
            match read(&line) {
                Some(answer) => return Ok(answer),
                None => self.say(&format!("  {help}")),
            }
        }
    }
}
