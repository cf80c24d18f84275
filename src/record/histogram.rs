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

/// A set of latencies. It takes memory as it takes values: none when empty, 4 bytes a value while there are few, then a histogram.
/// What is read from it is the same in either form.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    few_us: Vec<u32>,
    counts: Option<Box<Histogram<u64>>>,
}

impl Latencies {
    #[inline]
    pub fn record(&mut self, latency: Span) {
        let micros = whole_micros(latency);
        match (&mut self.counts, u32::try_from(micros)) {
            (None, Ok(micros)) if self.few_us.len() < FEW => self.few_us.push(micros),
            (Some(counts), _) => add(counts, micros, 1),
            _ => add(self.histogram(), micros, 1),
        }
    }

    pub fn record_n(&mut self, latency: Span, n: u64) {
        add(self.histogram(), whole_micros(latency), n);
    }

    pub fn merge(&mut self, other: &Latencies) {
        if let Some(counts) = &other.counts {
            self.histogram().add(counts.as_ref()).expect("an auto-resizing histogram takes in every other");
        }
        if self.counts.is_none() && self.few_us.len() + other.few_us.len() <= FEW {
            self.few_us.extend(&other.few_us);
        } else if !other.few_us.is_empty() {
            let counts = self.histogram();
            other.few_us.iter().for_each(|micros| add(counts, u64::from(*micros), 1));
        }
    }

    pub fn count(&self) -> u64 {
        self.few_us.len() as u64 + self.counts.as_ref().map_or(0, |counts| counts.len())
    }

    /// The quantile in seconds (`q` in 0..=1); `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.seconds(|counts| counts.value_at_quantile(q) as f64)
    }

    /// Seconds; `None` when empty.
    pub fn mean(&self) -> Option<f64> {
        self.seconds(Histogram::mean)
    }

    /// Seconds; `None` when empty.
    pub fn max(&self) -> Option<f64> {
        self.seconds(|counts| counts.max() as f64)
    }

    /// How many values were at most this many seconds.
    pub fn count_at_most(&self, seconds: f64) -> u64 {
        self.as_hdr().map_or(0, |counts| counts.count_between(0, (seconds * 1e6) as u64))
    }

    /// Every recorded step as (seconds, count), ascending.
    pub fn steps(&self) -> Vec<(f64, u64)> {
        let Some(counts) = self.as_hdr() else { return Vec::new() };
        counts.iter_recorded().map(|step| (step.value_iterated_to() as f64 / 1e6, step.count_at_value())).collect()
    }

    /// The values as a histogram in microseconds; `None` when empty.
    pub fn as_hdr(&self) -> Option<Cow<'_, Histogram<u64>>> {
        match &self.counts {
            Some(counts) if counts.is_empty() => None,
            Some(counts) => Some(Cow::Borrowed(counts)),
            None if self.few_us.is_empty() => None,
            None => {
                let mut counts = new_histogram();
                self.few_us.iter().for_each(|micros| add(&mut counts, u64::from(*micros), 1));
                Some(Cow::Owned(counts))
            }
        }
    }

    /// The histogram, made of the few values if there is none yet.
    fn histogram(&mut self) -> &mut Histogram<u64> {
        let few = &mut self.few_us;
        self.counts.get_or_insert_with(|| {
            let mut counts = new_histogram();
            std::mem::take(few).into_iter().for_each(|micros| add(&mut counts, u64::from(micros), 1));
            Box::new(counts)
        })
    }

    fn seconds(&self, read: impl Fn(&Histogram<u64>) -> f64) -> Option<f64> {
        self.as_hdr().map(|counts| read(&counts) / 1e6)
    }
}

impl PartialEq for Latencies {
    fn eq(&self, other: &Latencies) -> bool {
        self.steps() == other.steps()
    }
}

fn new_histogram() -> Histogram<u64> {
    Histogram::new(DIGITS).expect("3 digits are within 0..=5")
}

#[inline]
fn add(counts: &mut Histogram<u64>, micros: u64, n: u64) {
    counts.record_n(micros, n).expect("an auto-resizing histogram takes every value up to a day");
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
        let mut counts: Histogram<u64> =
            HdrDeserializer::new().deserialize(&mut bytes.as_slice()).map_err(de::Error::custom)?;
        // The format does not keep that it grows; without it a merge with larger values would fail.
        counts.auto(true);
        Ok(Latencies { few_us: Vec::new(), counts: Some(Box::new(counts)) })
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
        assert!(few.counts.is_none() && many.counts.is_some());
        assert_eq!(few, many);
        for q in [0.1, 0.5, 0.99] {
            assert_eq!(few.quantile(q), many.quantile(q));
        }
        assert_eq!((few.mean(), few.max(), few.count()), (many.mean(), many.max(), many.count()));
        assert_eq!(serde_json::to_string(&few).expect("serializes"), serde_json::to_string(&many).expect("serializes"));
        few.record(Span::from_millis(5));
        many.record(Span::from_millis(5));
        assert!(few.counts.is_some());
        assert_eq!(few, many);
        let mut joined = Latencies::default();
        joined.merge(&few);
        joined.merge(&few);
        many.merge(&few);
        assert_eq!(joined, many);
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
