//! The three models that every engine plays, what is kept of a run, and the figures that it must reproduce.
//! Nothing here knows an engine.

/// A chain of tiers behind an open loop of users; a tier holds its worker while it waits for the next.
#[derive(Clone, Copy)]
pub struct Model {
    pub name: &'static str,
    /// Requests per second, Poisson.
    pub rate: f64,
    /// Simulated seconds.
    pub length_s: f64,
    /// Workers and mean work in seconds (exponential), from the users inwards.
    pub tiers: &'static [Tier],
    /// Seconds; the user then tries again at once, up to `retries` times.
    pub timeout_s: Option<f64>,
    pub retries: u32,
    pub expected: &'static [Expected],
}

#[derive(Clone, Copy)]
pub struct Tier {
    pub name: &'static str,
    pub workers: u32,
    pub mean_s: f64,
}

/// A figure with its tolerance, as a share of it.
#[derive(Clone, Copy)]
pub struct Expected {
    pub figure: Figure,
    pub value: f64,
    pub within: f64,
}

#[derive(Clone, Copy, Debug)]
pub enum Figure {
    MeanMs,
    QuantileMs(f64),
    OkShare,
    Attempts,
    QueuePeak,
}

const CHAIN: &[Tier] = &[
    Tier { name: "web", workers: 32, mean_s: 0.004 },
    Tier { name: "app", workers: 64, mean_s: 0.010 },
    Tier { name: "db", workers: 16, mean_s: 0.005 },
];

const fn expect(figure: Figure, value: f64, within: f64) -> Expected {
    Expected { figure, value, within }
}

pub const MODELS: [Model; 3] = [
    Model {
        name: "(a) M/M/1, rho 0.9",
        rate: 900.0,
        length_s: 2_000_000.0 / 900.0,
        tiers: &[Tier { name: "web", workers: 1, mean_s: 0.001 }],
        timeout_s: None,
        retries: 0,
        // The mean stay is 1 / (mu - lambda) = 10 ms; its standard deviation over 2,000,000 customers is 1.4%.
        expected: &[expect(Figure::MeanMs, 10.0, 0.06)],
    },
    Model {
        name: "(b) three tiers, 1,000/s",
        rate: 1000.0,
        length_s: 1000.0,
        tiers: CHAIN,
        timeout_s: Some(1.0),
        retries: 2,
        expected: &[
            expect(Figure::MeanMs, 19.007, 0.004),
            expect(Figure::QuantileMs(0.5), 16.4, 0.01),
            expect(Figure::QuantileMs(0.9), 34.6, 0.01),
            expect(Figure::QuantileMs(0.99), 58.1, 0.015),
            expect(Figure::QuantileMs(0.999), 81.4, 0.03),
        ],
    },
    Model {
        name: "(b2) three tiers, 2,000/s (collapse)",
        rate: 2000.0,
        length_s: 60.0,
        tiers: CHAIN,
        timeout_s: Some(1.0),
        retries: 2,
        expected: &[
            expect(Figure::OkShare, 0.087, 0.15),
            expect(Figure::Attempts, 2.78, 0.02),
            expect(Figure::QueuePeak, 232_000.0, 0.05),
        ],
    },
];

/// What is kept of a run.
#[derive(Clone, Default)]
pub struct Played {
    pub requests: u64,
    pub attempts: u64,
    pub ok: u64,
    /// The longest line before the first tier.
    pub queue_peak: u64,
    pub latency: Latency,
}

impl Played {
    pub fn figure(&self, figure: Figure) -> f64 {
        match figure {
            Figure::MeanMs => self.latency.mean_ms(),
            Figure::QuantileMs(q) => self.latency.quantile_ms(q),
            Figure::OkShare => self.ok as f64 / self.requests as f64,
            Figure::Attempts => self.attempts as f64 / self.requests as f64,
            Figure::QueuePeak => self.queue_peak as f64,
        }
    }

    /// What differs from the expected figures; empty when the run agrees.
    pub fn complaints(&self, model: &Model) -> Vec<String> {
        let off = model.expected.iter().filter(|e| (self.figure(e.figure) / e.value - 1.0).abs() > e.within);
        off.map(|e| format!("{:?} is {:.4}, expected {}", e.figure, self.figure(e.figure), e.value)).collect()
    }
}

/// Latencies in microseconds, told apart to 0.1% (2^10 steps an octave): what a careful hand-written simulator keeps.
#[derive(Clone)]
pub struct Latency {
    counts: Vec<u32>,
    count: u64,
    sum_us: u64,
}

const STEPS: u32 = 10;

impl Default for Latency {
    fn default() -> Latency {
        Latency { counts: vec![0; 32 << STEPS], count: 0, sum_us: 0 }
    }
}

impl Latency {
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.record_n(nanos, 1);
    }

    #[inline]
    pub fn record_n(&mut self, nanos: u64, n: u64) {
        let us = (nanos + 500) / 1000;
        let shift = (64 - STEPS).saturating_sub(1 + (us | 1).leading_zeros());
        let index = ((shift as usize) << STEPS) + (us >> shift) as usize;
        self.counts[index] += n as u32;
        self.count += n;
        self.sum_us += us * n;
    }

    fn mean_ms(&self) -> f64 {
        self.sum_us as f64 / self.count as f64 / 1e3
    }

    fn quantile_ms(&self, q: f64) -> f64 {
        let rank = (q * self.count as f64).ceil() as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                let shift = (index >> STEPS).saturating_sub(1);
                return ((index - (shift << STEPS)) << shift) as f64 / 1e3;
            }
        }
        f64::NAN
    }
}
