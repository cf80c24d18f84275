//! A plan that can be held: read, without a blank, its roll-back rehearsed. What is in the way is told, all of it at once.

use crate::cli::console::Console;
use crate::cli::ending::{Failure, counted};
use crate::gameday::{self, Script};
use crate::judge::ExitCode;
use crate::plan::World;
use crate::report::figures;
use crate::scenario::{self, Diagnostics};
use std::path::Path;

/// Reads the plan, or says everything that is blank or wrong and ends with 2.
pub fn open(file: &str, world: Option<World>, console: &mut Console) -> Result<Script, Failure> {
    let read = gameday::read(Path::new(file), world);
    console.flush();
    // A new plan has dozens of blanks: a line each, where a mistake shows its place in the text.
    let mistakes = Diagnostics::new();
    for one in read.diags.sorted() {
        match (one.code, one.place) {
            (gameday::BLANK, Some(place)) => console.err(&format!(
                "{}: {}; {}\n",
                read.sources.location(place),
                one.message,
                one.help.as_deref().unwrap_or_default()
            )),
            _ => mistakes.push(one),
        }
    }
    let text = scenario::render(&mistakes, &read.sources, console.err_color());
    if !text.is_empty() {
        console.err(&format!("{}\n", text.trim_end()));
    }
    read.script.ok_or_else(|| {
        let mistakes = read.diags.sorted().len() - read.blanks;
        let parts = [(read.blanks, "blank"), (mistakes, "mistake")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(count, what));
        Failure::told(ExitCode::Usage, format!("{} in {file}", parts.collect::<Vec<_>>().join(" and ")))
    })
}

/// Rehearses the roll-back of each fault in the simulated world, and says how it went. A player is not told which faults there are.
pub fn rehearse(script: &Script, is_masked: bool, console: &mut Console) -> Result<(), Failure> {
    console
        .out("roll-back, rehearsed in the simulated world: each fault alone, healed when half of its time is over\n");
    let mut codes = Vec::new();
    for (index, experiment) in script.rehearsed.iter().enumerate() {
        let rehearsed = gameday::rehearse(experiment);
        let name = if is_masked { format!("fault {}", index + 1) } else { rehearsed.fault.clone() };
        let is_back = rehearsed.exit() == ExitCode::Held;
        let word = if is_back { "the steady state is back" } else { "the steady state is NOT seen to come back" };
        console.out(&format!(
            "  {name}: healed at {}, looked at from {}: {word}\n",
            rehearsed.healed_at, rehearsed.back_by
        ));
        for line in rehearsed.failing() {
            console.out(&format!(
                "    {} {}: {}: {}\n",
                line.text,
                line.window.name,
                line.verdict.word(),
                figures::detail(line)
            ));
        }
        if !is_back {
            rehearsed.judgement.doubts.iter().for_each(|doubt| console.out(&format!("    {doubt}\n")));
        }
        codes.push(rehearsed.exit());
    }
    match ExitCode::combine(codes.iter().copied()) {
        ExitCode::Held => Ok(()),
        code => {
            let failed = codes.iter().filter(|code| **code != ExitCode::Held).count();
            let reason =
                format!("the roll-back of {failed} of {} faults does not bring the steady state back", codes.len());
            console.flush();
            Err(Failure::told(code, reason))
        }
    }
}
