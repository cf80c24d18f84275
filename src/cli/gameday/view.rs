//! What the terminal shows of a game day: how far the run is and what comes next, the users' goodput, latency and errors, what was written
//! down. The facilitator sees the fault and its hypothesis, a player sees neither. It draws and does nothing else.

use crate::base::{Span, Time};
use crate::gameday::Beat;
use crate::report::figures;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Gauge, Paragraph, Sparkline, Wrap};

/// More clients than this do not fit.
const CLIENTS_MAX: usize = 3;
/// Values kept for each line; a terminal is hardly wider.
const KEPT: usize = 400;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Now {
    #[default]
    Steady,
    Asking,
    Fault,
}

#[derive(Default)]
pub struct View {
    pub is_masked: bool,
    pub number: usize,
    pub of: usize,
    /// As this audience may know it.
    pub fault: String,
    /// The fault and its hypothesis; empty for players.
    pub known: Vec<String>,
    pub now: Now,
    pub at: Time,
    pub length: Time,
    /// Begin and end of the fault, and when the steady state must be back.
    pub moments: [Time; 3],
    pub tracks: Vec<Track>,
    pub notes: Vec<String>,
    /// The note that is being written.
    pub typing: Option<String>,
}

/// One client over time.
#[derive(Default)]
pub struct Track {
    name: String,
    goodput: Vec<f64>,
    p99: Vec<f64>,
    errors: Vec<f64>,
}

impl View {
    /// Takes in how the users fare.
    pub fn take(&mut self, beat: &Beat) {
        if beat.at == self.at {
            return;
        }
        self.at = beat.at;
        self.tracks.resize_with(beat.clients.len(), Track::default);
        for (track, client) in self.tracks.iter_mut().zip(&beat.clients) {
            track.name.clone_from(&client.name);
            push(&mut track.goodput, client.goodput);
            push(&mut track.p99, client.p99.unwrap_or(0.0));
            push(&mut track.errors, client.errors);
        }
    }

    /// A run begins.
    pub fn begin(&mut self, now: Now, length: Time) {
        (self.now, self.at, self.length) = (now, Time::ZERO, length);
        self.tracks.clear();
    }

    /// What comes next, and when. A player is not told when the fault is.
    fn next(&self) -> String {
        let [from, to, back] = self.moments;
        let coming = [(from, "the fault comes"), (to, "it is healed"), (back, "the steady state must be back")];
        let known = coming.into_iter().filter(|_| !self.is_masked && self.now == Now::Fault);
        let (when, what) = known
            .chain([(self.length, "this run is over")])
            .find(|(when, _)| *when > self.at)
            .unwrap_or((self.at, "this run is over"));
        format!("{what} in {}", seconds(when.since(self.at)))
    }
}

fn push(values: &mut Vec<f64>, value: f64) {
    if values.len() == KEPT {
        values.remove(0);
    }
    values.push(value);
}

fn seconds(span: Span) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

pub fn draw(frame: &mut Frame, view: &View) {
    let tracks = view.tracks.len().clamp(1, CLIENTS_MAX) as u16;
    let known = if view.known.is_empty() { 0 } else { view.known.len() as u16 + 2 };
    let rows = [
        Constraint::Length(3),
        Constraint::Length(known),
        Constraint::Length(tracks * 5),
        Constraint::Min(3),
        Constraint::Length(1),
    ];
    let [head, facts, charts, notes, keys] = Layout::vertical(rows).areas(frame.area());
    countdown(frame, head, view);
    let known: Vec<Line> = view.known.iter().map(|line| Line::from(line.as_str())).collect();
    frame.render_widget(
        Paragraph::new(known).wrap(Wrap { trim: true }).block(Block::bordered().title(" hypothesis ")),
        facts,
    );
    let rows = Layout::vertical(vec![Constraint::Length(5); usize::from(tracks)]).split(charts);
    view.tracks.iter().zip(rows.iter()).for_each(|(track, area)| lines(frame, *area, track));
    let room = usize::from(notes.height.saturating_sub(2));
    let latest: Vec<Line> =
        view.notes.iter().skip(view.notes.len().saturating_sub(room)).map(|line| Line::from(line.as_str())).collect();
    frame.render_widget(Paragraph::new(latest).block(Block::bordered().title(" what happened ")), notes);
    let help = match (&view.typing, view.now) {
        (Some(text), _) => format!("note: {text}_   (Enter keeps it, Esc drops it)"),
        (None, Now::Asking) => "g: go   n: no-go   m: note".to_owned(),
        (None, _) => "m: note   a: abort, everything is undone".to_owned(),
    };
    frame.render_widget(Paragraph::new(help).style(Style::new().add_modifier(Modifier::BOLD)), keys);
}

