//! The knobs: the first setting of each is the scenario's own, and some setting reaches the goal. It draws nothing.

use super::super::case::{Case, compiled};
use super::super::grid;
use super::super::knob::{Turn, VARIANT};
use super::Mistake;
use crate::base::order;

/// What the settings come to, in words; without `every` it ends at the first that reaches the goal.
pub fn look(case: &Case, threads: usize, every: bool, mistakes: &mut Vec<Mistake>) -> Result<Option<String>, String> {
    let lesson = &case.lesson;
    own_first(case, mistakes)?;
    let Some(first) = lesson.knobs.first() else { return Ok(None) };
    let mut settings: Vec<Vec<usize>> = lesson.settings().into_iter().skip(1).collect();
    // One knob at a time comes first, as the player turns them.
    settings.sort_by_key(|at| turned(at));
    let mended = mended(case, &settings, threads, every)?;
    if mended.is_empty() {
        let message = "no setting of the knobs reaches the goal".to_owned();
        mistakes.push(Mistake { at: first.at.clone(), message });
    }
    Ok(every.then(|| told(case, &mended, settings.len())))
}

fn turned(at: &[usize]) -> usize {
    at.iter().filter(|value| **value > 0).count()
}

fn mended(case: &Case, settings: &[Vec<usize>], threads: usize, every: bool) -> Result<Vec<Vec<usize>>, String> {
    let mut mended: Vec<Vec<usize>> = Vec::new();
    // An early end is no failure: `None` says that enough is known.
    let done = order::in_order(
        settings,
        threads,
        |at| grid::mends(case, at),
        |at, answer| {
            match answer.map_err(|()| Some(format!("the run with {} broke down", case.lesson.standing(at))))? {
                Ok(false) => return Ok(()),
                Ok(true) => mended.push(at.clone()),
                Err(why) => return Err(Some(why)),
            }
            if every { Ok(()) } else { Err(None) }
        },
    );
    match done {
        Err(Some(why)) => Err(why),
        _ => Ok(mended),
    }
}

/// Those with one knob turned by name, the others by number.
fn told(case: &Case, mended: &[Vec<usize>], of: usize) -> String {
    let (alone, together): (Vec<&Vec<usize>>, Vec<&Vec<usize>>) = mended.iter().partition(|at| turned(at) == 1);
    let mut text = format!("The goal is reached by {} of {of} other settings", mended.len());
    for at in &alone {
        text += &format!("\n  {}", case.lesson.standing(at));
    }
    if !together.is_empty() {
        text += &format!("\n  and {} with more than one knob turned", together.len());
    }
    text
}

/// The scenario as it is plays as it does with the first value of every knob.
fn own_first(case: &Case, mistakes: &mut Vec<Mistake>) -> Result<(), String> {
    for knob in &case.lesson.knobs {
        let Some(Turn::Set(set)) = knob.settings.first().map(|own| &own.turn) else { continue };
        let differs = case.plan(None, set.clone(), case.base.seed)? != case.base;
        // A `null` in first place says that there is nothing: then there is nothing to take away either.
        let removed = |path: &str| compiled(&case.scenario, None, vec![format!("{path}=null")], Some(case.base.seed));
        let absent = |path: &str| removed(path).map_or(true, |plan| plan == case.base);
        let is_there = set.is_empty() && knob.path != VARIANT && !knob.path.split(", ").all(absent);
        if differs || is_there {
            let own = &knob.settings[0].name;
            let message = format!("`{own}` is not what the scenario has at `{}`; its own value comes first", knob.path);
            mistakes.push(Mistake { at: knob.at.clone(), message });
        }
    }
    Ok(())
}
