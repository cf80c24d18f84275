//! The few colours that charts use: Okabe and Ito's colour-blind-safe set, and greys. The style sheet maps each to a light and a dark form.

use plotters::style::RGBColor;

/// A colour by its light form; charts write it as an attribute and the style sheet re-maps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

pub const INK: Colour = Colour(0x1B, 0x24, 0x30);
pub const FAINT: Colour = Colour(0x5B, 0x66, 0x75);
pub const GRID: Colour = Colour(0xE3, 0xE7, 0xEC);
pub const AXIS: Colour = Colour(0x9A, 0xA5, 0xB1);

pub const BLUE: Colour = Colour(0x00, 0x72, 0xB2);
pub const VERMILION: Colour = Colour(0xD5, 0x5E, 0x00);
pub const GREEN: Colour = Colour(0x00, 0x9E, 0x73);
pub const PURPLE: Colour = Colour(0xCC, 0x79, 0xA7);
pub const ORANGE: Colour = Colour(0xE6, 0x9F, 0x00);
pub const SKY: Colour = Colour(0x56, 0xB4, 0xE9);
pub const YELLOW: Colour = Colour(0xF0, 0xE4, 0x42);
pub const GREY: Colour = Colour(0x7A, 0x7A, 0x7A);

/// In the order in which services take them: the easiest to tell apart first.
pub const SERIES: [Colour; 8] = [BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY, YELLOW];

/// For the kinds of error that a chart shows, in their order: there are more kinds than colours, but hardly so many in one run.
const ERRORS: [Colour; 8] = [VERMILION, ORANGE, PURPLE, BLUE, SKY, GREY, YELLOW, INK];

/// Faults differ by pattern too: as many patterns as here, named `fault-0` and on in the page.
pub const FAULTS: [Colour; 5] = [VERMILION, PURPLE, ORANGE, SKY, GREY];

/// The same service has the same colour in every chart.
pub fn of_service(index: usize) -> Colour {
    SERIES[index % SERIES.len()]
}

/// The colour of the kind of error that comes at this place in a chart's legend.
pub fn of_error(place: usize) -> Colour {
    ERRORS[place % ERRORS.len()]
}

pub fn of_fault(index: usize) -> Colour {
    FAULTS[index % FAULTS.len()]
}

impl Colour {
    pub fn rgb(self) -> RGBColor {
        RGBColor(self.0, self.1, self.2)
    }

    /// As the drawing library writes it too, so that one rule of the style sheet finds both.
    pub fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}

/// The patterns by which faults are told apart without colour; they go into the page once.
pub fn patterns() -> String {
    let shapes =
        ["M-2 2L2 -2M0 8L8 0M6 10L10 6", "M-2 6L2 10M0 0L8 8M6 -2L10 2", "M4 0V8", "M0 4H8", "M0 0L8 8M8 0L0 8"];
    let mut defs = String::new();
    for (index, (shape, colour)) in shapes.iter().zip(FAULTS).enumerate() {
        defs += &pattern(&format!("fault-{index}"), shape, colour);
    }
    defs += &pattern("warmup", "M4 0V8M0 4H8", AXIS);
    format!(
        "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\"><defs>{defs}</defs></svg>\n"
    )
}

fn pattern(id: &str, shape: &str, colour: Colour) -> String {
    let hex = colour.hex();
    format!(
        "<pattern id=\"{id}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
         <path d=\"{shape}\" fill=\"none\" stroke=\"{hex}\" stroke-width=\"1.6\"/></pattern>"
    )
}
