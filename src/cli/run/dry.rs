//! `--dry-run`: what would be played, and what a live run would start, reach and touch. It touches nothing itself.

use super::Group;
use crate::cli::console::Console;
use crate::cli::{plan, world};
use crate::plan::World;

pub fn show(groups: &[Group], allow_remote: bool, console: &mut Console) {
    for run in groups.iter().flat_map(|group| &group.runs) {
        console.out(&plan::summary(&run.plan, console));
        if run.plan.world == World::Live {
            console.out(&format!(
                "\n{}\n{}",
                console.bold("A live run would"),
                world::describe(&run.plan, allow_remote)
            ));
        }
        console.out(&format!("\nTo play it: {}\n\n", run.again));
    }
}
