//! The steps of a lesson in the terminal, one function each: each asks, tells what the simulation says, and gives back the share that was reached.

use super::asking::{Asking, Ended};
use super::play::{COLUMNS, Halt};
use crate::judge::Verdict;
use crate::lesson::key::{self, Truth};
use crate::lesson::story::{Answer, Lesson};
use crate::lesson::{Case, Played, grid, marks, plotted, score};
use std::io::BufRead;

const UNSURE: &str = "?";

/// What was guessed: a number in the base unit, or the index of an option; `None` for "I do not know".
pub type Guess = Option<f64>;

/// None can be skipped, and none can be changed afterwards.
pub fn predictions<R: BufRead>(lesson: &Lesson, played: &Played, asking: &mut Asking<R>) -> Result<Vec<Guess>, Ended> {
    asking.title("What do you expect? (? for: I do not know)");
    let mut guesses = Vec::new();
    for one in &lesson.predictions {
        asking.say(&one.ask);
        let guess = match &one.answer {
            Answer::Number { figure, .. } => {
                let unit = played.judged(figure).unit;
                let share = key::is_share(&played.asked(figure).metric);
                let read = |line: &str| unsure(line).or_else(|| score::guess(line, unit, share).map(Some));
                asking.ask_until(score::form(unit, share), "that cannot be read; ? if you do not know", read)?
            }
            Answer::Choice(choices) => {
                choices
                    .iter()
                    .enumerate()
                    .for_each(|(at, choice)| asking.say(&format!("  {}. {}", at + 1, choice.text)));
                let read = |line: &str| unsure(line).or_else(|| index(line, choices.len()).map(|at| Some(at as f64)));
                asking.ask_until("its number", "give the number of one of them, or ?", read)?
            }
        };
        guesses.push(guess);
    }
    Ok(guesses)
}

fn unsure(line: &str) -> Option<Guess> {
    (line == UNSURE).then_some(None)
}

/// From 1 for people, from 0 here.
fn index(line: &str, count: usize) -> Option<usize> {
    line.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|at| *at < count)
}

/// Each prediction beside the truth.
pub fn truths<R: BufRead>(
    lesson: &Lesson,
    played: &Played,
    guesses: &[Guess],
    asking: &mut Asking<R>,
) -> Result<f64, String> {
    let truths = key::truths(lesson, played).map_err(|ask| format!("the run does not answer: {ask}"))?;
    let traces = marks::traces(lesson, played, COLUMNS as f64);
    asking.title("What the simulation says");
    let mut sum = 0.0;
    for (((one, guess), truth), trace) in lesson.predictions.iter().zip(guesses).zip(&truths).zip(&traces) {
        let (share, shown) = match truth {
            Truth::Number { value, shown, within, .. } => {
                (guess.map_or(0.0, |guess| score::nearness(guess, *value, *within)), shown)
            }
            Truth::Choice { right, shown } => (f64::from(u8::from(*guess == Some(*right as f64))), shown),
        };
        sum += share;
        asking.say(&format!("{}\n  {shown}; worth {:.0}% of its points", one.ask, share * 100.0));
        if let (Truth::Number { value, shown, unit, .. }, Some(trace)) = (truth, trace) {
            plotted::lines(trace, *unit, (*value, shown), *guess).iter().for_each(|line| asking.say(line));
        }
    }
    Ok(sum / truths.len().max(1) as f64)
}

