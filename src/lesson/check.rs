//! Verifies a lesson's answer key: everything is asked of the simulation again, at the scenario's seed and five others. It changes nothing.

use super::case::{Case, Played, play};
use super::grid::Grid;
use super::leak::leaks;
use super::line::Line;
use super::story::{Answer, Choice, Prediction};
use super::{grid, page};
use crate::judge::{Judged, Verdict, judge};
use crate::report::figures;
use crate::sim;

/// The scenario's own seed and so many others.
const OTHER_SEEDS: u64 = 5;

/// An answer that the simulation does not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// `file:line:column`.
    pub at: String,
    pub message: String,
}

/// What every line was found to be, seed by seed.
struct Found {
    lines: Vec<Line>,
    /// Seed, and a verdict for each of the lines.
    runs: Vec<(u64, Vec<Judged>)>,
}

/// All mistakes; none if the key is right.
pub fn check(case: &Case) -> Result<Vec<Mistake>, String> {
    let (found, first) = found(case)?;
    let mut mistakes = Vec::new();
    for one in &case.lesson.predictions {
        match &one.answer {
            Answer::Number { figure, within } => number(one, figure, *within, &found, &mut mistakes),
            Answer::Choice(choices) => choice(one, choices, &found, &mut mistakes),
        }
    }
    hypotheses(case, &found, &mut mistakes);
    nothing_is_no_fix(case, &found, &mut mistakes);
    reference_fix(case, &mut mistakes)?;
    what_if(case, &mut mistakes)?;
    match page::render(case, &first, &Grid::default()) {
        Ok(page) => mistakes.extend(leaks(&page, case).iter().map(|word| given_away(case, word))),
        // A question without an answer, which was told above.
        Err(_) if !mistakes.is_empty() => {}
        Err(why) => return Err(why),
    }
    Ok(mistakes)
}

fn given_away(case: &Case, word: &str) -> Mistake {
    let message = format!("the page gives `{word}` away before the answer is shown");
    Mistake { at: case.lesson.at.clone(), message }
}

/// Plays the base at each seed; the first run is kept for the page.
fn found(case: &Case) -> Result<(Found, Played), String> {
    let mut lines = case.lines();
    lines.extend(case.goal());
    let mut runs = Vec::new();
    let mut first = None;
    for offset in 0..=OTHER_SEEDS {
        let seed = case.base.seed.wrapping_add(offset);
        let played = play(case.plan(None, Vec::new(), seed)?, &lines)?;
        runs.push((seed, lines.iter().map(|line| played.judged(line)).collect()));
        first.get_or_insert(played);
    }
    Ok((Found { lines, runs }, first.expect("there is at least one seed")))
}

impl Found {
    /// Seed by seed.
    fn of<'f>(&'f self, line: &Line) -> impl Iterator<Item = (u64, &'f Judged)> + use<'f> {
        let at = self.lines.iter().position(|known| known == line).expect("every line of the lesson was asked");
        self.runs.iter().map(move |(seed, judged)| (*seed, &judged[at]))
    }
}

fn number(one: &Prediction, figure: &Line, within: f64, found: &Found, mistakes: &mut Vec<Mistake>) {
    let mut say =
        |message: String| mistakes.push(Mistake { at: figure.at.clone(), message: format!("{}: {message}", one.ask) });
    let mut measured = Vec::new();
    for (seed, judged) in found.of(figure) {
        match judged.measured {
            None => {
                return say(format!("there is no figure at seed {seed}: {}", judged.note.clone().unwrap_or_default()));
            }
            Some(value) if value <= 0.0 => {
                return say(format!("the answer at seed {seed} is 0, to which no factor is near; offer choices"));
            }
            Some(value) => measured.push((value, seed, judged.unit)),
        }
    }
    let (own, own_seed, unit) = measured[0];
    for (value, seed, _) in &measured[1..] {
        if value.max(own) / value.min(own) > within {
            let (own, other) = (figures::figure(own, unit), figures::figure(*value, unit));
            return say(format!("{own} at seed {own_seed}, and {other} at seed {seed}: more than {within}x apart"));
        }
    }
}

