//! `latency.hlog`: the latencies of each client in each recording window as an HdrHistogram interval log (version 1.3, histograms in V2 compressed
//! form), which HistogramLogAnalyzer, HdrHistogramVisualizer and every HdrHistogram library read.
//!
//! Values are whole microseconds of successful requests, by intended send time. The tag of a line is the client's name; times are seconds from the
//! begin of the run, and the largest value of a line is in milliseconds. Windows without a value are left out.

use super::{Account, Format, Parts, title};
use crate::base::Time;
use crate::record::Latencies;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use std::time::Duration;

pub static FORMAT: Format = Format {
    word: "hlog",
    file: "latency.hlog",
    purpose: "HdrHistogram interval log: each client's latencies window by window",
    is_joint: false,
    is_printed: false,
    source: include_str!("hlog.rs"),
    begin: || Parts::begin("", log),
};

/// Largest values are written in milliseconds.
const MICROS_A_MILLI: f64 = 1000.0;

fn log(account: &Account) -> Result<Vec<u8>, String> {
    let recording = account.recording;
    let (mut bytes, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let version = &recording.head.version;
    let mut builder = IntervalLogWriterBuilder::new();
    builder
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(&format!("[Logged by firedrill {version}: {}, seed {}]", title(recording), recording.plan.seed))
        .add_comment("Values are microseconds; tags are clients; times count from the begin of the run")
        .with_start_time(std::time::SystemTime::UNIX_EPOCH)
        .with_max_value_divisor(MICROS_A_MILLI);
    let mut writer = builder.begin_log_with(&mut bytes, &mut serializer).map_err(|error| error.to_string())?;
    // In order of time, as readers expect.
    for (index, cell) in recording.grid.cells.iter().enumerate() {
        for series in &recording.clients {
            let latencies: &Latencies = &series.cells[index].latency;
            let Some(histogram) = latencies.as_hdr() else { continue };
            let tag = tag(&series.name);
            let length = since_begin(cell.to) - since_begin(cell.from);
            let written = writer.write_histogram(&histogram, since_begin(cell.from), length, Tag::new(&tag));
            written.map_err(|error| format!("{error:?}"))?;
        }
    }
    Ok(bytes)
}

fn since_begin(at: Time) -> Duration {
    Duration::from_nanos(at.0)
}

/// A tag holds no commas and no blanks.
fn tag(name: &str) -> String {
    name.replace([',', ' ', '\r', '\n'], "_")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{account, written};
    use super::*;
    use crate::judge::judge;
    use crate::report::fixture;
    use base64::Engine as _;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    #[test]
    fn it_reads_back_with_every_value() {
        let recording = fixture::incident();
        let log = written(&FORMAT, &[account(&recording, &judge(&recording))]);
        let mut count = 0;
        for entry in IntervalLogIterator::new(log.as_bytes()) {
            if let LogEntry::Interval(line) = entry.expect("a line of a log") {
                assert_eq!(line.tag().map(|tag| tag.as_str()), Some("users"));
                let bytes = base64::engine::general_purpose::STANDARD.decode(line.encoded_histogram());
                let bytes = bytes.expect("base64");
                let histogram: hdrhistogram::Histogram<u64> =
                    Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
                assert!((line.max() * 1000.0 - histogram.max() as f64).abs() < 1.0);
                count += histogram.len();
            }
        }
        let ok: u64 = recording.clients[0].cells.iter().map(|cell| cell.ok).sum();
        assert_eq!(count, ok);
    }

    #[test]
    fn tags_hold_nothing_that_ends_them() {
        assert_eq!(tag("web users, all"), "web_users__all");
    }
}
