//! Latencies as a mergeable HDR histogram in whole microseconds, which grows only as far as its largest value needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as HdrDeserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::borrow::Cow;

use crate::base::Span;

/// Significant decimal digits kept of each value: 0.1% relative error at most.
const DIGITS: u8 = 3;
/// Largest value that is told apart, one day; longer ones are counted as one day.
const LARGEST_US: u64 = 24 * 3600 * 1_000_000;

/// Up to this many values are kept as they came: a recording has hundreds of cells, and most hold few.
const FEW: usize = 256;

/// Buckets an octave: what `DIGITS` asks for, as HdrHistogram counts them.
const STEP_BITS: u32 = 10;

/// A set of latencies. It takes memory as it takes values: none when empty, 4 bytes a value while there are few, then one count for
/// each bucket of an HdrHistogram up to the largest value. What is read from it is the same in either form.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    few_us: Vec<u32>,
    /// Empty while the values are few. The buckets are those of HdrHistogram with `DIGITS` digits from 1 us.
    counts: Vec<u64>,
    /// The sum of `counts`.
    counted: u64,
}

impl Latencies {
    #[inline]
    pub fn record(&mut self, latency: Span) {
        let micros = whole_micros(latency);
        if self.counts.is_empty() && self.few_us.len() < FEW && micros <= u64::from(u32::MAX) {
            self.few_us.push(micros as u32);
        } else {
            self.add(micros, 1);
        }
    }

    pub fn record_n(&mut self, latency: Span, n: u64) {
        self.add(whole_micros(latency), n);
    }

    pub fn merge(&mut self, other: &Latencies) {
        if self.counts.is_empty() && other.counts.is_empty() && self.few_us.len() + other.few_us.len() <= FEW {
            return self.few_us.extend(&other.few_us);
        }
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, count)| *sum += count);
        self.counted += other.counted;
        other.few_us.iter().for_each(|micros| self.add(u64::from(*micros), 1));
    }

    pub fn count(&self) -> u64 {
        self.few_us.len() as u64 + self.counted
    }

    /// The quantile in seconds (`q` in 0..=1); `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let rank = ((q.min(1.0) * self.count() as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let at = self.buckets().iter().position(|count| {
            seen += count;
            seen >= rank
        });
        at.map(|index| if q == 0.0 { lowest(index) } else { highest(index) } as f64 / 1e6)
    }

    /// Seconds; `None` when empty.
    pub fn mean(&self) -> Option<f64> {
        let total = self.count() as f64;
        let middle = |index: usize| (lowest(index) + (1 << shift_of(index) >> 1)) as f64;
        let buckets = self.buckets();
        let recorded = buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        let mean = recorded.fold(0.0, |sum, (index, count)| sum + middle(index) * *count as f64 / total);
        (total > 0.0).then_some(mean / 1e6)
    }

    /// Seconds; `None` when empty.
    pub fn max(&self) -> Option<f64> {
        self.buckets().iter().rposition(|count| *count > 0).map(|index| highest(index) as f64 / 1e6)
    }

    /// How many values were at most this many seconds.
    pub fn count_at_most(&self, seconds: f64) -> u64 {
        self.buckets().iter().take(bucket_of((seconds * 1e6) as u64) + 1).sum()
    }

    /// Every recorded step as (seconds, count), ascending.
    pub fn steps(&self) -> Vec<(f64, u64)> {
        let buckets = self.buckets();
        let recorded = buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        recorded.map(|(index, count)| (highest(index) as f64 / 1e6, *count)).collect()
    }

    /// The values as a histogram in microseconds; `None` when empty.
    pub fn as_hdr(&self) -> Option<Histogram<u64>> {
        let mut histogram = Histogram::new(DIGITS).expect("3 digits are within 0..=5");
        for (index, count) in self.buckets().iter().enumerate().filter(|(_, count)| **count > 0) {
            histogram
                .record_n(lowest(index), *count)
                .expect("an auto-resizing histogram takes every value up to a day");
        }
        (!histogram.is_empty()).then_some(histogram)
    }

    /// The counts by bucket, whether the values are few or many.
    fn buckets(&self) -> Cow<'_, [u64]> {
        if self.few_us.is_empty() {
            return Cow::Borrowed(&self.counts);
        }
        let mut all = Latencies::default();
        self.few_us.iter().for_each(|micros| all.add(u64::from(*micros), 1));
        Cow::Owned(all.counts)
    }

    #[inline]
    fn add(&mut self, micros: u64, n: u64) {
        let index = bucket_of(micros);
        if index >= self.counts.len() || !self.few_us.is_empty() {
            self.grow(index);
        }
        self.counts[index] += n;
        self.counted += n;
    }

    /// Makes room for a bucket, by whole octaves, and counts the few that were kept as they came.
    #[cold]
    fn grow(&mut self, index: usize) {
        let len = (index + 1).next_multiple_of(1 << STEP_BITS).max(self.counts.len());
        self.counts.resize(len, 0);
        for micros in std::mem::take(&mut self.few_us) {
            self.add(u64::from(micros), 1);
        }
    }
}

impl PartialEq for Latencies {
    fn eq(&self, other: &Latencies) -> bool {
        self.steps() == other.steps()
    }
}

/// The bucket of a value: twice 2^`STEP_BITS` buckets of width 1, and from there so many for each octave.
#[inline]
fn bucket_of(micros: u64) -> usize {
    let low = (2 << STEP_BITS) - 1;
    let shift = u64::BITS - 1 - STEP_BITS - (micros | low).leading_zeros();
    ((shift as usize) << STEP_BITS) + (micros >> shift) as usize
}

