//! The documented defaults of libraries and proxies that people run, as plans of admission policies and retry budgets.
//! Nothing here is a recommendation; each preset names where its numbers are written down.

use super::guards::{Algorithm, Breaker, Budget, Growth, Limit, Open, Sample, Slow};
use crate::base::{ErrorKind, Span};

/// Samples, waits and probes as Hystrix does.
const PLAIN: Breaker = Breaker {
    per_key: false,
    consecutive: None,
    failures: None,
    slow: None,
    sample: Sample::Time { length: Span::from_secs(10), buckets: 10 },
    least: 20,
    open: Open {
        base: Span::from_secs(5),
        growth: Growth::None,
        max: Span::from_secs(300),
        jitter: 0.0,
        forgive: Span::ZERO,
    },
    probes: 1,
    on: Vec::new(),
};

impl Breaker {
    pub const PRESETS: &'static [&'static str] = &["finagle", "linkerd", "hystrix", "resilience4j", "envoy"];

    /// Every kind of failure counts, and nothing opens it yet: what a breaker is before its author says anything.
    pub fn plain() -> Breaker {
        Breaker { on: ErrorKind::ALL.to_vec(), ..PLAIN }
    }

    /// A breaker with the defaults of one of [`Breaker::PRESETS`].
    pub fn preset(word: &str) -> Option<Breaker> {
        let open = PLAIN.open;
        let of_preset = match word {
            // FailureAccrualFactory: 5 in a row, or under 80% of at least 5 in 30 s; equal-jittered from 5 s to 300 s; one probe.
            "finagle" => Breaker {
                consecutive: Some(5),
                failures: Some(0.2),
                sample: Sample::Time { length: Span::from_secs(30), buckets: 10 },
                least: 5,
                open: Open { growth: Growth::Exponential, jitter: 1.0, ..open },
                ..PLAIN
            },
            // Circuit breaking annotations: 7 in a row, penalties of 1 s to 60 s with a jitter of 0.5; one probe.
            "linkerd" => Breaker {
                consecutive: Some(7),
                open: Open {
                    base: Span::from_secs(1),
                    growth: Growth::Exponential,
                    max: Span::from_secs(60),
                    jitter: 0.5,
                    ..open
                },
                ..PLAIN
            },
            // Configuration: 50% of at least 20 requests in 10 buckets of 1 s; sleeps 5 s; one probe.
            "hystrix" => Breaker { failures: Some(0.5), ..PLAIN },
            // CircuitBreakerConfig: 50% of the last 100 calls, or all of them over 60 s; open for 60 s; 10 probes.
            "resilience4j" => Breaker {
                failures: Some(0.5),
                slow: Some(Slow { over: Span::from_secs(60), share: 1.0 }),
                sample: Sample::Calls(100),
                least: 100,
                open: Open { base: Span::from_secs(60), ..open },
                probes: 10,
                ..PLAIN
            },
            // Outlier detection: 5 in a row; ejected for 30 s times the ejections, at most 300 s; each interval of 10 s in service
            // takes one ejection off; it simply comes back.
            "envoy" => Breaker {
                consecutive: Some(5),
                open: Open { base: Span::from_secs(30), growth: Growth::Linear, forgive: Span::from_secs(10), ..open },
                probes: 0,
                ..PLAIN
            },
            _ => return None,
        };
        Some(Breaker { on: ErrorKind::ALL.to_vec(), ..of_preset })
    }
}

impl Limit {
    pub const ALGORITHMS: &'static [&'static str] = &["fixed", "aimd", "vegas", "gradient2"];

    pub fn fixed(limit: u32) -> Limit {
        Limit { initial: limit, min: 0, max: limit, by: Algorithm::Fixed }
    }

    /// The defaults of Netflix's concurrency-limits for one of [`Limit::ALGORITHMS`]; `fixed` has none.
    pub fn preset(word: &str) -> Option<Limit> {
        let of = |min, max, by| Some(Limit { initial: 20, min, max, by });
        match word {
            "aimd" => of(20, 200, Algorithm::Aimd { backoff: 0.9, timeout: Span::from_secs(5) }),
            "vegas" => of(1, 1000, Algorithm::Vegas),
            "gradient2" => of(20, 200, Algorithm::Gradient2 { tolerance: 1.5, queue: 4.0, smoothing: 0.2, long: 600 }),
            _ => None,
        }
    }
}

impl Budget {
    pub const PRESETS: &'static [&'static str] = &["finagle", "linkerd", "grpc", "aws", "envoy"];

    /// A retry budget with the defaults of one of [`Budget::PRESETS`].
    pub fn preset(word: &str) -> Option<Budget> {
        match word {
            // RetryBudget and ServiceProfile: 20% and 10 a second, over 10 s.
            "finagle" | "linkerd" => Some(Budget::Window { ratio: 0.2, per_second: 10.0, ttl: Span::from_secs(10) }),
            // The example of gRFC A6, client retries.
            "grpc" => Some(Budget::Tokens { tokens: 10.0, ratio: 0.1 }),
            // Standard retry mode.
            "aws" => Some(Budget::Costs { tokens: 500.0, cost: 5.0, timeout_cost: 10.0, gain: 1.0 }),
            // CircuitBreakers.Thresholds.RetryBudget: 20% of active and pending, at least 3.
            "envoy" => Some(Budget::Active { share: 0.2, least: 3 }),
            _ => None,
        }
    }
}
