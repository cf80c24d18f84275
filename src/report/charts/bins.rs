//! The windows that charts show: whole recording cells put together so that there are few enough to read and none straddles a phase.
//! Histograms are merged, never averaged.

use super::Form;
use crate::base::Time;
use crate::judge::samples_needed;
use crate::record::{ClientCell, EdgeCell, Latencies, MeterCell, Recording, ServiceCell};
use std::ops::Range;

/// More windows than this are not told apart on a screen.
const WIDE_MAX: f64 = 210.0;
/// With several clients there are several times as many charts.
const WIDE_EACH_MAX: f64 = 150.0;
const NARROW_MAX: f64 = 80.0;

/// One window of the charts.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    pub cells: Range<usize>,
    pub from: f64,
    pub to: f64,
    /// Which stretch between two phase edges it belongs to.
    pub segment: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    pub all: Vec<Bin>,
    /// End of the run in seconds; every chart over time runs from 0 to here.
    pub end: f64,
    pub warmup: f64,
}

/// A quantile over a stretch of time that holds enough samples for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub from: f64,
    pub to: f64,
    pub value: f64,
    pub n: u64,
}

impl Bin {
    pub fn seconds(&self) -> f64 {
        self.to - self.from
    }

    pub fn middle(&self) -> f64 {
        (self.from + self.to) / 2.0
    }
}

impl Bins {
    pub fn new(recording: &Recording, form: Form) -> Bins {
        let most = match form {
            Form::Wide if recording.clients.len() > 1 => WIDE_EACH_MAX,
            Form::Wide => WIDE_MAX,
            Form::Narrow => NARROW_MAX,
        };
        Bins::at_most(recording, most)
    }

    /// About so many windows, each of the same number of cells; only at the edges of phases are there shorter or longer ones.
    pub fn at_most(recording: &Recording, count: f64) -> Bins {
        let cells = &recording.grid.cells;
        let end = cells.last().map_or(1.0, |cell| cell.to.as_secs_f64());
        let window = recording.plan.window.as_secs_f64().max(1e-9);
        let length = (end / count / window - 1e-6).ceil().max(1.0) * window;
        let mut all: Vec<Bin> = Vec::new();
        for (segment, stretch) in segments(recording).into_iter().enumerate() {
            let mut first = stretch.start;
            for next in stretch.start + 1..=stretch.end {
                let (from, to) = (cells[first].from.as_secs_f64(), cells[next - 1].to.as_secs_f64());
                let rest = cells[stretch.end - 1].to.as_secs_f64() - to;
                // What is left at the end of a phase is not a window of its own when it is short.
                let full = to - from >= length * 0.999 && rest >= length * 0.5;
                if full || next == stretch.end {
                    all.push(Bin { cells: first..next, from, to, segment });
                    first = next;
                }
            }
        }
        // What a run that was cut short did not play is a gap, not a row of zeros.
        let played = recording.cut_short.as_ref().map_or(end, |cut| cut.at.as_secs_f64());
        all.retain(|bin| bin.from < played || bin.from == 0.0);
        Bins { all, end, warmup: recording.plan.warmup.as_secs_f64() }
    }

    pub fn client(&self, recording: &Recording, client: usize) -> Vec<ClientCell> {
        let cells = &recording.clients[client].cells;
        self.each(|bin| merged(&cells[bin.cells.clone()], ClientCell::merge))
    }

    pub fn service(&self, recording: &Recording, service: usize) -> Vec<ServiceCell> {
        let cells = &recording.services[service].cells;
        self.each(|bin| merged(&cells[bin.cells.clone()], ServiceCell::merge))
    }

    pub fn edge(&self, recording: &Recording, edge: usize) -> Vec<EdgeCell> {
        let cells = &recording.edges[edge].cells;
        self.each(|bin| merged(&cells[bin.cells.clone()], EdgeCell::merge))
    }

    pub fn meter(&self, recording: &Recording, meter: usize) -> Vec<MeterCell> {
        let cells = &recording.meters[meter].cells;
        self.each(|bin| merged(&cells[bin.cells.clone()], MeterCell::merge))
    }

    /// Stairs through the windows, one for each stretch without a gap.
    pub fn unbroken(&self, values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
        let known = self.all.iter().zip(values);
        let stretches = known.collect::<Vec<_>>();
        let stretches = stretches.chunk_by(|a, b| a.1.is_some() == b.1.is_some());
        let stairs = stretches.map(|stretch| -> Vec<(f64, f64)> {
            let each = stretch.iter().filter_map(|(bin, value)| Some((bin, (**value)?)));
            let mut points: Vec<(f64, f64)> = Vec::new();
            for (bin, value) in each {
                match points.last_mut() {
                    Some(last) if last.1 == value => last.0 = bin.to,
                    _ => points.extend([(bin.from, value), (bin.to, value)]),
                }
            }
            points
        });
        stairs.filter(|stairs| !stairs.is_empty()).collect()
    }

    /// A quantile over time. A window that holds too few samples is widened within its segment until it holds enough;
    /// a longer stretch without any sample stays a gap.
    pub fn quantile(&self, latencies: &[&Latencies], q: f64) -> Vec<Reading> {
        let mut readings = Vec::new();
        let mut first = 0;
        while first < self.all.len() {
            let end = self.run_end(latencies, first);
            self.widen(latencies, q, first..end, &mut readings);
            first = end;
        }
        readings
    }