/// Causes are named by their numbers; `hint` buys a hint. Gives the share and what the hints cost.
pub fn cause<R: BufRead>(lesson: &Lesson, played: &Played, asking: &mut Asking<R>) -> Result<(f64, f64), Ended> {
    asking.title("What is the cause?");
    let all = &lesson.hypotheses;
    all.iter().enumerate().for_each(|(at, one)| asking.say(&format!("  {}. {}", at + 1, one.text)));
    let (mut cost, mut hints) = (0.0, lesson.hints.iter());
    let chosen = loop {
        let line = asking.ask("numbers, with commas between them, or `hint`")?;
        if line == "hint" {
            match hints.next() {
                Some(hint) => {
                    cost += hint.cost;
                    asking.say(&format!("  {} (cost {:.0})", hint.text, hint.cost));
                }
                None => asking.say("  there are no more hints"),
            }
            continue;
        }
        match line.split(',').map(|word| index(word, all.len())).collect::<Option<Vec<usize>>>() {
            Some(mut chosen) => {
                chosen.sort_unstable();
                chosen.dedup();
                break chosen;
            }
            None => asking.say("  give the numbers of those you suspect, such as 1 or 1,3"),
        }
    };
    for (at, one) in all.iter().enumerate() {
        let found = key::finding(one, played);
        let (verdict, mark) =
            (if found.confirmed { "confirmed" } else { "refuted" }, if chosen.contains(&at) { '*' } else { ' ' });
        asking.say(&format!("{mark} {}. {verdict}: {}\n     {}", at + 1, found.evidence, found.feedback));
    }
    Ok((score::cause(all, &chosen), cost))
}

pub fn reveal<R: BufRead>(case: &Case, asking: &mut Asking<R>) {
    asking.title("What happened");
    let law = key::law(case);
    if !law.is_empty() {
        asking.say(&format!("{law}\n"));
    }
    asking.say(&case.lesson.reveal);
    for fault in &case.base.faults {
        asking.say(&format!("\n{}: {} on {}, {} to {}", fault.name, fault.label, fault.on, fault.from, fault.to));
    }
}

/// Turns knobs until the goal holds, or until it is left with `done`.
pub fn what_if<R: BufRead>(case: &Case, asking: &mut Asking<R>) -> Result<bool, Halt> {
    asking.title("What if? Turn knobs until the goal holds, one at a time to see what each does (KNOB VALUE, such as `1 2`; `done` goes on)");
    let knobs = &case.lesson.knobs;
    let mut at = vec![0; knobs.len()];
    for (number, knob) in knobs.iter().enumerate() {
        let values: Vec<String> =
            knob.settings.iter().enumerate().map(|(at, one)| format!("{}: {}", at + 1, one.name)).collect();
        asking.say(&format!("  {}. {} ({})\n     {}", number + 1, knob.label, knob.path, values.join(", ")));
    }
    let goal = case.goal();
    loop {
        let line = asking.ask("knob and value")?;
        if line == "done" {
            return Ok(false);
        }
        let mut words = line.split_whitespace();
        let knob = words.next().and_then(|word| index(word, knobs.len()));
        let value = knob.and_then(|knob| index(words.next()?, knobs[knob].settings.len()));
        let (Some(knob), Some(value)) = (knob, value) else {
            asking.say("  two numbers: which knob, and which of its values");
            continue;
        };
        at[knob] = value;
        if at.iter().filter(|value| **value > 0).count() > 1 {
            asking.say("  More than one knob is turned: turn each alone as well to see which of them it was.");
        }
        let played = grid::set_so(case, &at, &goal).map_err(Halt::Failed)?;
        let judged: Vec<_> = goal.iter().map(|line| played.judged(line)).collect();
        judged.iter().for_each(|line| asking.say(&format!("  {}: {}", line.verdict.word(), grid::told(line))));
        if judged.iter().all(|line| line.verdict == Verdict::Holds) {
            asking.say("  The goal holds.");
            return Ok(true);
        }
    }
}

pub fn quiz<R: BufRead>(lesson: &Lesson, asking: &mut Asking<R>) -> Result<f64, Ended> {
    asking.title("Quiz");
    let mut right = 0;
    for one in &lesson.quiz {
        asking.say(&one.ask);
        one.choices.iter().enumerate().for_each(|(at, choice)| asking.say(&format!("  {}. {choice}", at + 1)));
        let given = asking.ask("answer")?;
        let is_right = score::is_right(one, &given);
        right += u32::from(is_right);
        let word = if is_right { "Right".to_owned() } else { format!("It is {}", one.answer) };
        asking.say(&format!("  {word}: {}", one.why));
    }
    Ok(f64::from(right) / lesson.quiz.len().max(1) as f64)
}
