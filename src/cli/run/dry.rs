//! `--dry-run`: what would be played, and what a live run would start, reach and touch. It touches nothing itself.

use super::Group;
use crate::cli::console::Console;
use crate::cli::ending::Failure;
use crate::cli::{plan, world};
use crate::plan::World;

pub fn show(groups: &[Group], allow_remote: bool, console: &mut Console) -> Result<(), Failure> {
    for group in groups {
        for run in &group.runs {
            console.out(&plan::summary(&run.plan, console));
            if run.plan.world == World::Live {
                console.out(&world::describe(&run.plan, allow_remote));
            }
            console.out(&format!("\nTo play it: {}\n\n", run.again));
        }
    }
    Ok(())
}
