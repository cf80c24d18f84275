//! A limit on requests under way, fixed or adaptive. After Netflix's concurrency-limits library (github.com/Netflix/concurrency-limits,
//! Apache 2.0), whose formulas and defaults these are. One difference: the number under way that goes with a sample is that
//! at its end, not at its begin. It never looks at a clock.

use crate::base::{Dice, ErrorKind, Outcome, Span};
use crate::plan::guards::{self as plan, Algorithm};

#[derive(Clone, Debug)]
pub struct Limit {
    spec: plan::Limit,
    under_way: u32,
    estimate: Estimate,
}

/// The limit as it is found from samples.
#[derive(Clone, Debug)]
struct Estimate {
    limit: f64,
    vegas: Vegas,
    /// Gradient2's long-term response time.
    long: Average,
}

#[derive(Clone, Debug)]
struct Vegas {
    /// The response time without load, in nanoseconds; 0: not known.
    no_load: f64,
    samples: u32,
    jitter: Option<f64>,
}

/// Exponential, after a plain mean of the first ten.
#[derive(Clone, Debug, Default)]
struct Average {
    count: u32,
    sum: f64,
    value: f64,
}

impl Limit {
    /// `under_way`: how many are when it comes into force.
    pub fn new(spec: &plan::Limit, under_way: u32) -> Limit {
        Limit { spec: *spec, under_way, estimate: Estimate::new(spec) }
    }

    /// New parameters from now on; an adaptive limit goes on from where it is as long as the algorithm is the same.
    pub fn retune(&mut self, spec: &plan::Limit) {
        if std::mem::discriminant(&spec.by) != std::mem::discriminant(&self.spec.by) || spec.by == Algorithm::Fixed {
            self.estimate = Estimate::new(spec);
        }
        self.spec = *spec;
        self.estimate.limit = self.estimate.limit.clamp(f64::from(spec.min), f64::from(spec.max));
    }

    /// How many may be under way now.
    pub fn limit(&self) -> u32 {
        self.estimate.limit as u32
    }

    pub fn admit(&mut self) -> bool {
        let admitted = self.under_way < self.limit();
        self.under_way += u32::from(admitted);
        admitted
    }

    /// A request comes in whatever the limit says.
    pub fn let_in(&mut self) {
        self.under_way += 1;
    }

    /// An admitted request was not made after all.
    pub fn undo(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// An admitted request has ended; `None`: nobody knows how.
    pub fn done(&mut self, outcome: Option<Outcome>, took: Span, dice: &mut Dice) {
        let under_way = self.under_way;
        self.undo();
        let Some(dropped) = outcome.and_then(was_dropped) else { return };
        if took > Span::ZERO && self.spec.by != Algorithm::Fixed {
            self.estimate.sample(&self.spec, took, under_way, dropped, dice);
        }
    }
}

/// Whether the answer speaks of overload; `None`: it speaks of something else, so it is no sample.
fn was_dropped(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Ok | Outcome::Miss => Some(false),
        Outcome::Failed(
            ErrorKind::Timeout | ErrorKind::WaitTimeout | ErrorKind::Rejected | ErrorKind::Shed | ErrorKind::Throttled,
        ) => Some(true),
        Outcome::Failed(_) => None,
    }
}

impl Estimate {
    fn new(spec: &plan::Limit) -> Estimate {
        let vegas = Vegas { no_load: 0.0, samples: 0, jitter: None };
        Estimate { limit: f64::from(spec.initial), vegas, long: Average::default() }
    }

    fn sample(&mut self, spec: &plan::Limit, took: Span, under_way: u32, dropped: bool, dice: &mut Dice) {
        let (rtt, under_way) = (took.0 as f64, f64::from(under_way));
        let limit = match spec.by {
            Algorithm::Fixed => None,
            Algorithm::Aimd { backoff, timeout } => self.aimd(backoff, dropped || took > timeout, under_way),
            Algorithm::Vegas => self.vegas(rtt, under_way, dropped, dice),
            Algorithm::Gradient2 { tolerance, queue, smoothing, long } => {
                self.gradient([tolerance, queue, smoothing], long, rtt, under_way)
            }
        };
        if let Some(limit) = limit {
            self.limit = limit.clamp(f64::from(spec.min), f64::from(spec.max));
        }
    }

    /// AIMDLimit: additive increase, multiplicative decrease.
    fn aimd(&self, backoff: f64, bad: bool, under_way: f64) -> Option<f64> {
        match bad {
            true => Some(libm::floor(self.limit * backoff)),
            false => (under_way * 2.0 >= self.limit).then_some(self.limit + 1.0),
        }
    }

    /// VegasLimit: steps of log10 L, so that about 3 to 6 log10 L requests wait.
    fn vegas(&mut self, rtt: f64, under_way: f64, dropped: bool, dice: &mut Dice) -> Option<f64> {
        if self.vegas.learns(rtt, self.limit, dice) {
            return None;
        }
        let (limit, step) = (self.limit, log10(self.limit));
        let waiting = libm::ceil(limit * (1.0 - self.vegas.no_load / rtt));
        match dropped {
            true => Some(limit - step),
            // It is not the limit that keeps it small.
            false if under_way * 2.0 < limit => None,
            false if waiting <= step => Some(limit + 6.0 * step),
            false if waiting < 3.0 * step => Some(limit + step),
            false if waiting > 6.0 * step => Some(limit - step),
            false => None,
        }
    }

    /// Gradient2Limit: the ratio of the long-term to the present response time.
    fn gradient(
        &mut self,
        [tolerance, queue, smoothing]: [f64; 3],
        over: u32,
        rtt: f64,
        under_way: f64,
    ) -> Option<f64> {
        let long = self.long.add(rtt, over);
        if long / rtt > 2.0 {
            self.long.value *= 0.95;
        }
        if under_way < self.limit / 2.0 {
            return None;
        }
        let gradient = (tolerance * long / rtt).clamp(0.5, 1.0);
        Some(self.limit * (1.0 - smoothing) + (self.limit * gradient + queue) * smoothing)
    }
}

impl Vegas {
    /// Whether the sample goes into the response time without load, which is asked for anew after about 30 L samples.
    fn learns(&mut self, rtt: f64, limit: f64, dice: &mut Dice) -> bool {
        self.samples += 1;
        let jitter = *self.jitter.get_or_insert_with(|| 0.5 + 0.5 * dice.unit());
        let probes = jitter * 30.0 * limit <= f64::from(self.samples);
        if probes {
            (self.samples, self.jitter) = (0, None);
        }
        let learns = probes || self.no_load == 0.0 || rtt < self.no_load;
        if learns {
            self.no_load = rtt;
        }
        learns
    }
}

impl Average {
    fn add(&mut self, sample: f64, over: u32) -> f64 {
        if self.count < 10 {
            self.count += 1;
            self.sum += sample;
            self.value = self.sum / f64::from(self.count);
        } else {
            let factor = 2.0 / (f64::from(over) + 1.0);
            self.value = self.value * (1.0 - factor) + sample * factor;
        }
        self.value
    }
}

/// Whole, and at least 1.
fn log10(limit: f64) -> f64 {
    libm::floor(libm::log10(libm::floor(limit).max(1.0))).max(1.0)
}
