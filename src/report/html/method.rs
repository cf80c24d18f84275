//! How it was measured, and how to play it again.

use super::super::charts::{escape, nines, scale};
use super::super::load;
use super::super::result::RunResult;
use super::{Options, world_words};
use crate::plan::World;
use crate::record::{Latencies, Recording};

pub fn section(recording: &Recording, result: &RunResult, options: &Options) -> String {
    let methods: String = recording.head.methods.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let methods = if methods.is_empty() { methods } else { format!("<ul>{methods}</ul>\n") };
    let scenario = options.scenario_text.as_ref().map(|text| {
        format!(
            "<details><summary>The scenario as it was written</summary>\n<pre tabindex=\"0\">{}</pre></details>\n",
            escape(text)
        )
    });
    format!(
        "<section id=\"method\"><h2>How it was measured, and how to play it again</h2>\n<pre tabindex=\"0\">{}</pre>\n{}{methods}{}</section>\n",
        escape(&options.command),
        facts(recording, result),
        scenario.unwrap_or_default(),
    )
}

fn facts(recording: &Recording, result: &RunResult) -> String {
    let head = &recording.head;
    let (world, means) = world_words(head.world);
    let mut facts = vec![
        ("world", format!("{world}: {means}")),
        ("program", format!("{} {}", head.program, head.version)),
        ("plan", head.plan_digest.clone()),
        ("recording", result.recording_digest.clone()),
        ("wall time", scale::latency(head.wall_s)),
        ("window", recording.plan.window.to_string()),
        ("warm-up", format!("{}, in no figure of a phase", recording.plan.warmup)),
    ];
    match head.world {
        World::Sim => facts.push(("events", scale::count(head.events))),
        World::Live => {
            facts.extend(load::words(recording).map(|words| ("load", words)));
            facts.push(("send lag", lag_words(&recording.head.send_lag)));
            facts.push(("clock lag", lag_words(&recording.head.clock_lag)));
        }
    }
    let rows: String = facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value))).collect();
    format!("<dl>{rows}</dl>\n")
}

/// How far the load generator was behind the times at which it meant to send, or the model behind its own clock.
fn lag_words(lag: &Latencies) -> String {
    let shown = [0.5, 0.99].into_iter().filter_map(|q| lag.quantile(q).map(|value| (q, value)));
    let words: Vec<String> =
        shown.map(|(q, value)| format!("{} {}", nines::quantile_name(q), scale::latency(value))).collect();
    if words.is_empty() {
        "not recorded".to_owned()
    } else {
        format!("{} (n {})", words.join(", "), scale::count(lag.count()))
    }
}