fn countdown(frame: &mut Frame, area: Rect, view: &View) {
    let (length, at) = (view.length.as_secs_f64().max(1e-9), view.at.as_secs_f64());
    let what = match view.now {
        Now::Steady => "steady state",
        Now::Asking => "go or no-go?",
        Now::Fault => "under way",
    };
    let title = format!(" {} of {}: {} - {what} ", view.number, view.of, view.fault);
    let label = if view.now == Now::Asking {
        "waiting for a decision".to_owned()
    } else {
        format!("{at:.1} s of {length:.1} s: {}", view.next())
    };
    let gauge = Gauge::default().block(Block::bordered().title(title)).gauge_style(Style::new().fg(Color::Blue));
    frame.render_widget(gauge.ratio((at / length).clamp(0.0, 1.0)).label(label), area);
}

/// The three lines of one client, side by side.
fn lines(frame: &mut Frame, area: Rect, track: &Track) {
    let areas: [Rect; 3] = Layout::horizontal([Constraint::Ratio(1, 3); 3]).areas(area);
    let last = |values: &[f64]| values.last().copied().unwrap_or(0.0);
    let shown = [
        (
            format!(" {}: {}/s well ", track.name, figures::digits(last(&track.goodput), 4)),
            scaled(&track.goodput, 1.0),
            None,
            Color::Green,
        ),
        (format!(" p99 {} ", figures::duration(last(&track.p99))), scaled(&track.p99, 1e6), None, Color::Blue),
        (
            format!(" {}% errors ", figures::digits(last(&track.errors) * 100.0, 3)),
            scaled(&track.errors, 1e3),
            Some(1000),
            Color::Red,
        ),
    ];
    for ((title, values, most, colour), area) in shown.into_iter().zip(areas) {
        let room = usize::from(area.width.saturating_sub(2));
        let latest = &values[values.len().saturating_sub(room)..];
        let line =
            Sparkline::default().data(latest).style(Style::new().fg(colour)).block(Block::bordered().title(title));
        frame.render_widget(if let Some(most) = most { line.max(most) } else { line }, area);
    }
}

fn scaled(values: &[f64], by: f64) -> Vec<u64> {
    values.iter().map(|value| (value * by).round() as u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gameday::ClientBeat;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn seconds(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    fn shown(view: &View) -> String {
        let mut terminal = Terminal::new(TestBackend::new(120, 30)).expect("a terminal of memory");
        terminal.draw(|frame| draw(frame, view)).expect("it draws");
        let buffer = terminal.backend().buffer();
        let row = |y: u16| (0..120).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>() + "\n";
        (0..30).map(row).collect()
    }

    fn view(is_masked: bool) -> View {
        let fault = if is_masked { "fault 1" } else { "slow-cache" };
        let known = if is_masked { vec![] } else { vec!["when the cache is late, users notice nothing".to_owned()] };
        let moments = [seconds(12), seconds(24), seconds(29)];
        let mut view = View { is_masked, number: 1, of: 3, fault: fault.into(), known, moments, ..View::default() };
        view.begin(Now::Fault, seconds(40));
        for at in 1..=14 {
            let client = ClientBeat { name: "users".into(), goodput: 200.0 - at as f64, errors: 0.25, p99: Some(0.05) };
            view.take(&Beat { at: seconds(at), clients: vec![client] });
        }
        view
    }

    #[test]
    fn the_facilitator_sees_the_fault_the_hypothesis_and_when_it_is_healed() {
        let text = shown(&view(false));
        for part in [
            "1 of 3: slow-cache - under way",
            "users notice nothing",
            "14.0 s of 40.0 s: it is healed in 10.0 s",
            "users: 186/s well",
            "p99 50ms",
            "25% errors",
            "a: abort",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn a_player_sees_how_users_fare_and_nothing_of_the_fault() {
        let text = shown(&view(true));
        assert!(text.contains("fault 1 - under way") && text.contains("this run is over in 26.0 s"), "{text}");
        for secret in ["slow-cache", "notice nothing", "healed"] {
            assert!(!text.contains(secret), "{secret} leaks:\n{text}");
        }
    }

    #[test]
    fn a_note_is_seen_while_it_is_written_and_afterwards() {
        let mut view = view(false);
        view.typing = Some("the pager".to_owned());
        assert!(shown(&view).contains("note: the pager_"));
        (view.typing, view.notes) = (None, vec!["14s  noted: the pager rang".to_owned()]);
        assert!(shown(&view).contains("14s  noted: the pager rang"));
    }
}
