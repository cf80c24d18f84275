//! The desk of a game day, line by line: what happens goes to standard output, orders come from standard input, a terminal or a pipe alike.

use super::orders::{Orders, Word};
use crate::cli::console::Console;
use crate::gameday::{Beat, Decision, Desk, Experiment, Order};
use crate::judge::Judged;
use crate::live::Shutdown;
use crate::report::figures;

/// Figures are told every so many seconds of the run.
const EVERY_S: f64 = 5.0;

pub struct Lines<'a> {
    console: &'a mut Console,
    orders: Orders,
    shutdown: Shutdown,
    /// Faults are numbered instead of named.
    is_masked: bool,
    number: usize,
    told_at: f64,
}

impl Lines<'_> {
    pub fn new<'a>(console: &'a mut Console, is_masked: bool, shutdown: &Shutdown) -> Lines<'a> {
        Lines { console, orders: Orders::listen(), shutdown: shutdown.clone(), is_masked, number: 0, told_at: 0.0 }
    }

    fn say(&mut self, line: &str) {
        self.console.out(&format!("{line}\n"));
        self.console.flush();
    }

    fn name(&self, experiment: &Experiment) -> String {
        if self.is_masked { format!("fault {}", self.number) } else { experiment.fault.name.clone() }
    }
}

impl Desk for Lines<'_> {
    fn turn(&mut self, number: usize, of: usize, experiment: &Experiment) {
        self.number = number;
        let fault = &experiment.fault;
        let what = if self.is_masked { String::new() } else { format!(" ({} on {})", fault.label, fault.on) };
        let name = self.name(experiment);
        self.say(&format!("\n{number} of {of}: {name}{what}"));
    }

    fn begins(&mut self, experiment: &Experiment, with_fault: bool) {
        self.told_at = 0.0;
        let plan = if with_fault { &experiment.plan } else { &experiment.steady };
        let what = match (with_fault, self.is_masked) {
            (false, _) => "looking at the steady state".to_owned(),
            (true, true) => "it begins".to_owned(),
            (true, false) => {
                format!("the fault comes at {} and is healed at {}", experiment.fault.from, experiment.fault.to)
            }
        };
        self.say(&format!("  {what}; this run ends at {}", plan.length));
    }

    fn judged(&mut self, experiment: &Experiment, lines: &[Judged], words: &str) {
        // What a player may know of a line is that it is one; its window names the fault.
        let shown: Vec<String> = lines
            .iter()
            .filter(|_| !self.is_masked)
            .map(|line| format!("    {} {}: {}", line.verdict.word(), line.text, figures::detail(line)))
            .collect();
        // Doubts name the fault.
        let words = if self.is_masked {
            words.replace(&experiment.fault.name, &self.name(experiment))
        } else {
            words.to_owned()
        };
        self.say(&format!("  {words}"));
        shown.iter().for_each(|line| self.say(line));
    }

    fn decide(&mut self, experiment: &Experiment) -> (Decision, Vec<String>) {
        let name = self.name(experiment);
        self.say(&format!("  go or no-go for {name}?"));
        let (shutdown, mut notes) = (self.shutdown.clone(), Vec::new());
        loop {
            match self.orders.next(|| shutdown.reason().is_some()) {
                Some(Word::Go) => return (Decision::Go, notes),
                Some(Word::Order(_, Order::Note(text))) => notes.push(text),
                // Without anybody to say go nothing is done.
                None | Some(Word::NoGo | Word::Order(_, Order::Abort)) => return (Decision::NoGo, notes),
                Some(Word::Unknown(line)) => self.say(&format!("  `{line}` is neither `go` nor `no-go`")),
            }
        }
    }

    fn watch(&mut self, beat: &Beat) -> Vec<Order> {
        let at = beat.at.as_secs_f64();
        if at >= self.told_at + EVERY_S {
            self.told_at = at - at % EVERY_S;
            for client in &beat.clients {
                let p99 = client.p99.map_or("-".to_owned(), figures::duration);
                let (goodput, errors) = (figures::digits(client.goodput, 4), figures::digits(client.errors * 100.0, 3));
                self.say(&format!(
                    "    {:>6}  {}: {goodput}/s well, p99 {p99}, {errors}% errors",
                    figures::duration(at.floor()),
                    client.name
                ));
            }
        }
        let orders = self.orders.due(beat.at);
        for order in &orders {
            match order {
                Order::Note(text) => self.say(&format!("    {:>6}  noted: {text}", figures::moment(beat.at))),
                Order::Abort => self.say(&format!("    {:>6}  aborting", figures::moment(beat.at))),
            }
        }
        orders
    }
}