/// How often the width of a bucket is doubled.
fn shift_of(index: usize) -> u32 {
    (index as u32 >> STEP_BITS).saturating_sub(1)
}

fn lowest(index: usize) -> u64 {
    let shift = shift_of(index);
    (index as u64 - (u64::from(shift) << STEP_BITS)) << shift
}

fn highest(index: usize) -> u64 {
    lowest(index) + (1 << shift_of(index)) - 1
}

#[inline]
fn whole_micros(latency: Span) -> u64 {
    ((latency.0 + 500) / 1000).clamp(1, LARGEST_US)
}

/// As base64 of the HdrHistogram V2 compressed ("V2Deflate") form; the empty string when empty.
impl Serialize for Latencies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(counts) = self.as_hdr() else { return serializer.serialize_str("") };
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&counts, &mut bytes).map_err(ser::Error::custom)?;
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Latencies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Latencies::default());
        }
        let bytes = STANDARD.decode(text).map_err(de::Error::custom)?;
        let counts: Histogram<u64> =
            HdrDeserializer::new().deserialize(&mut bytes.as_slice()).map_err(de::Error::custom)?;
        let mut latencies = Latencies::default();
        for step in counts.iter_recorded() {
            latencies.add(step.value_iterated_to().min(LARGEST_US), step.count_at_value());
        }
        Ok(latencies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_and_a_round_trip_keep_every_count() {
        let mut a = Latencies::default();
        let mut b = Latencies::default();
        (1..=1000).for_each(|ms| a.record(Span::from_millis(ms)));
        b.record_n(Span::from_secs(60), 10);
        a.merge(&b);
        a.merge(&Latencies::default());
        let text = serde_json::to_string(&a).expect("serializes");
        let back: Latencies = serde_json::from_str(&text).expect("reads back");
        assert_eq!(back.steps(), a.steps());
        assert_eq!(back.count(), 1010);
        assert!((back.quantile(0.5).expect("not empty") / 0.505 - 1.0).abs() < 0.001);
        assert!((back.max().expect("not empty") / 60.0 - 1.0).abs() < 0.001);
        assert_eq!(back.count_at_most(0.1), 100);
        let mut small: Latencies = serde_json::from_str(&small_text()).expect("reads back");
        small.merge(&b);
        assert_eq!(small.count(), 11);
    }

    #[test]
    fn few_values_read_as_many_do() {
        let mut few = Latencies::default();
        let mut many = Latencies::default();
        for n in 0..FEW as u64 {
            let latency = Span(1_000_000 + n * n * 7_919_000);
            few.record(latency);
            many.record_n(latency, 1);
        }
        assert!(few.counts.is_empty() && !many.counts.is_empty());
        assert_eq!(few, many);
        for q in [0.1, 0.5, 0.99] {
            assert_eq!(few.quantile(q), many.quantile(q));
        }
        assert_eq!((few.mean(), few.max(), few.count()), (many.mean(), many.max(), many.count()));
        assert_eq!(serde_json::to_string(&few).expect("serializes"), serde_json::to_string(&many).expect("serializes"));
        few.record(Span::from_millis(5));
        many.record(Span::from_millis(5));
        assert!(!few.counts.is_empty());
        assert_eq!(few, many);
        let mut joined = Latencies::default();
        joined.merge(&few);
        joined.merge(&few);
        many.merge(&few);
        assert_eq!(joined, many);
    }

    /// The crate that everybody else reads with.
    #[test]
    fn reads_as_hdrhistogram_does() {
        let mut ours = Latencies::default();
        let mut theirs: Histogram<u64> = Histogram::new(DIGITS).expect("3 digits are within 0..=5");
        let mut dice = crate::base::Dice::named(1, "latencies");
        for _ in 0..20_000 {
            let micros = (libm::exp(dice.unit() * 25.0) as u64).clamp(1, LARGEST_US);
            ours.record(Span(micros * 1000));
            theirs.record(micros).expect("it grows");
        }
        for q in [0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0] {
            assert_eq!(ours.quantile(q), Some(theirs.value_at_quantile(q) as f64 / 1e6), "quantile {q}");
        }
        assert_eq!(ours.mean(), Some(theirs.mean() / 1e6));
        assert_eq!(ours.max(), Some(theirs.max() as f64 / 1e6));
        for seconds in [1e-6, 0.0019, 0.5, 3.0, 7200.0] {
            assert_eq!(ours.count_at_most(seconds), theirs.count_between(0, (seconds * 1e6) as u64));
        }
        let steps: Vec<(f64, u64)> =
            theirs.iter_recorded().map(|step| (step.value_iterated_to() as f64 / 1e6, step.count_at_value())).collect();
        assert_eq!(ours.steps(), steps);
        assert_eq!(ours.as_hdr(), Some(theirs));
    }

    fn small_text() -> String {
        let mut small = Latencies::default();
        small.record(Span::from_millis(1));
        serde_json::to_string(&small).expect("serializes")
    }

    #[test]
    fn an_empty_set_has_no_quantile() {
        let empty = Latencies::default();
        assert_eq!((empty.quantile(0.99), empty.mean(), empty.max()), (None, None, None));
        let back: Latencies = serde_json::from_str("\"\"").expect("reads back");
        assert_eq!(back, empty);
    }
}
