//! When the next request is due: open-loop arrivals as a pure state machine that both worlds run, so that a seed sends
//! the same script of requests in the simulator and on the wire.
//!
//! A piecewise linear rate is followed by inverting its integral: one unit-exponential draw (or exactly 1, for constant spacing)
//! is used up by the area under the rate curve. So changing the rate in mid-run shifts no draw.

use crate::base::{Dice, FaultId, Span, Time};
use crate::plan::{Arrivals, RatePoint};

#[derive(Clone, Debug)]
pub struct Pacer {
    arrivals: Source,
    surges: Vec<Surge>,
    dice: Dice,
    /// Looked at more often than it changes.
    due: Option<Time>,
}

#[derive(Clone, Debug)]
enum Source {
    /// `left` is the area still to be covered before the next arrival, counted from `at`.
    Open {
        points: Vec<RatePoint>,
        poisson: bool,
        left: f64,
        at: Time,
    },
    Trace {
        times: Vec<Time>,
        next: usize,
    },
}

#[derive(Clone, Copy, Debug)]
struct Surge {
    /// `None`: what controls have set.
    fault: Option<FaultId>,
    rate: Option<f64>,
    factor: f64,
}

impl Pacer {
    /// `None` for a closed population, whose requests follow from answers.
    pub fn new(arrivals: &Arrivals, dice: Dice) -> Option<Pacer> {
        let source = match arrivals {
            Arrivals::Open { points, poisson } => {
                Source::Open { points: points.clone(), poisson: *poisson, left: 0.0, at: Time::ZERO }
            }
            Arrivals::Trace(times) => Source::Trace { times: times.clone(), next: 0 },
            Arrivals::Closed { .. } | Arrivals::Herd(_) | Arrivals::Fleet(_) => return None,
        };
        let mut pacer = Pacer { arrivals: source, surges: Vec::new(), dice, due: None };
        pacer.draw();
        Some(pacer)
    }

    /// When the next request is due, or `None` if none will ever be.
    #[inline]
    pub fn due(&self) -> Option<Time> {
        self.due
    }

    /// The request that was due at `at` is sent: go on to the next.
    pub fn sent(&mut self, at: Time) {
        match &mut self.arrivals {
            Source::Open { at: from, .. } => *from = at,
            Source::Trace { next, .. } => *next += 1,
        }
        self.draw();
    }

    /// Another rate or trace from now on. Points and moments count from the start of the run, as those before did.
    pub fn reconfigure(&mut self, arrivals: &Arrivals, now: Time) {
        self.use_up(now);
        match (&mut self.arrivals, arrivals) {
            (Source::Open { points, poisson, .. }, Arrivals::Open { points: new, poisson: spaced }) => {
                (*points, *poisson) = (new.clone(), *spaced);
            }
            (Source::Trace { times, next }, Arrivals::Trace(new)) => {
                (*times, *next) = (new.clone(), new.partition_point(|at| *at <= now));
            }
            // The compiler refuses to make one kind of population of another.
            _ => {}
        }
        self.look_ahead();
    }

    /// A surge begins at `now`. Surges stack: the last absolute rate counts, factors multiply.
    pub fn begin_surge(&mut self, now: Time, fault: FaultId, rate: Option<f64>, factor: f64) {
        self.use_up(now);
        self.surges.push(Surge { fault: Some(fault), rate, factor });
        self.look_ahead();
    }

    pub fn end_surge(&mut self, now: Time, fault: FaultId) {
        self.use_up(now);
        self.surges.retain(|surge| surge.fault != Some(fault));
        self.look_ahead();
    }

    /// From now on it sends at this share of its rate, whatever surges make of that.
    pub fn steer(&mut self, now: Time, share: f64) {
        self.use_up(now);
        self.surges.retain(|surge| surge.fault.is_some());
        self.surges.push(Surge { fault: None, rate: None, factor: share });
        self.look_ahead();
    }

    /// The share of its rate at which controls let it send.
    pub fn steered(&self) -> f64 {
        self.surges.iter().find(|surge| surge.fault.is_none()).map_or(1.0, |surge| surge.factor)
    }

    /// The share of requests at this moment that are due to each surge, to be counted as its evidence.
    pub fn surging(&self) -> impl Iterator<Item = FaultId> + '_ {
        self.surges.iter().filter_map(|surge| surge.fault)
    }

    fn draw(&mut self) {
        if let Source::Open { poisson, left, .. } = &mut self.arrivals {
            *left = if *poisson { self.dice.exponential() } else { 1.0 };
        }
        self.look_ahead();
    }

    fn look_ahead(&mut self) {
        self.due = match &self.arrivals {
            // One rate for ever, which is what most have.
            Source::Open { points, left, at, .. }
                if points.len() == 1 && self.surges.is_empty() && *at >= points[0].at =>
            {
                let rate = points[0].rate;
                (rate > 0.0).then(|| *at + Span::from_secs_f64(left / rate))
            }
            Source::Open { points, left, at, .. } => reach(points, &self.surges, *at, *left),
            Source::Trace { times, next } => times.get(*next).copied(),
        };
    }

    /// Covers the area up to `now` under the rate that held until now.
    fn use_up(&mut self, now: Time) {
        if let Source::Open { points, left, at, .. } = &mut self.arrivals
            && now > *at
        {
            *left = (*left - area(points, &self.surges, *at, now)).max(0.0);
            *at = now;
        }
    }
}

