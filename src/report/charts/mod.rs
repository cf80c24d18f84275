//! The pictures of the HTML report, one file each. Each takes a Recording and gives back inline SVG without colours of its own:
//! the page's style sheet turns the few colours of [`theme`] into their light and dark forms.
//! All charts over time share one x axis ([`bins::Bins`]) and the same fault bands ([`lanes::Lanes`]).

pub mod alerts;
pub mod bins;
pub mod boundary;
pub mod grid;
pub mod heatmap;
pub mod hover;
pub mod lanes;
pub mod latency;
pub mod layers;
pub mod load;
pub mod meters;
#[cfg(test)]
mod monitored;
pub mod nines;
pub mod overlay;
pub mod planes;
pub mod plot;
pub mod saturation;
pub mod scale;
pub mod seeds;
pub mod sketch;
pub mod theme;
pub mod topology;

/// For which width a chart is laid out. Both forms go into the page and the style sheet shows the one that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Wide,
    Narrow,
}

impl Form {
    pub fn width(self) -> f64 {
        match self {
            Form::Wide => 1040.0,
            Form::Narrow => 372.0,
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            Form::Wide => "wide",
            Form::Narrow => "narrow",
        }
    }

    /// Left and right edge of the plot inside the picture; the right margin keeps the last tick label whole.
    pub fn plot_x(self) -> (f64, f64) {
        (56.0, self.width() - 26.0)
    }
}

/// One line of a chart's legend.
#[derive(Clone, Debug, PartialEq)]
pub struct LegendEntry {
    pub name: String,
    pub colour: theme::Colour,
    pub mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Line,
    Dashed,
    Area,
    Band,
}

/// A finished chart: the wide and the narrow picture, and what is said beside them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    pub wide: String,
    pub narrow: String,
    pub legend: Vec<LegendEntry>,
    /// What a reader must know to read it, in one or two sentences.
    pub note: String,
    /// Where the figures lie in it; empty where nothing is to be drawn over.
    pub plots: Vec<plot::Plot>,
}

/// Wraps the inside of a picture: a title and a description for those who hear it, and a size that scales.
pub fn picture(form: Form, height: f64, title: &str, description: &str, inside: &str) -> String {
    let width = form.width();
    format!(
        "<svg class=\"chart {}\" viewBox=\"0 0 {width} {height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title>{}</title><desc>{}</desc>{inside}</svg>\n",
        form.class(),
        escape(title),
        escape(description),
    )
}

/// Text made safe inside HTML and SVG, in element content and in double-quoted attributes. Control characters, which neither may hold, become spaces.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && c != '\n' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// A name cut to so many characters, with an ellipsis in place of what was cut.
pub fn shorten(name: &str, characters: usize) -> String {
    if name.chars().count() <= characters {
        return name.to_owned();
    }
    let kept: String = name.chars().take(characters.saturating_sub(1)).collect();
    format!("{kept}…")
}
