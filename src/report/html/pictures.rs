//! The charts with their headings, legends, notes and tables. Only arranges; each chart is drawn in its own file.

use super::super::charts::{Chart, LegendEntry, Mark, escape, heatmap, latency, load, nines, saturation, topology};
use super::tables;
use crate::record::Recording;

/// Charts are drawn for so many clients; the tables and the downloads have all.
pub const CLIENTS_MAX: usize = 3;

pub fn sections(recording: &Recording) -> String {
    let mut html = String::new();
    for client in 0..recording.clients.len().min(CLIENTS_MAX) {
        html += &of_client(recording, client);
    }
    if recording.clients.len() > CLIENTS_MAX {
        let rest: Vec<&str> = recording.clients[CLIENTS_MAX..].iter().map(|series| series.name.as_str()).collect();
        html += &format!("<p class=\"note\">Not drawn, but in the tables: {}.</p>\n", escape(&rest.join(", ")));
    }
    html + &saturation_section(recording) + &topology_section(recording)
}

fn of_client(recording: &Recording, client: usize) -> String {
    let whose = if recording.clients.len() > 1 {
        format!(", client {}", recording.clients[client].name)
    } else {
        String::new()
    };
    let missing = "There are too few successful requests to draw this.";
    let latency = latency::chart(recording, client);
    let heatmap = heatmap::chart(recording, client);
    let nines = nines::chart(recording, client);
    [
        section(
            "latency",
            client,
            &format!("Latency over time{whose}"),
            latency.as_ref(),
            missing,
            &tables::latency(recording, client),
        ),
        section(
            "heatmap",
            client,
            &format!("Latency heatmap{whose}"),
            heatmap.as_ref(),
            missing,
            &tables::spread(recording, client),
        ),
        section(
            "load",
            client,
            &format!("Load and outcome{whose}"),
            Some(&load::chart(recording, client)),
            "",
            &tables::load(recording, client),
        ),
        section(
            "nines",
            client,
            &format!("Latency by percentile{whose}"),
            nines.as_ref(),
            missing,
            &tables::nines(recording, client),
        ),
    ]
    .concat()
}

fn saturation_section(recording: &Recording) -> String {
    if recording.services.is_empty() {
        return String::new();
    }
    let mut html = String::from("<section id=\"saturation\"><h2>Saturation</h2>\n");
    for (index, series) in recording.services.iter().enumerate() {
        html += &format!(
            "<h3 class=\"service\">{}</h3>\n{}",
            escape(&series.name),
            framed(&saturation::chart(recording, index))
        );
    }
    html += "<p class=\"note\">Lines are means over each window, the fill reaches to the highest value seen in it. Bands are the faults of the charts above.</p>\n";
    html + &tables::saturation(recording) + "</section>\n"
}

fn topology_section(recording: &Recording) -> String {
    let chart = topology::chart(recording);
    section("topology", 0, "Topology", Some(&chart), "", &tables::edges(recording))
}

pub fn section(id: &str, number: usize, heading: &str, chart: Option<&Chart>, missing: &str, table: &str) -> String {
    let id = if number == 0 { id.to_owned() } else { format!("{id}-{number}") };
    let drawn = match chart {
        Some(chart) => framed(chart),
        None => format!("<p class=\"note\">{missing}</p>\n"),
    };
    format!("<section id=\"{id}\"><h2>{}</h2>\n{drawn}{table}</section>\n", escape(heading))
}

pub fn framed(chart: &Chart) -> String {
    let legend: String = chart.legend.iter().map(entry).collect();
    let legend = if legend.is_empty() { legend } else { format!("<p class=\"legend\">{legend}</p>\n") };
    let note =
        if chart.note.is_empty() { String::new() } else { format!("<p class=\"note\">{}</p>\n", escape(&chart.note)) };
    format!(
        "<figure>{legend}<div class=\"scroll\" tabindex=\"0\">{}{}</div>{note}</figure>\n",
        chart.wide, chart.narrow
    )
}

fn entry(entry: &LegendEntry) -> String {
    let hex = entry.colour.hex();
    let mark = match entry.mark {
        Mark::Line => format!("<path d=\"M0 6H22\" stroke=\"{hex}\" stroke-width=\"2.4\"/>"),
        Mark::Dashed => format!("<path d=\"M0 6H22\" stroke=\"{hex}\" stroke-width=\"2.4\" stroke-dasharray=\"6 4\"/>"),
        Mark::Area => format!("<rect width=\"22\" height=\"12\" fill=\"{hex}\" opacity=\".85\"/>"),
        Mark::Band => format!("<rect width=\"22\" height=\"12\" fill=\"{hex}\" opacity=\".2\"/>"),
    };
    format!(
        "<span><svg class=\"key\" width=\"22\" height=\"12\" aria-hidden=\"true\">{mark}</svg>{}</span>",
        escape(&entry.name)
    )
}
