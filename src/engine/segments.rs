//! Shared links in motion: messages of several edges in one line each way, each as long as its bytes take. A message that finds no room in
//! the buffer is lost, and nobody is told: its caller's timeout is all there is.

use super::wire::Wire;
use super::{EdgeId, Engine};
use crate::base::{FaultId, MeterId, SegmentId, Span, Time};
use crate::plan::expectation::Subject;
use crate::plan::{Effect, Plan};

pub struct Segment {
    bandwidth: f64,
    buffer: f64,
    /// When the last byte that waits will have left, each way.
    free_at: [Time; 2],
    /// Bytes offered, each way.
    offered: [u64; 2],
    /// Faults that leave it less.
    narrowed: Vec<(FaultId, f64)>,
    load: MeterId,
    drops: MeterId,
}

impl Segment {
    pub fn new(index: usize, plan: &Plan) -> Segment {
        let of = Subject::Segment(index as u32);
        let spec = &plan.segments[index];
        Segment {
            bandwidth: spec.bandwidth,
            buffer: spec.buffer as f64,
            free_at: [Time::ZERO; 2],
            offered: [0; 2],
            narrowed: Vec::new(),
            load: plan.meter(of, "load"),
            drops: plan.meter(of, "drops"),
        }
    }

    fn rate(&self) -> f64 {
        self.narrowed.iter().map(|(_, rate)| *rate).fold(self.bandwidth, f64::min)
    }

    /// Counts a message, and says whether it goes the way that has been offered more: the figures are of that one.
    fn is_busier(&mut self, way: usize, bytes: u64) -> bool {
        self.offered[way] += bytes;
        self.offered[way] >= self.offered[1 - way]
    }

    /// When a message that comes at `at` has passed; `None` if there is no room for it.
    fn cross(&mut self, way: usize, at: Time, bytes: u64) -> Option<Time> {
        let rate = self.rate();
        let begins = self.free_at[way].max(at);
        let waiting = begins.since(at).as_secs_f64() * rate;
        // An idle line takes a message of any size: it need not wait.
        if waiting > 0.0 && waiting + bytes as f64 > self.buffer {
            return None;
        }
        self.free_at[way] = begins + Span::from_secs_f64(bytes as f64 / rate);
        Some(self.free_at[way])
    }

    /// The rate changes; the bytes that wait stay as many.
    fn narrow(&mut self, now: Time, change: impl FnOnce(&mut Vec<(FaultId, f64)>)) {
        let before = self.rate();
        change(&mut self.narrowed);
        let factor = before / self.rate();
        for free in &mut self.free_at {
            *free = now + (*free).max(now).since(now).mul_f64(factor);
        }
    }
}

impl<W: Wire> Engine<W> {
    /// How long a message of an edge takes over the shared links on its way, the far one first for an answer; `None` if one loses it.
    pub(super) fn cross_segments(&mut self, edge: EdgeId, way: usize, bytes: u64, after: Span) -> Option<Span> {
        let mut at = self.now + after;
        let via = &self.plan.edge(edge).via;
        for index in 0..via.len() {
            let id = if way == 0 { via[index] } else { via[via.len() - 1 - index] };
            let segment = &mut self.segments[id.index()];
            let passed = segment.cross(way, at, bytes);
            if segment.is_busier(way, bytes) {
                // The load is what was offered: what was lost would have needed the line as well.
                self.meters.spend(segment.load, bytes as f64 / segment.rate());
                let lost = if passed.is_none() { bytes as f64 } else { 0.0 };
                self.meters.part(segment.drops, lost, bytes as f64);
            }
            for (fault, _) in &segment.narrowed {
                self.recorder.touched(*fault, "messages throttled", 1);
            }
            at = passed?;
        }
        Some(at.since(self.now))
    }

    pub(super) fn narrow(&mut self, id: SegmentId, on: bool, fault: FaultId, effect: &Effect) {
        let Effect::Throttle { bytes_per_sec } = effect else { return };
        self.segments[id.index()].narrow(self.now, |narrowed| match on {
            true => narrowed.push((fault, *bytes_per_sec)),
            false => narrowed.retain(|(f, _)| *f != fault),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> Segment {
        Segment {
            bandwidth: 1000.0,
            buffer: 500.0,
            free_at: [Time::ZERO; 2],
            offered: [0; 2],
            narrowed: Vec::new(),
            load: MeterId::NONE,
            drops: MeterId::NONE,
        }
    }

    fn at(seconds: f64) -> Time {
        Time::from_secs_f64(seconds)
    }

    #[test]
    fn messages_wait_for_one_another_each_way_and_overflow_is_lost() {
        let mut line = segment();
        assert_eq!(line.cross(0, at(1.0), 300), Some(at(1.3)));
        assert_eq!(line.cross(0, at(1.0), 200), Some(at(1.5)));
        assert_eq!(line.cross(0, at(1.0), 1), None, "500 bytes wait");
        assert_eq!(line.cross(1, at(1.0), 100), Some(at(1.1)), "the other way is free");
        assert_eq!(line.cross(0, at(1.2), 200), Some(at(1.7)));
        assert_eq!(line.cross(0, at(9.0), 2000), Some(at(11.0)), "an idle line takes anything");
    }

    #[test]
    fn a_narrower_line_takes_longer_for_what_waits() {
        let mut line = segment();
        line.cross(0, at(1.0), 400);
        line.narrow(at(1.2), |narrowed| narrowed.push((FaultId(0), 100.0)));
        assert_eq!(line.cross(0, at(1.2), 100), Some(at(4.2)), "200 bytes were left, and 100 came");
        line.narrow(at(3.2), |narrowed| narrowed.clear());
        assert_eq!(line.cross(0, at(3.2), 100), Some(at(3.4)));
    }
}
