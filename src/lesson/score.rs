//! Points: how near a guess is, whether a cause was named, what the quiz and the hints come to. 100 at most: predictions 30, cause 30, fix 30,
//! quiz 10; hints cost. Time never counts.

use super::story::{Hypothesis, Question};
use crate::base::units;
use crate::judge::Unit;

pub const PREDICTIONS: f64 = 30.0;
pub const CAUSE: f64 = 30.0;
pub const FIX: f64 = 30.0;
pub const QUIZ: f64 = 10.0;

/// Ten times too much or too little is worth nothing.
const WORTHLESS: f64 = 10.0;

/// 1 within the factor, 0 at ten times and beyond, and by the logarithm between: an error of twice is as bad above as below.
pub fn nearness(guess: f64, truth: f64, within: f64) -> f64 {
    if guess == truth {
        return 1.0;
    }
    if !(guess > 0.0 && truth > 0.0) {
        return 0.0;
    }
    let off = libm::log(guess.max(truth) / guess.min(truth));
    let (free, end) = (libm::log(within), libm::log(WORTHLESS.max(within * within)));
    ((end - off) / (end - free)).clamp(0.0, 1.0)
}

/// A guess in the unit of what is asked for: `8s`, `95%`, `120`, `3.5x`; a bare number is taken in the base unit, and above 1 of a share in
/// percent. `None` if it is none.
pub fn guess(text: &str, unit: Unit, share: bool) -> Option<f64> {
    let text = text.trim();
    let percent = |text: &str| {
        text.strip_suffix('%').and_then(|digits| units::number(digits.trim()).ok()).map(|share| share / 100.0)
    };
    let number = units::number(text).ok();
    match unit {
        Unit::Seconds => number.or_else(|| units::span(text).ok().map(|span| span.as_secs_f64())),
        Unit::Ratio if share && number.is_some_and(|number| number > 1.0) => number.map(|number| number / 100.0),
        Unit::Ratio => percent(text).or_else(|| units::factor(text).ok()).or(number),
        Unit::PerSecond => number.or_else(|| units::rate(text).ok()),
        Unit::Bytes => number.or_else(|| units::bytes(text).ok().map(|bytes| bytes as f64)),
        Unit::Count => number,
    }
}

/// How a guess is written, for the question.
pub fn form(unit: Unit, share: bool) -> &'static str {
    match unit {
        Unit::Ratio if share => "a share, such as 95%",
        Unit::Seconds => "a time, such as 250ms or 8s",
        Unit::Ratio => "a factor, such as 3.5x",
        Unit::PerSecond => "a rate per second, such as 120",
        Unit::Bytes => "a size, such as 64MiB",
        Unit::Count => "a number",
    }
}

/// Right ones found less wrong ones named, as a share of the right ones.
pub fn cause(hypotheses: &[Hypothesis], chosen: &[usize]) -> f64 {
    let right = hypotheses.iter().filter(|one| one.right).count().max(1);
    let sum: f64 = chosen.iter().map(|at| if hypotheses[*at].right { 1.0 } else { -1.0 }).sum();
    (sum / right as f64).clamp(0.0, 1.0)
}

/// A number must agree to 1%, anything else letter by letter but for case; a choice may be given by its number, from 1.
pub fn is_right(question: &Question, given: &str) -> bool {
    let given = given.trim();
    let at = given.parse::<usize>().ok().and_then(|at| question.choices.get(at.checked_sub(1)?));
    if let Some(choice) = at {
        return *choice == question.answer;
    }
    match (given.parse::<f64>(), question.answer.parse::<f64>()) {
        (Ok(given), Ok(answer)) => (given - answer).abs() <= answer.abs() * 0.01,
        _ => given.eq_ignore_ascii_case(&question.answer),
    }
}

/// The parts that a lesson has, with what was reached of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Name, points, points that could be had.
    pub parts: Vec<(&'static str, f64, f64)>,
    pub hints: f64,
}

impl Score {
    /// A part of which this share, 0 to 1, was reached.
    pub fn add(&mut self, name: &'static str, share: f64, of: f64) {
        self.parts.push((name, share * of, of));
    }

    /// Never below 0.
    pub fn total(&self) -> f64 {
        (self.parts.iter().map(|(_, points, _)| points).sum::<f64>() - self.hints).max(0.0)
    }

    pub fn most(&self) -> f64 {
        self.parts.iter().map(|(_, _, of)| of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_judged_by_its_factor() {
        assert_eq!(
            (nearness(100.0, 100.0, 1.5), nearness(140.0, 100.0, 1.5), nearness(1000.0, 100.0, 1.5)),
            (1.0, 1.0, 0.0)
        );
        let (above, below) = (nearness(300.0, 100.0, 1.5), nearness(100.0 / 3.0, 100.0, 1.5));
        assert!((above - below).abs() < 1e-9 && above > 0.5 && above < 0.7, "{above} {below}");
        assert_eq!((nearness(0.0, 100.0, 1.5), nearness(0.0, 0.0, 1.5)), (0.0, 1.0));
    }

    #[test]
    fn guesses_are_read_in_the_unit_of_the_question() {
        let guess = |text, unit| super::guess(text, unit, false);
        assert_eq!(guess(" 250ms ", Unit::Seconds), Some(0.25));
        let share = |text| super::guess(text, Unit::Ratio, true);
        assert_eq!(
            (share("20"), share("0.2"), share("20%"), guess("20", Unit::Ratio)),
            (Some(0.2), Some(0.2), Some(0.2), Some(20.0))
        );
        assert_eq!((guess("95%", Unit::Ratio), guess("3.5x", Unit::Ratio)), (Some(0.95), Some(3.5)));
        assert_eq!((guess("120/s", Unit::PerSecond), guess("120", Unit::PerSecond)), (Some(120.0), Some(120.0)));
        assert_eq!((guess("dunno", Unit::Seconds), guess("", Unit::Count)), (None, None));
    }

    #[test]
    fn naming_everything_as_the_cause_earns_nothing() {
        let one = |right| Hypothesis {
            text: String::new(),
            right,
            evidence: crate::lesson::line::Line {
                text: String::new(),
                at: String::new(),
                sort: crate::lesson::line::Sort::Condition,
            },
            feedback: String::new(),
        };
        let all = [one(true), one(false), one(false)];
        assert_eq!(
            (cause(&all, &[0]), cause(&all, &[0, 1]), cause(&all, &[1]), cause(&all, &[])),
            (1.0, 0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn the_quiz_takes_numbers_words_and_numbers_of_choices() {
        let number = Question { ask: String::new(), answer: "6".into(), choices: vec![], why: String::new() };
        assert!(is_right(&number, "6.0") && !is_right(&number, "7") && !is_right(&number, "six"));
        let choice = Question { answer: "never".into(), choices: vec!["at once".into(), "never".into()], ..number };
        assert!(is_right(&choice, "2") && is_right(&choice, " Never") && !is_right(&choice, "1"));
    }
}