    /// The end of the run of windows that begins here: at the end of the segment, or where three windows in a row change
    /// between empty and not empty.
    fn run_end(&self, latencies: &[&Latencies], first: usize) -> usize {
        let empty = |index: usize| latencies[index].count() == 0;
        let segment = self.all[first].segment;
        let last = (first..self.all.len()).find(|index| self.all[*index].segment != segment).unwrap_or(self.all.len());
        let differs = |index: usize| empty(index) != empty(first);
        (first + 1..last).find(|index| (*index..*index + 3).all(|next| next < last && differs(next))).unwrap_or(last)
    }

    fn widen(&self, latencies: &[&Latencies], q: f64, run: Range<usize>, readings: &mut Vec<Reading>) {
        let mut groups: Vec<(Range<usize>, Latencies)> = Vec::new();
        let mut open = (run.start..run.start, Latencies::default());
        for index in run.clone() {
            open.0.end = index + 1;
            open.1.merge(latencies[index]);
            if supported(open.1.count(), q) {
                groups.push(std::mem::replace(&mut open, (index + 1..index + 1, Latencies::default())));
            }
        }
        // What is left over at the end is too little for a window of its own: it joins the one before.
        if let Some(last) = groups.last_mut() {
            last.0.end = run.end;
            last.1.merge(&open.1);
        }
        for (range, latency) in groups {
            let Some(value) = latency.quantile(q) else { continue };
            let (from, to) = (self.all[range.start].from, self.all[range.end - 1].to);
            readings.push(Reading { from, to, value, n: latency.count() });
        }
    }

    fn each<C>(&self, make: impl Fn(&Bin) -> C) -> Vec<C> {
        self.all.iter().map(make).collect()
    }
}

/// How long a stretch of the run was really played: shorter than planned in a run that was cut short.
pub fn played_seconds(recording: &Recording, from: Time, to: Time) -> f64 {
    let end = recording.cut_short.as_ref().map_or(to, |cut| cut.at.min(to));
    end.since(from).as_secs_f64()
}

/// A quantile needs ten samples beyond it to mean anything: n >= 10 / (1 - q).
pub fn supported(n: u64, q: f64) -> bool {
    n >= samples_needed(q)
}

fn merged<C: Clone + Default>(cells: &[C], merge: impl Fn(&mut C, &C)) -> C {
    let Some((first, rest)) = cells.split_first() else { return C::default() };
    let mut sum = first.clone();
    rest.iter().for_each(|cell| merge(&mut sum, cell));
    sum
}

/// The cells between each two neighbouring edges of phases, of faults and of the warm-up.
fn segments(recording: &Recording) -> Vec<Range<usize>> {
    let plan = &recording.plan;
    let cells = &recording.grid.cells;
    let of_phases = plan.phases.iter().flat_map(|phase| [phase.from, phase.to]);
    let mut edges: Vec<Time> = of_phases.chain([plan.warmup]).collect();
    edges.sort_unstable();
    edges.dedup();
    let starts = edges.iter().map(|edge| cells.partition_point(|cell| cell.from < *edge));
    let mut starts: Vec<usize> = [0].into_iter().chain(starts).chain([cells.len()]).collect();
    starts.sort_unstable();
    starts.dedup();
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::CutShort;
    use crate::report::fixture;

    #[test]
    fn bins_are_whole_and_never_straddle_a_phase() {
        let recording = fixture::incident();
        let bins = Bins::new(&recording, Form::Wide);
        assert!(bins.all.len() <= 220);
        assert_eq!((bins.all[0].cells.start, bins.end), (0, 200.0));
        assert!(bins.all.windows(2).all(|pair| pair[0].cells.end == pair[1].cells.start));
        for phase in &recording.plan.phases {
            let edge = phase.from.as_secs_f64();
            assert!(bins.all.iter().all(|bin| bin.to <= edge || bin.from >= edge), "{}", phase.name);
        }
        let offered: u64 = bins.client(&recording, 0).iter().map(|cell| cell.offered).sum();
        assert_eq!(offered, recording.clients[0].cells.iter().map(|cell| cell.offered).sum::<u64>());
    }

    #[test]
    fn windows_are_widened_until_the_quantile_is_supported() {
        let recording = fixture::incident();
        let bins = Bins::new(&recording, Form::Wide);
        let cells = bins.client(&recording, 0);
        let latencies: Vec<&Latencies> = cells.iter().map(|cell| &cell.latency).collect();
        let p99 = bins.quantile(&latencies, 0.99);
        assert!(!p99.is_empty());
        assert!(p99.iter().all(|reading| reading.n >= 1000));
        assert!(bins.quantile(&latencies, 0.5).len() > p99.len());
    }

    #[test]
    fn a_run_that_was_cut_short_has_no_windows_after_its_end() {
        let mut recording = fixture::incident();
        recording.cut_short = Some(CutShort { at: fixture::at(90.0), why: "SIGINT".to_owned(), guardrail: false });
        let bins = Bins::new(&recording, Form::Wide);
        assert_eq!((bins.all.last().map(|bin| bin.to), bins.end), (Some(90.0), 200.0));
        let played = |from, to| played_seconds(&recording, fixture::at(from), fixture::at(to));
        assert_eq!((played(40.0, 100.0), played(100.0, 200.0), played(10.0, 40.0)), (50.0, 0.0, 30.0));
    }

    #[test]
    fn the_rule_of_ten_is_exact_at_its_edge() {
        assert!(supported(1000, 0.99) && !supported(999, 0.99));
        assert!(supported(20, 0.5) && !supported(19, 0.5));
    }
}
