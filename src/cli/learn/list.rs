//! `firedrill learn list`: the ladder, rung by rung, then the lessons that stand beside it.

use super::{Console, Ending, Failure, failure};
use crate::cli::list::table;
use crate::lesson::{self, Lesson};
use serde::Serialize;

#[derive(Serialize)]
struct Row {
    /// What `firedrill learn play` takes.
    name: String,
    title: String,
    level: Option<u64>,
    minutes: u64,
    needs: Vec<String>,
    concepts: Vec<String>,
}

pub fn run(json: bool, console: &mut Console) -> Result<Ending, Failure> {
    let mut rows = Vec::new();
    for found in lesson::built_in() {
        let case = found.open().map_err(|refused| failure(&found.name, refused, console))?;
        rows.push(row(found.name, case.lesson));
    }
    rows.sort_by_key(|row| (row.level.is_none(), row.level));
    if json {
        let text = serde_json::to_string_pretty(&rows).map_err(|error| Failure::internal(error.to_string(), ""))?;
        console.out(&(text + "\n"));
        return Ok(Ending::quiet());
    }
    let (ladder, others): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.level.is_some());
    for (title, rows) in [("The ladder", ladder), ("Beside it", others)] {
        if !rows.is_empty() {
            table(console, title, &rows.iter().map(|row| (row.name.clone(), told(row))).collect::<Vec<_>>());
        }
    }
    console.out("`firedrill learn play NAME` plays one.\n");
    Ok(Ending::quiet())
}

fn row(name: String, lesson: Lesson) -> Row {
    let Lesson { title, level, minutes, needs, concepts, .. } = lesson;
    Row { name, title, level, minutes, needs, concepts }
}

/// `4, 20 min: The dashboards are green (timeouts, wasted work)`.
fn told(row: &Row) -> String {
    let level = row.level.map_or(String::new(), |level| format!("{level}, "));
    let concepts = if row.concepts.is_empty() { String::new() } else { format!(" ({})", row.concepts.join(", ")) };
    format!("{level}{} min: {}{concepts}", row.minutes, row.title)
}