fn choice(one: &Prediction, choices: &[Choice], found: &Found, mistakes: &mut Vec<Mistake>) {
    let mut say =
        |message: String| mistakes.push(Mistake { at: one.at.clone(), message: format!("{}: {message}", one.ask) });
    let mut first = None;
    for (run, (seed, _)) in found.runs.iter().enumerate() {
        let verdict = |choice: &Choice| found.of(&choice.when).nth(run).map(|(_, judged)| judged.verdict);
        let holding: Vec<usize> =
            (0..choices.len()).filter(|at| verdict(&choices[*at]) == Some(Verdict::Holds)).collect();
        let [right] = holding[..] else {
            let told = choices.iter().map(|choice| format!("`{}` {}", choice.text, told(found, &choice.when, run)));
            let told = told.collect::<Vec<_>>().join("; ");
            return say(format!("{} options are right at seed {seed}, and one must be: {told}", holding.len()));
        };
        let expected = *first.get_or_insert(right);
        if right != expected {
            let (here, there) = (&choices[right].text, &choices[expected].text);
            return say(format!("`{here}` is right at seed {seed}, and `{there}` at seed {}", found.runs[0].0));
        }
    }
}

/// Each right cause is confirmed by its evidence and each wrong one refuted, at every seed.
fn hypotheses(case: &Case, found: &Found, mistakes: &mut Vec<Mistake>) {
    for one in &case.lesson.hypotheses {
        let wanted = if one.right { Verdict::Holds } else { Verdict::Broken };
        let off = found.of(&one.evidence).enumerate().find(|(_, (_, judged))| judged.verdict != wanted);
        if let Some((run, (seed, _))) = off {
            let sort = if one.right {
                "right, and its evidence is not seen"
            } else {
                "wrong, and its evidence does not refute it"
            };
            let message = format!(
                "`{}` is {sort} at seed {seed}: `{}` {}",
                one.text,
                one.evidence.text,
                told(found, &one.evidence, run)
            );
            mistakes.push(Mistake { at: one.evidence.at.clone(), message });
        }
    }
}

/// Left alone, the system misses the scenario's expectations and the goal.
fn nothing_is_no_fix(case: &Case, found: &Found, mistakes: &mut Vec<Mistake>) {
    let mut of = |what: &str, lines: &[Line]| {
        for (run, (seed, _)) in found.runs.iter().enumerate() {
            let broken =
                |line: &Line| found.of(line).nth(run).is_some_and(|(_, judged)| judged.verdict == Verdict::Broken);
            if !lines.is_empty() && !lines.iter().any(broken) {
                let message = format!("doing nothing reaches {what} at seed {seed}");
                mistakes.push(Mistake { at: case.lesson.at.clone(), message });
            }
        }
    };
    of("what the scenario expects", &case.expected());
    if !case.lesson.goal.is_empty() {
        of("the goal", &case.lesson.goal);
    }
}

fn reference_fix(case: &Case, mistakes: &mut Vec<Mistake>) -> Result<(), String> {
    let Some(fix) = &case.lesson.fix else { return Ok(()) };
    let judgement = judge(&sim::play(&case.plan(Some(fix), Vec::new(), case.base.seed)?));
    if judgement.verdict != Verdict::Holds {
        let broken = judgement.expectations.iter().find(|line| line.verdict != Verdict::Holds);
        let detail =
            broken.map_or(judgement.reason.clone(), |line| format!("`{}` {}", line.text, figures::detail(line)));
        mistakes.push(Mistake {
            at: case.lesson.at.clone(),
            message: format!("the reference fix `{fix}` does not hold: {detail}"),
        });
    }
    Ok(())
}

/// The first value of each knob is the scenario's own, and some other setting reaches the goal.
fn what_if(case: &Case, mistakes: &mut Vec<Mistake>) -> Result<(), String> {
    let lesson = &case.lesson;
    for knob in &lesson.knobs {
        let own = case.plan(None, vec![format!("{}={}", knob.path, knob.values[0])], case.base.seed)?;
        if own != case.base {
            let message = format!(
                "`{}` is not what the scenario has at `{}`; its own value comes first",
                knob.values[0], knob.path
            );
            mistakes.push(Mistake { at: knob.at.clone(), message });
        }
    }
    let mut others = lesson.settings().into_iter().skip(1);
    let mends =
        others.try_fold(false, |mended, at| -> Result<bool, String> { Ok(mended || grid::mends(case, &at)?) })?;
    if !lesson.knobs.is_empty() && !mends {
        let message = "no setting of the knobs reaches the goal".to_owned();
        mistakes.push(Mistake { at: lesson.knobs[0].at.clone(), message });
    }
    Ok(())
}

/// `holds: measured 98.2%, …`.
fn told(found: &Found, line: &Line, run: usize) -> String {
    let judged = found.of(line).nth(run).map(|(_, judged)| judged);
    judged.map_or(String::new(), |judged| format!("{}: {}", judged.verdict.word(), figures::detail(judged)))
}
