//! Charts by themselves, without the tables beside them: what a lesson shows. Says where each hangs, so that something can be drawn over it.

use super::super::charts::plot::Plot;
use super::super::charts::{Chart, escape, heatmap, latency, load, nines, saturation, topology};
use super::pictures::{CLIENTS_MAX, framed, section};
use crate::plan::expectation::Subject;
use crate::record::Recording;

/// A chart, or a row of them, by the word that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    Latency,
    Heatmap,
    Load,
    Nines,
    Saturation,
    Topology,
}

impl Picture {
    pub const WORDS: [&str; 6] = ["latency", "heatmap", "load", "nines", "saturation", "topology"];

    pub fn from_word(word: &str) -> Option<Picture> {
        let all =
            [Picture::Latency, Picture::Heatmap, Picture::Load, Picture::Nines, Picture::Saturation, Picture::Topology];
        Self::WORDS.iter().position(|known| *known == word).map(|at| all[at])
    }
}

/// One chart on the wall.
#[derive(Clone, Debug, PartialEq)]
pub struct Hung {
    /// Which `<figure>` of the wall, from 0.
    pub figure: usize,
    pub subject: Subject,
    pub plots: Vec<Plot>,
}

/// What is done to the chart of a client or a service before it is hung.
pub type Touch<'t> = dyn Fn(Subject, Chart) -> Chart + 't;

/// Charts one below the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wall {
    pub html: String,
    pub hung: Vec<Hung>,
    figures: usize,
}

/// These charts of every client and service.
pub fn alone(recording: &Recording, which: &[Picture]) -> Wall {
    touched(recording, which, &|_, chart| chart)
}

/// The same, each chart drawn over before it is hung.
pub fn touched(recording: &Recording, which: &[Picture], touch: &Touch) -> Wall {
    let mut wall = Wall::default();
    which.iter().for_each(|one| wall.hang(recording, *one, touch));
    wall
}

impl Wall {
    fn hang(&mut self, recording: &Recording, which: Picture, touch: &Touch) {
        match which {
            Picture::Latency => self.each(recording, "Latency over time", touch, latency::chart),
            Picture::Heatmap => self.each(recording, "Latency heatmap", touch, heatmap::chart),
            Picture::Load => {
                self.each(recording, "Load and outcome", touch, |of, client| Some(load::chart(of, client)))
            }
            Picture::Nines => self.each(recording, "Latency by percentile", touch, nines::chart),
            Picture::Saturation => self.services(recording, touch),
            Picture::Topology => {
                self.html += &section("topology", 0, "Topology", Some(&topology::chart(recording)), "", "");
                self.figures += 1;
            }
        }
    }

    fn each(
        &mut self,
        recording: &Recording,
        heading: &str,
        touch: &Touch,
        draw: impl Fn(&Recording, usize) -> Option<Chart>,
    ) {
        for (client, series) in recording.clients.iter().enumerate().take(CLIENTS_MAX) {
            let heading = format!("{heading}, {}", series.name);
            let subject = Subject::Client(client as u32);
            let chart = draw(recording, client).map(|chart| touch(subject, chart));
            let missing = "There are too few successful requests to draw this.";
            let id = heading.to_lowercase().replace(' ', "-");
            self.html += &section(&id, 0, &heading, chart.as_ref(), missing, "");
            self.note(chart, subject);
        }
    }

    fn services(&mut self, recording: &Recording, touch: &Touch) {
        self.html += "<section id=\"saturation\"><h2>Saturation</h2>\n";
        for (index, series) in recording.services.iter().enumerate() {
            let subject = Subject::Service(index as u32);
            let chart = touch(subject, saturation::chart(recording, index));
            self.html += &format!("<h3 class=\"service\">{}</h3>\n{}", escape(&series.name), framed(&chart));
            self.note(Some(chart), subject);
        }
        self.html += "</section>\n";
    }

    fn note(&mut self, chart: Option<Chart>, subject: Subject) {
        let Some(chart) = chart else { return };
        self.hung.push(Hung { figure: self.figures, subject, plots: chart.plots });
        self.figures += 1;
    }
}
