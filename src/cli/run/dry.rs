//! `--dry-run`: what would be played, what a live run would start, reach and touch, and whether it could. It touches nothing itself.

use super::{Group, Run};
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::cli::{plan, world};
use crate::plan::World;

pub fn show(
    runs: &[(usize, &Group, &Run)],
    allow_remote: bool,
    generators: Option<u32>,
    console: &mut Console,
) -> Result<(), Failure> {
    for (.., run) in runs {
        console.out(&plan::summary(&run.plan, console));
        if run.plan.world == World::Live {
            let title = console.bold("A live run would");
            console.out(&format!("\n{title}\n{}", world::describe(&run.plan, allow_remote)));
            world::check(&run.plan, allow_remote, generators)?;
        }
        console.out(&format!("\nTo play it: {}\n\n", run.again));
    }
    Ok(())
}
