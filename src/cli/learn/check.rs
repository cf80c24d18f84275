//! `firedrill learn check`: every answer of a lesson, asked of the simulation again.

use super::{Console, Ending, Failure, failure, unplayable};
use crate::base::order;
use crate::cli::ending::counted;
use crate::judge::ExitCode;
use crate::lesson::{self, Checked};

pub fn run(names: &[String], figures: bool, console: &mut Console) -> Result<Ending, Failure> {
    let found = match names {
        [] => lesson::built_in(),
        names => names
            .iter()
            .map(|name| lesson::find(name).map_err(|refused| failure(name, refused, console)))
            .collect::<Result<_, _>>()?,
    };
    if found.is_empty() {
        return Err(Failure::nothing("there are no lessons", "give the path of a *.lesson.yaml"));
    }
    let mut wrong = 0;
    for one in &found {
        let case = one.open().map_err(|refused| failure(&one.name, refused, console))?;
        let Checked { mistakes, figures: behind } =
            lesson::check(&case, order::threads(), figures).map_err(unplayable)?;
        for mistake in &mistakes {
            console.out(&format!("{}: error: {}\n", mistake.at, mistake.message));
        }
        if mistakes.is_empty() {
            console.out(&format!("{}: every answer holds\n", one.name));
        }
        if figures {
            behind.iter().for_each(|answer| console.out(&format!("  {}\n", answer.replace('\n', "\n  "))));
        }
        console.flush();
        wrong += mistakes.len();
    }
    let lessons = counted(found.len(), "lesson");
    match wrong {
        0 => Ok(Ending::told(ExitCode::Held, &format!("every answer of {lessons} holds"))),
        _ => Ok(Ending::told(ExitCode::Broken, &format!("{} in {lessons}", counted(wrong, "wrong answer")))),
    }
}
