//! The figure behind each answer of a lesson, in words, whether or not it holds. It judges nothing.

use super::super::case::Case;
use super::super::line::Line;
use super::super::story::Answer;
use super::Found;
use crate::judge::Verdict;
use crate::report::figures::figure;

/// One entry for each answer.
pub fn of(case: &Case, found: &Found) -> Vec<String> {
    let lesson = &case.lesson;
    let mut all = Vec::new();
    for one in &lesson.predictions {
        all.push(match &one.answer {
            Answer::Number { figure, .. } => format!("{}\n  {}", one.ask, measured(found, figure)),
            Answer::Choice(choices) => {
                let option = |choice: &super::Choice| {
                    let lines: Vec<String> = choice.when.iter().map(|line| condition(found, line)).collect();
                    format!("\n  {}: {}", choice.text, lines.join(", and "))
                };
                format!("{}{}", one.ask, choices.iter().map(option).collect::<String>())
            }
        });
    }
    for one in &lesson.hypotheses {
        let sort = if one.right { "right" } else { "wrong" };
        all.push(format!("A {sort} cause: {}\n  {}", one.text, condition(found, &one.evidence)));
    }
    all.extend(lesson.goal.iter().map(|line| format!("The goal, with nothing done\n  {}", condition(found, line))));
    all
}

/// `queue(api) >= 5 whole holds: 7.5, 6.9 to 8.8 at 6 seeds`.
fn condition(found: &Found, line: &Line) -> String {
    let verdict = found.of(line).next().map_or(Verdict::CannotTell, |(_, judged)| judged.verdict);
    format!("`{}` {}: {}", line.text, verdict.word(), measured(found, line))
}

fn measured(found: &Found, line: &Line) -> String {
    let all: Vec<(f64, _)> =
        found.of(line).filter_map(|(_, judged)| judged.measured.map(|value| (value, judged.unit))).collect();
    let Some((own, unit)) = all.first() else { return "not measured".to_owned() };
    let values = || all.iter().map(|(value, _)| *value);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let told = |value: f64| figure(value, *unit);
    format!("{}, {} to {} at {} seeds", told(*own), told(low), told(high), all.len())
}
