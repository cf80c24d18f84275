//! Verifies a lesson's answer key: everything is asked of the simulation again, at the scenario's seed and five others. It changes nothing.

mod behind;
mod what_if;

use super::case::{Case, Played, play};
use super::grid::Grid;
use super::leak::{Leak, leaks};
use super::line::Line;
use super::page;
use super::story::{Answer, Choice, Prediction};
use crate::base::order;
use crate::judge::{Judged, Verdict, judge};
use crate::report::figures::{self, detail};
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

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// None if the key is right.
    pub mistakes: Vec<Mistake>,
    /// The figures behind each answer.
    pub figures: Vec<String>,
}

/// Plays on so many threads. `every`: all settings of the what-if are played, not only until one reaches the goal.
pub fn check(case: &Case, threads: usize, every: bool) -> Result<Checked, String> {
    let (found, first) = found(case, threads)?;
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
    let mended = what_if::look(case, threads, every, &mut mistakes)?;
    match page::render(case, &first, &Grid::default()) {
        Ok(page) => mistakes.extend(leaks(&page, case).into_iter().map(given_away)),
        // A question without an answer, which was told above.
        Err(_) if !mistakes.is_empty() => {}
        Err(why) => return Err(why),
    }
    let figures = behind::of(case, &found).into_iter().chain(mended).collect();
    Ok(Checked { mistakes, figures })
}

fn given_away(leak: Leak) -> Mistake {
    let Leak { word, at, part, around } = leak;
    Mistake { at, message: format!("the page gives `{word}` away before the answer is shown, in {part}: `{around}`") }
}

/// Plays the base at each seed; the first run is kept for the page.
fn found(case: &Case, threads: usize) -> Result<(Found, Played), String> {
    let mut lines = case.lines();
    lines.extend(case.goal());
    let seeds: Vec<u64> = (0..=OTHER_SEEDS).map(|offset| case.base.seed.wrapping_add(offset)).collect();
    let (mut runs, mut first) = (Vec::new(), None);
    let work = |seed: &u64| -> Result<_, String> {
        let played = play(case.plan(None, Vec::new(), *seed)?, &lines)?;
        let judged = lines.iter().map(|line| played.judged(line)).collect();
        Ok((judged, (*seed == case.base.seed).then_some(played)))
    };
    order::in_order(&seeds, threads, work, |seed, answer| {
        let (judged, played) = answer.map_err(|()| format!("the run at seed {seed} broke down"))??;
        runs.push((*seed, judged));
        first = first.take().or(played);
        Ok::<(), String>(())
    })?;
    Ok((Found { lines, runs }, first.expect("the first seed is the scenario's own")))
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
        let holds = |line: &Line| found.of(line).nth(run).is_some_and(|(_, judged)| judged.verdict == Verdict::Holds);
        let holding: Vec<usize> = (0..choices.len()).filter(|at| choices[*at].when.iter().all(holds)).collect();
        let [right] = holding[..] else {
            let lines = |choice: &Choice| {
                choice.when.iter().map(|line| told(found, line, run)).collect::<Vec<_>>().join(" and ")
            };
            let told: Vec<String> =
                choices.iter().map(|choice| format!("`{}` {}", choice.text, lines(choice))).collect();
            let told = told.join("; ");
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
        let detail = broken.map_or(judgement.reason.clone(), |line| format!("`{}` {}", line.text, detail(line)));
        mistakes.push(Mistake {
            at: case.lesson.at.clone(),
            message: format!("the reference fix `{fix}` does not hold: {detail}"),
        });
    }
    Ok(())
}

/// `holds: measured 98.2%, …`.
fn told(found: &Found, line: &Line, run: usize) -> String {
    let judged = found.of(line).nth(run).map(|(_, judged)| judged);
    judged.map_or(String::new(), |judged| format!("{}: {}", judged.verdict.word(), detail(judged)))
}
