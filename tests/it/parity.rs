//! The same scenario in both worlds: the same verdicts, and at moderate load p50 and p99 within 15%. Each scenario under tests/it/parity is played in the
//! simulator and live with stand-ins on loopback; the table of both is printed (`--no-capture` shows it when all is well).

use crate::scenarios;
use firedrill::judge::{Judgement, Verdict, judge};
use firedrill::live::{LiveOptions, play};
use firedrill::plan::{Plan, World};
use firedrill::record::Recording;
use firedrill::sim;
use std::path::{Path, PathBuf};

/// Played beside one another, as two cores bear it.
const AT_ONCE: usize = 4;
/// A run that a busy machine disturbed is played again.
const TRIES: usize = 6;
const CLOSE: f64 = 0.15;
/// What a few messages over loopback may take beside what the model says.
const CLOSE_ANYWAY_S: f64 = 0.000_8;
/// A stand-in keeps time to this, at p99.
const CLOCK_S: f64 = 0.001;

struct Pair {
    name: String,
    model: Recording,
    reality: Recording,
}

impl Pair {
    fn play(file: &Path) -> Pair {
        let plan = scenarios::plan(file, None, 0);
        let live = Plan { world: World::Live, ..plan.clone() };
        let reality = play(&live, &LiveOptions::default()).expect("stand-ins can be played").recording;
        Pair { name: plan.scenario.clone(), model: sim::play(&plan), reality }
    }

    /// Of users' requests between the warm-up and the first fault, when nothing is overloaded; in seconds.
    fn quantile(&self, of: &Recording, quantile: f64) -> f64 {
        let plan = &self.model.plan;
        let calm = of.client_over(0, plan.warmup, plan.faults[0].from);
        calm.latency.quantile(quantile).expect("requests were answered")
    }

    fn differences(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for quantile in [0.5, 0.99] {
            let (model, reality) = (self.quantile(&self.model, quantile), self.quantile(&self.reality, quantile));
            if (reality - model).abs() > (CLOSE * model).max(CLOSE_ANYWAY_S) {
                wrong.push(format!("quantile {quantile}: {reality} s for {model} s"));
            }
        }
        let (model, reality) = (verdicts(&judge(&self.model)), verdicts(&judge(&self.reality)));
        wrong.extend(model.iter().zip(&reality).filter(|(one, other)| one != other).map(|pair| format!("{pair:?}")));
        let late = self.reality.head.clock_lag.quantile(0.99).unwrap_or(0.0);
        if late > CLOCK_S {
            wrong.push(format!("the stand-ins' clock was {late} s late at p99"));
        }
        wrong
    }

    fn row(&self) -> String {
        let ms = |seconds: f64| format!("{:.2}", seconds * 1e3);
        let of = |recording, quantile| ms(self.quantile(recording, quantile));
        let lag = |lag: &firedrill::record::Latencies| ms(lag.quantile(0.99).unwrap_or(0.0));
        let head = &self.reality.head;
        let held = verdicts(&judge(&self.reality)).iter().filter(|line| line.0 == Verdict::Holds).count();
        format!(
            "{:<10} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}   {held} of {} hold",
            self.name,
            of(&self.model, 0.5),
            of(&self.reality, 0.5),
            of(&self.model, 0.99),
            of(&self.reality, 0.99),
            lag(&head.send_lag),
            lag(&head.clock_lag),
            self.model.plan.expectations.len(),
        )
    }
}

fn verdicts(judgement: &Judgement) -> Vec<(Verdict, String)> {
    judgement.expectations.iter().map(|line| (line.verdict, line.text.clone())).collect()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/parity");
    let listed = std::fs::read_dir(folder).expect("tests/it/parity can be listed");
    let mut files: Vec<PathBuf> = listed.map(|entry| entry.expect("it can be listed").path()).collect();
    files.sort();
    assert!(files.len() >= 10, "only {} scenarios", files.len());
    files
}

fn play_all(files: &[PathBuf]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for some in files.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let playing: Vec<_> = some.iter().map(|file| scope.spawn(|| Pair::play(file))).collect();
            pairs.extend(playing.into_iter().map(|pair| pair.join().expect("it was played")));
        });
    }
    pairs
}

#[test]
fn both_worlds_agree() {
    let mut left = files();
    let mut rows = Vec::new();
    let mut last = Vec::new();
    for _ in 0..TRIES {
        last.clear();
        let mut again = Vec::new();
        for (file, pair) in left.iter().zip(play_all(&left)) {
            let wrong = pair.differences();
            match wrong.is_empty() {
                true => rows.push(pair.row()),
                false => {
                    last.push(format!("{}\n    {}", pair.row(), wrong.join("\n    ")));
                    again.push(file.clone());
                }
            }
        }
        left = again;
        if left.is_empty() {
            break;
        }
    }
    let (line, ms) = ("scenario", "in milliseconds");
    println!("{line:<10} {:>17} {:>17} {:>19}   {ms}", "p50 model, live", "p99 model, live", "p99 send, clock");
    rows.iter().for_each(|row| println!("{row}"));
    assert!(left.is_empty(), "{} of them differ between the worlds:\n{}", left.len(), last.join("\n"));
}
