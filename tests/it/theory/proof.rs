//! What a row of the proof is: a measured figure with its standard error, and the rule by which it agrees with what is known.

/// A measured figure. `error` is its standard error, where it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub error: Option<f64>,
}

impl Estimate {
    pub fn with_error(value: f64, error: f64) -> Estimate {
        Estimate { value, error: Some(error) }
    }

    /// A share of `n` independent trials, with its binomial standard error under the expected share.
    pub fn share(hits: u64, n: u64, expected: f64) -> Estimate {
        Estimate::with_error(hits as f64 / n as f64, (expected * (1.0 - expected) / n as f64).sqrt())
    }

    /// The mean of independent figures, with the standard error of that mean.
    pub fn mean_of(values: &[f64]) -> Estimate {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Estimate::with_error(mean, (squares / (n - 1.0) / n).sqrt())
    }
}

impl From<f64> for Estimate {
    fn from(value: f64) -> Estimate {
        Estimate { value, error: None }
    }
}

impl From<u64> for Estimate {
    fn from(value: u64) -> Estimate {
        Estimate::from(value as f64)
    }
}

/// How a measured figure must agree.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Within three standard errors, and within this share of the expected figure.
    Closed {
        expected: f64,
        share: f64,
    },
    /// Within this share of the expected figure.
    Near {
        expected: f64,
        share: f64,
    },
    /// Within three standard errors.
    Errors {
        expected: f64,
    },
    /// Not further away than this.
    Within {
        expected: f64,
        by: f64,
    },
    Between {
        low: f64,
        high: f64,
    },
    AtLeast(f64),
    AtMost(f64),
    Exactly(f64),
}

/// A closed form holds within three standard errors and 2%.
pub fn closed(expected: f64) -> Rule {
    Rule::Closed { expected, share: 0.02 }
}

impl Rule {
    pub fn holds(&self, measured: Estimate) -> bool {
        let by_errors = |expected: f64| {
            let error = measured.error.expect("a rule of standard errors needs one");
            (measured.value - expected).abs() <= 3.0 * error
        };
        let by_share = |expected: f64, share: f64| (measured.value - expected).abs() <= share * expected.abs();
        match *self {
            Rule::Closed { expected, share } => by_errors(expected) && by_share(expected, share),
            Rule::Near { expected, share } => by_share(expected, share),
            Rule::Errors { expected } => by_errors(expected),
            Rule::Within { expected, by } => (measured.value - expected).abs() <= by,
            Rule::Between { low, high } => (low..=high).contains(&measured.value),
            Rule::AtLeast(low) => measured.value >= low,
            Rule::AtMost(high) => measured.value <= high,
            Rule::Exactly(expected) => measured.value == expected,
        }
    }

    pub fn expected(&self) -> String {
        match *self {
            Rule::Closed { expected, .. }
            | Rule::Near { expected, .. }
            | Rule::Errors { expected }
            | Rule::Within { expected, .. }
            | Rule::Exactly(expected) => figure(expected),
            Rule::Between { low, high } => format!("{} to {}", figure(low), figure(high)),
            Rule::AtLeast(low) => format!("at least {}", figure(low)),
            Rule::AtMost(high) => format!("at most {}", figure(high)),
        }
    }

    pub fn tolerance(&self) -> String {
        match *self {
            Rule::Closed { share, .. } => format!("3 se and {}", percent(share)),
            Rule::Near { share, .. } => percent(share),
            Rule::Errors { .. } => "3 se".to_owned(),
            Rule::Within { by, .. } => format!("±{}", figure(by)),
            Rule::Exactly(_) => "none".to_owned(),
            Rule::Between { .. } | Rule::AtLeast(_) | Rule::AtMost(_) => "as stated".to_owned(),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{}%", figure(share * 100.0))
}

/// A number with five significant digits, without zeros at its end. What never came is infinite.
pub fn figure(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return "never".to_owned();
    }
    let whole_digits = value.abs().log10().floor() as i32 + 1;
    let decimals = (5 - whole_digits).clamp(0, 9) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[test]
fn rules_hold_inside_their_bounds_and_break_outside() {
    let about = |value: f64, error: f64| Estimate::with_error(value, error);
    assert!(closed(10.0).holds(about(10.1, 0.05)));
    assert!(!closed(10.0).holds(about(10.1, 0.03)), "more than three standard errors");
    assert!(!closed(10.0).holds(about(10.3, 0.5)), "more than two percent");
    assert!(Rule::Near { expected: 2.0, share: 0.1 }.holds(2.19.into()));
    assert!(!Rule::Near { expected: 2.0, share: 0.1 }.holds(2.21.into()));
    assert!(!Rule::Errors { expected: 1.0 }.holds(about(1.4, 0.1)));
    assert!(!Rule::Within { expected: 1.0, by: 0.1 }.holds(0.89.into()));
    assert!(!Rule::Between { low: 1.0, high: 2.0 }.holds(2.1.into()));
    assert!(!Rule::AtLeast(3.0).holds(2.9.into()) && Rule::AtMost(3.0).holds(2.9.into()));
    assert!(!Rule::Exactly(10.0).holds(9_u64.into()));
    assert!(!closed(1.0).holds(about(f64::NAN, 0.1)), "no figure is no agreement");
}

#[test]
fn figures_have_five_digits() {
    for (value, text) in
        [(0.0, "0"), (1.0, "1"), (0.5, "0.5"), (19.00003, "19"), (0.121661, "0.12166"), (123456.7, "123457")]
    {
        assert_eq!(figure(value), text);
    }
}
