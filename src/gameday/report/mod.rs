//! What a game day leaves: one page, as Markdown and as HTML. The timeline of what people did and what the system did, each hypothesis against
//! what was seen, findings, the skeleton of a post-mortem, and action items. A day that was held in the simulator and live shows both in one
//! picture. It reads the folder of the day and nothing else.

mod findings;
mod held;
mod overlay;

mod post_mortem;
mod timeline;

pub use crate::report::page::Page;
pub use held::{Days, Held, Trial};

use crate::plan::World;
use crate::report::figures;
use crate::report::page::Block;

/// The whole report.
pub fn report(days: &Days) -> Page {
    let Days { day, predicted } = days;
    let paper = &day.log.paper;
    let mut blocks = vec![Block::Heading(1, format!("Game day {}", paper.name))];
    blocks.push(Block::Text(summary(day, predicted.is_some())));
    blocks.push(Block::Table(vec!["".into(), "".into()], agreed(day)));
    blocks.extend(findings::sections(days));
    blocks.extend(overlay::sections(days));
    blocks.push(Block::Heading(2, "Timeline".to_owned()));
    let head = ["UTC", "fault", "run", "what"].map(str::to_owned).to_vec();
    blocks.push(Block::Table(head, timeline::rows(day)));
    blocks.extend(post_mortem::sections(days));
    Page { title: format!("Game day {}", paper.name), blocks }
}

fn summary(day: &Held, has_prediction: bool) -> String {
    let log = &day.log;
    let world = match log.world {
        World::Sim => "in the simulated world",
        World::Live => "live, against real servers",
    };
    let begun = log.moments.first().map_or(String::new(), |first| format!(", begun {}", first.utc));
    let twice = if has_prediction {
        " The same plan was held in the simulated world as well; what it predicted stands beside what was observed."
    } else {
        ""
    };
    format!("Scenario {}, held {world}{begun}. Exit {}: {}.{twice}", log.paper.scenario, log.exit, log.reason)
}

/// What the plan says, for those who were not there.
fn agreed(day: &Held) -> Vec<Vec<String>> {
    let paper = &day.log.paper;
    let rows = [
        ("owner", paper.roles.owner.clone()),
        ("coordinator", paper.roles.coordinator.clone()),
        ("reporter", paper.roles.reporter.clone()),
        ("observers", paper.roles.observers.join(", ")),
        ("blast radius", paper.blast_radius.clone()),
        ("roll-back", format!("{} (verified: {})", paper.rollback, paper.verified)),
        ("comms", format!("{}; announced to {}", paper.comms.channel, paper.comms.announced_to)),
        (
            "calendar",
            format!("{} to {}, clear of {}", paper.calendar.begins, paper.calendar.ends, paper.calendar.clear_of),
        ),
    ];
    rows.into_iter().map(|(what, text)| vec![what.to_owned(), text]).collect()
}

/// A figure, or a dash where there is none.
fn shown(value: Option<f64>, unit: crate::judge::Unit) -> String {
    value.map_or_else(|| "–".to_owned(), |value| figures::figure(value, unit))
}
