//! `firedrill learn play`: a lesson from its brief to its debrief card, or as a page.

use super::asking::{Asking, Ended};
use super::{Console, Ending, Failure, steps, unplayable, unwritable};
use crate::judge::ExitCode;
use crate::lesson::score::{self, Score};
use crate::lesson::{Case, Played, card, cover, grid, page, play, spark};
use std::io::stdin;
use std::path::Path;

pub const COLUMNS: usize = 60;

/// Writes the whole lesson into one file.
pub fn page(case: &Case, path: &Path, console: &mut Console) -> Result<Ending, Failure> {
    let played = base(case)?;
    let grid = grid::grid(case, |done, of| {
        if done == 0 {
            console.err(&format!("playing the {of} ways in which the knobs can stand"));
        }
    });
    let page = page::render(case, &played, &grid.map_err(unplayable)?).map_err(unplayable)?;
    std::fs::write(path, page).map_err(|error| unwritable(path, &error))?;
    Ok(Ending::told(ExitCode::Held, &format!("the lesson is in {}", path.display())))
}

/// Plays it here.
pub fn terminal(case: &Case, out: &Path, console: &mut Console) -> Result<Ending, Failure> {
    let played = base(case)?;
    let charts = out.join("lesson.html");
    std::fs::create_dir_all(out).map_err(|error| unwritable(out, &error))?;
    std::fs::write(&charts, page::masked_page(case, &played, false)).map_err(|error| unwritable(&charts, &error))?;
    let mut score = Score::default();
    let mut asking = Asking::new(console, stdin().lock());
    brief(case, &played, &charts, &mut asking);
    match through(case, &played, &charts, &mut score, &mut asking) {
        Ok(()) => {}
        Err(Halt::Ended) => return Ok(Ending::told(ExitCode::Held, "the lesson ended with its input")),
        Err(Halt::Failed(why)) => return Err(unplayable(why)),
    }
    let (card, path) = (card::card(case, &score), out.join("debrief.md"));
    std::fs::write(&path, &card).map_err(|error| unwritable(&path, &error))?;
    asking.title("Debrief");
    asking.say(&card);
    let reason = match score.parts.is_empty() {
        true => format!("the debrief card is in {}", path.display()),
        false => {
            format!("{:.0} of {:.0} points; the debrief card is in {}", score.total(), score.most(), path.display())
        }
    };
    Ok(Ending::told(ExitCode::Held, &reason))
}

/// Why a lesson goes no further.
pub enum Halt {
    Ended,
    Failed(String),
}

impl From<Ended> for Halt {
    fn from(_: Ended) -> Halt {
        Halt::Ended
    }
}

fn base(case: &Case) -> Result<Played, Failure> {
    let plan = case.plan(None, Vec::new(), case.base.seed).map_err(unplayable)?;
    play(plan, &case.lines()).map_err(unplayable)
}

fn brief<R: std::io::BufRead>(case: &Case, played: &Played, charts: &Path, asking: &mut Asking<R>) {
    asking.title(&case.lesson.title);
    asking.say(&case.lesson.brief);
    asking.say("");
    let covers = cover::covers(&case.lesson, played);
    spark::lines(&played.recording, &case.lesson.show, COLUMNS, &covers).iter().for_each(|line| asking.say(line));
    if !covers.is_empty() {
        asking.say("\n? is what you are asked for.");
    }
    asking.say(&format!("\nThe charts: {}", charts.display()));
}

fn through<R: std::io::BufRead>(
    case: &Case,
    played: &Played,
    charts: &Path,
    score: &mut Score,
    asking: &mut Asking<R>,
) -> Result<(), Halt> {
    let lesson = &case.lesson;
    if !lesson.predictions.is_empty() {
        let guesses = steps::predictions(lesson, played, asking)?;
        if !cover::covers(lesson, played).is_empty() {
            asking.title("The charts, with nothing covered");
            spark::lines(&played.recording, &lesson.show, COLUMNS, &[]).iter().for_each(|line| asking.say(line));
            let page = page::masked_page(case, played, true);
            std::fs::write(charts, page).map_err(|error| Halt::Failed(format!("{}: {error}", charts.display())))?;
        }
        let share = steps::truths(lesson, played, &guesses, asking).map_err(Halt::Failed)?;
        score.add("predictions", share, score::PREDICTIONS);
    }
    if !lesson.hypotheses.is_empty() {
        let (share, hints) = steps::cause(lesson, played, asking)?;
        score.add("cause", share, score::CAUSE);
        score.hints = hints;
    }
    steps::reveal(case, asking);
    if !lesson.knobs.is_empty() {
        let mended = steps::what_if(case, asking)?;
        score.add("fix", f64::from(u8::from(mended)), score::FIX);
    }
    if !lesson.quiz.is_empty() {
        let share = steps::quiz(lesson, asking)?;
        score.add("quiz", share, score::QUIZ);
    }
    Ok(())
}
