//! Latencies as a mergeable HDR histogram in whole microseconds, which grows only as far as its largest value needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as HdrDeserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::base::Span;

/// Significant decimal digits kept of each value: 0.1% relative error at most.
const DIGITS: u8 = 3;
/// Largest value that is told apart, one day; longer ones are counted as one day.
const LARGEST_US: u64 = 24 * 3600 * 1_000_000;

/// A set of latencies. Empty ones cost no memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latencies {
    counts: Option<Box<Histogram<u64>>>,
}

impl Latencies {
    #[inline]
    pub fn record(&mut self, latency: Span) {
        self.record_n(latency, 1);
    }

    #[inline]
    pub fn record_n(&mut self, latency: Span, n: u64) {
        let micros = ((latency.0 + 500) / 1000).clamp(1, LARGEST_US);
        self.histogram().record_n(micros, n).expect("an auto-resizing histogram takes every value up to a day");
    }

    pub fn merge(&mut self, other: &Latencies) {
        if let Some(counts) = &other.counts {
            self.histogram().add(counts.as_ref()).expect("an auto-resizing histogram takes in every other");
        }
    }

    pub fn count(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.len())
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
        self.counts.as_ref().map_or(0, |counts| counts.count_between(0, (seconds * 1e6) as u64))
    }

    /// Every recorded step as (seconds, count), ascending.
    pub fn steps(&self) -> Vec<(f64, u64)> {
        let Some(counts) = &self.counts else { return Vec::new() };
        counts.iter_recorded().map(|step| (step.value_iterated_to() as f64 / 1e6, step.count_at_value())).collect()
    }

    /// The underlying histogram in microseconds, for exporters.
    pub fn as_hdr(&self) -> Option<&Histogram<u64>> {
        self.counts.as_deref()
    }

    fn histogram(&mut self) -> &mut Histogram<u64> {
        self.counts.get_or_insert_with(|| Box::new(Histogram::new(DIGITS).expect("3 digits are within 0..=5")))
    }

    fn seconds(&self, read: impl Fn(&Histogram<u64>) -> f64) -> Option<f64> {
        let counts = self.counts.as_ref().filter(|counts| !counts.is_empty())?;
        Some(read(counts) / 1e6)
    }
}

/// As base64 of the HdrHistogram V2 compressed ("V2Deflate") form; the empty string when empty.
impl Serialize for Latencies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(counts) = self.counts.as_ref().filter(|counts| !counts.is_empty()) else {
            return serializer.serialize_str("");
        };
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(counts, &mut bytes).map_err(ser::Error::custom)?;
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
        Ok(Latencies { counts: Some(Box::new(counts)) })
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
