//! What was watched: meters that the scenario asks for or that moved, when alerts fired, and where what was reported was not the truth.

use super::super::charts::{alerts, escape, meters, planes};
use super::pictures::framed;
use super::table::{self, Cell, figure, text};
use crate::judge::firing;
use crate::record::Recording;

/// Services whose two planes are drawn, at most.
const PLANES_MAX: usize = 4;

pub fn sections(recording: &Recording) -> String {
    alerts_section(recording) + &meters_section(recording)
}

fn alerts_section(recording: &Recording) -> String {
    let planes: String = (0..recording.services.len())
        .filter_map(|service| Some((service, planes::chart(recording, service)?)))
        .filter(|(service, _)| is_watched(recording, *service))
        .take(PLANES_MAX)
        .map(|(service, chart)| {
            let name = escape(&recording.services[service].name);
            format!("<h3>What {name} reported, and what was true</h3>\n{}", framed(&chart))
        })
        .collect();
    let chart = alerts::chart(recording);
    if chart.is_none() && planes.is_empty() {
        return String::new();
    }
    let drawn = chart.as_ref().map(framed).unwrap_or_default();
    let table = if chart.is_some() { alert_table(recording) } else { String::new() };
    format!("<section id=\"alerts\"><h2>Alerts and what monitoring saw</h2>\n{drawn}{table}{planes}</section>\n")
}

/// Does an alert, or a fault that hides it, make a service's own figures matter?
fn is_watched(recording: &Recording, service: usize) -> bool {
    use crate::plan::expectation::{Metric, Subject};
    let plan = &recording.plan;
    let of_service = |of: &Subject| *of == Subject::Service(service as u32);
    let lines = plan.expectations.iter().chain(&plan.symptoms).map(|line| &line.metric);
    let watches = |metric: &Metric| match metric {
        Metric::Reported { metric, .. } => matches!(&**metric, Metric::Errors { of, .. } if of_service(of)),
        Metric::Received { of } => of_service(of),
        _ => false,
    };
    let mut all = lines.chain(plan.alerts.iter().map(|alert| &alert.metric));
    all.any(watches) || plan.meters.iter().any(|meter| meter.name == "blind" && of_service(&meter.of))
}

fn alert_table(recording: &Recording) -> String {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for alert in &recording.plan.alerts {
        let fired = firing(alert, recording);
        if fired.is_empty() {
            rows.push(vec![
                text(&alert.name).class("phase"),
                text(&alert.text).class("code"),
                text("never"),
                text("–"),
                text("–"),
            ]);
        }
        for (from, to) in fired {
            rows.push(vec![
                text(&alert.name).class("phase"),
                text(&alert.text).class("code"),
                figure(from.to_string()),
                figure(to.to_string()),
                text(alerts::told(recording, from)),
            ]);
        }
    }
    table::folded("Each time an alert fired", &["alert", "condition", "fired at", "until", "how long after"], &rows)
}

fn meters_section(recording: &Recording) -> String {
    let choice = meters::choose(recording);
    let Some(chart) = meters::chart(recording, &choice.drawn) else { return String::new() };
    let mut note = "Those that the scenario asks for, and those that moved. What is counted is shown per second; levels as means over \
                    each window, the fill reaches to the highest value; a gap is a level without an end, or nothing to read."
        .to_owned();
    if !choice.left_out.is_empty() {
        let names: Vec<String> = choice.left_out.iter().map(|index| meters::name(&recording.plan, *index)).collect();
        note += &format!(" Not drawn, but in the recording: {}.", names.join(", "));
    }
    format!(
        "<section id=\"meters\"><h2>Meters</h2>\n{}<p class=\"note\">{}</p>\n</section>\n",
        framed(&chart),
        escape(&note)
    )
}
