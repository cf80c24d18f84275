//! The order in which options are offered: drawn from the scenario's seed and the lesson's name, so that it tells nothing and is the same each time.

use super::story::{Answer, Lesson};
use crate::base::Dice;

/// Options of predictions and of the quiz, and the causes to choose from.
pub fn shuffle(lesson: &mut Lesson, seed: u64) {
    let dice = |what: &str| Dice::named(seed, &format!("lesson/{}/{what}", lesson.scenario));
    let (mut causes, mut quiz, mut options) = (dice("causes"), dice("quiz"), dice("predictions"));
    mix(&mut lesson.hypotheses, &mut causes);
    lesson.quiz.iter_mut().for_each(|question| mix(&mut question.choices, &mut quiz));
    for prediction in &mut lesson.predictions {
        if let Answer::Choice(choices) = &mut prediction.answer {
            mix(choices, &mut options);
        }
    }
}

/// Every order is equally likely (Fisher and Yates).
fn mix<T>(items: &mut [T], dice: &mut Dice) {
    for last in (1..items.len()).rev() {
        items.swap(last, dice.below(last as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_follows_from_the_seed_and_loses_nothing() {
        let mixed = |seed| {
            let mut items: Vec<u32> = (0..8).collect();
            mix(&mut items, &mut Dice::named(seed, "lesson/test"));
            items
        };
        assert_eq!(mixed(7), mixed(7));
        assert_ne!(mixed(7), mixed(8));
        let mut sorted = mixed(7);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..8).collect::<Vec<u32>>());
    }
}
