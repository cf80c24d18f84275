//! How late a load generator sent its requests, kept by the moment at which they were due: a minute in which it was held up spoils the
//! figures of that minute and of no other.

use super::Latencies;
use crate::base::{Span, Time};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lateness {
    /// Of one step; the first begins with the run.
    step: Span,
    steps: Vec<Latencies>,
}

impl Lateness {
    pub fn new(step: Span) -> Lateness {
        Lateness { step, steps: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub fn record(&mut self, due: Time, by: Span) {
        let step = self.step_of(due);
        if self.steps.len() <= step {
            self.steps.resize_with(step + 1, Latencies::default);
        }
        self.steps[step].record(by);
    }

    /// Of all requests.
    pub fn whole(&self) -> Latencies {
        self.sum(&self.steps)
    }

    /// Of those that were due in a stretch of time, and in what else lies in its first and last step.
    pub fn over(&self, from: Time, to: Time) -> Latencies {
        let end = self.step_of(to).saturating_add(1).min(self.steps.len());
        self.sum(self.steps.get(self.step_of(from)..end).unwrap_or_default())
    }

    /// Adds what another process of the same run saw.
    pub fn merge(&mut self, other: &Lateness) {
        if self.steps.len() < other.steps.len() {
            self.steps.resize_with(other.steps.len(), Latencies::default);
        }
        self.step = self.step.max(other.step);
        self.steps.iter_mut().zip(&other.steps).for_each(|(sum, part)| sum.merge(part));
    }

    fn sum(&self, steps: &[Latencies]) -> Latencies {
        let mut sum = Latencies::default();
        steps.iter().for_each(|step| sum.merge(step));
        sum
    }

    fn step_of(&self, at: Time) -> usize {
        (at.0 / self.step.0.max(1)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_knows_its_own_lateness() {
        let at = Time::from_secs_f64;
        let mut one = Lateness::new(Span::from_secs(1));
        for tenth in 0..100 {
            one.record(at(f64::from(tenth) / 10.0), Span::from_millis(if tenth / 10 == 4 { 500 } else { 1 }));
        }
        assert_eq!(one.whole().count(), 100);
        assert!(one.over(at(0.0), at(3.9)).max().is_some_and(|max| max < 0.002));
        assert!(one.over(at(4.2), at(4.4)).quantile(0.5).is_some_and(|late| late > 0.49));
        assert_eq!(one.over(at(20.0), at(30.0)).count(), 0);
        let mut both = Lateness::default();
        both.merge(&one);
        both.merge(&one);
        assert_eq!(both.over(at(9.0), at(60.0)).count(), 20);
    }
}