/// The rate at a moment under the surges: (rate, slope per second, until when it is linear).
fn rate_at(points: &[RatePoint], surges: &[Surge], at: Time) -> (f64, f64, Time) {
    let next = points.partition_point(|point| point.at <= at);
    let factor: f64 = surges.iter().map(|surge| surge.factor).product();
    let (base, slope, until) = match (next.checked_sub(1).map(|i| points[i]), points.get(next)) {
        (Some(a), Some(b)) => {
            let slope = (b.rate - a.rate) / b.at.since(a.at).as_secs_f64();
            (a.rate + slope * at.since(a.at).as_secs_f64(), slope, b.at)
        }
        (Some(a), None) => (a.rate, 0.0, Time::MAX),
        (None, first) => (0.0, 0.0, first.map_or(Time::MAX, |point| point.at)),
    };
    match surges.iter().rev().find_map(|surge| surge.rate) {
        Some(rate) => (rate * factor, 0.0, Time::MAX),
        None => (base * factor, slope * factor, until),
    }
}

/// Expected number of arrivals in a stretch of time.
fn area(points: &[RatePoint], surges: &[Surge], from: Time, to: Time) -> f64 {
    let mut at = from;
    let mut sum = 0.0;
    while at < to {
        let (rate, slope, until) = rate_at(points, surges, at);
        let end = until.min(to);
        let dt = end.since(at).as_secs_f64();
        sum += (rate + slope * dt / 2.0) * dt;
        at = end;
    }
    sum
}

/// The moment at which this much area is covered.
fn reach(points: &[RatePoint], surges: &[Surge], from: Time, mut left: f64) -> Option<Time> {
    let mut at = from;
    loop {
        let (rate, slope, until) = rate_at(points, surges, at);
        let dt = until.since(at).as_secs_f64();
        let here = if until == Time::MAX { f64::INFINITY } else { (rate + slope * dt / 2.0) * dt };
        if rate <= 0.0 && slope <= 0.0 && until == Time::MAX {
            return None;
        }
        if here >= left {
            return Some(at + Span::from_secs_f64(invert(rate, slope, left)));
        }
        left -= here;
        at = until;
    }
}

/// Solves rate * t + slope * t^2 / 2 = area for t >= 0, in the form that does not cancel.
fn invert(rate: f64, slope: f64, area: f64) -> f64 {
    if slope == 0.0 {
        return area / rate;
    }
    let root = libm::sqrt((rate * rate + 2.0 * slope * area).max(0.0));
    2.0 * area / (rate + root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: f64) -> Time {
        Time::from_secs_f64(s)
    }

    fn play(pacer: &mut Pacer, until: f64) -> Vec<f64> {
        let mut times = Vec::new();
        while let Some(at) = pacer.due().filter(|at| *at < seconds(until)) {
            times.push(at.as_secs_f64());
            pacer.sent(at);
        }
        times
    }

    fn open(points: &[(f64, f64)], poisson: bool) -> Pacer {
        let points = points.iter().map(|(at, rate)| RatePoint { at: seconds(*at), rate: *rate }).collect();
        Pacer::new(&Arrivals::Open { points, poisson }, Dice::named(1, "pacer")).expect("open loop")
    }

    #[test]
    fn constant_spacing_is_exact_and_a_ramp_covers_its_area() {
        assert_eq!(play(&mut open(&[(0.0, 4.0)], false), 1.1), [0.25, 0.5, 0.75, 1.0]);
        // From 0 to 100/s over 10 s: the area is 500; the n-th arrival is at sqrt(n / 5).
        let ramp = play(&mut open(&[(0.0, 0.0), (10.0, 100.0)], false), 10.0001);
        assert_eq!(ramp.len(), 500);
        assert!((ramp[124] - 5.0).abs() < 1e-6);
    }

    #[test]
    fn poisson_counts_have_the_right_mean_in_each_part() {
        let times = play(&mut open(&[(0.0, 100.0), (50.0, 100.0), (50.0, 300.0)], true), 100.0);
        let early = times.iter().filter(|at| **at < 50.0).count() as f64;
        let late = times.len() as f64 - early;
        assert!((early - 5000.0).abs() < 4.0 * 5000f64.sqrt(), "{early}");
        assert!((late - 15000.0).abs() < 4.0 * 15000f64.sqrt(), "{late}");
    }

    #[test]
    fn surges_stack_and_heal_alone() {
        let mut pacer = open(&[(0.0, 10.0)], false);
        assert_eq!(play(&mut pacer, 1.05).len(), 10);
        pacer.begin_surge(seconds(1.0), FaultId(0), Some(20.0), 1.0);
        pacer.begin_surge(seconds(1.0), FaultId(1), None, 3.0);
        assert_eq!(play(&mut pacer, 2.001).len(), 60);
        pacer.end_surge(seconds(2.0), FaultId(0));
        assert_eq!(play(&mut pacer, 3.001).len(), 30);
        pacer.end_surge(seconds(3.0), FaultId(1));
        assert_eq!(play(&mut pacer, 4.001).len(), 10);
    }

    #[test]
    fn no_rate_means_no_arrival() {
        assert_eq!(open(&[(0.0, 0.0)], true).due(), None);
    }
}
