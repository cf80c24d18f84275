//! Each document of a run whose lines hold, break and cannot be told, read by an independent reader of its format.

use super::{drive, folder, play};
use std::path::Path;

/// The base and a variant, which break and cannot be told, in one document.
fn both(folder: &Path, output: &str) {
    play(folder, &["run", "shop.yaml", "--all-variants", "--output", output], 10);
}

const JUNIT: &str = r#"
import os, xmlschema
from junitparser import JUnitXml, Failure, Error, SystemOut
schema = xmlschema.XMLSchema(os.path.join(os.environ["READERS"], "schema", "junit-10.xsd"))
schema.validate("junit.xml")
xml = JUnitXml.fromfile("junit.xml")
suites = list(xml)
assert [suite.name for suite in suites] == ["shop", "shop (fast)"], suites
base = suites[0]
assert (base.tests, base.failures, base.errors) == (4, 1, 1), (base.tests, base.failures, base.errors)
properties = {p.name: p.value for p in base.properties()}
assert properties["seed"] == "1" and properties["plan_digest"].startswith("sha256:"), properties
assert properties["version"] and properties["recording_digest"].startswith("sha256:"), properties
(said,) = base.iterchildren(SystemOut)
assert "firedrill run shop.yaml --seed 1" in said.text, said.text
cases = list(base)
assert [case.name for case in cases] == ["success(users) >= 99% whole", "p50(users) < 1ms during late", "p99.99(users) < 1s whole", "fault late happened"]
assert not cases[0].result and not cases[3].result
(broken,) = cases[1].result
assert isinstance(broken, Failure) and broken.type == "slo" and broken.message.startswith("measured "), broken
assert broken.message in broken.text and "shop.yaml:14:5" in broken.text, broken.text
(unknown,) = cases[2].result
assert isinstance(unknown, Error) and unknown.type == "inconclusive" and "needs 100000" in unknown.text, unknown.text
try:
    schema.validate(open("junit.xml").read().replace(" tests=", " probes="))
    assert False, "the schema refuses nothing"
except xmlschema.XMLSchemaValidationError:
    print("content")
"#;

#[test]
fn junit_is_valid_by_the_schema_of_jenkins_and_reads_back() {
    let folder = folder();
    both(folder.path(), "junit=junit.xml");
    assert_eq!(drive(JUNIT, folder.path(), &[]), "content\n");
}

const TAP: &str = r##"
from tap.parser import Parser
lines = list(Parser().parse_file("out.tap"))
kinds = [line.category for line in lines]
assert kinds[:2] == ["version", "plan"] and lines[0].version == 14, kinds
tests = [line for line in lines if line.category == "test"]
assert lines[1].expected_tests == len(tests) == 8, kinds
assert [test.number for test in tests] == list(range(1, 9))
assert [test.ok for test in tests[:4]] == [True, False, False, True], [str(test) for test in tests]
assert "p50(users) < 1ms during late" in tests[1].description
block = tests[1].yaml_block
assert block["severity"] == "fail" and block["at"] == "shop.yaml:14:5" and block["message"].startswith("measured "), block
assert tests[2].yaml_block["severity"] == "inconclusive"
print("content")
"##;

#[test]
fn tap_reads_back() {
    let folder = folder();
    both(folder.path(), "tap=out.tap");
    assert_eq!(drive(TAP, folder.path(), &[]), "content\n");
}

const HISTOGRAMS: &str = r##"
import io, json
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
def day():
    return HdrHistogram(1, 24 * 3600 * 1000000, 3)
whole, total, warm = {}, {}, 1.0
reader = HistogramLogReader("shop.hlog", day())
while True:
    one = reader.get_next_interval_histogram()
    if one is None:
        break
    begin = one.get_start_time_stamp() / 1000
    total.setdefault(one.get_tag(), day()).add(one)
    if begin >= warm:
        whole.setdefault(one.get_tag(), day()).add(one)
result = json.load(open("result.json"))
phase = [p for p in result["phases"] if p["name"] == "whole"][0]
assert sorted(total) == ["crawlers", "users"], total
for name, client in phase["clients"].items():
    read, told = whole[name], client["latency_ms"]
    assert read.get_total_count() == told["count"], (name, read.get_total_count(), told)
    for quantile, field in ((50, "p50"), (90, "p90"), (99, "p99")):
        value = read.get_value_at_percentile(quantile) / 1000
        assert abs(value - told[field]) < 0.0011 * told[field], (name, quantile, value, told[field])
def rows(text):
    kept = [line.split() for line in text.splitlines() if line and not line.startswith("#") and "Percentile" not in line]
    return [[float(word) for word in row] for row in kept]
blocks = open("shop.hgrm").read().split("#[Client ")[1:]
for block in blocks:
    name, text = block.split("]", 1)
    ours, out = rows(text), io.BytesIO()
    whole[name].output_percentile_distribution(out, 1000, 5)
    theirs = rows(out.getvalue().decode())
    assert len(ours) >= 5 and ours[-1] == theirs[-1], (ours[-1], theirs[-1])
    steps = [(step.value_iterated_to, step.count_at_value_iterated_to) for step in whole[name].get_recorded_iterator()]
    for row in ours:
        # Every row of ours is a point of the distribution that they read from the log.
        count = sum(count for value, count in steps if value <= row[0] * 1000 + 0.6)
        assert count == row[2], (name, row, count)
print("content", len(blocks))
"##;

#[test]
fn histograms_read_back_by_another_implementation() {
    let folder = folder();
    let outputs = ["--output", "hlog=shop.hlog", "--output", "hgrm=shop.hgrm", "--output", "json=result.json"];
    play(folder.path(), &[["run", "shop.yaml"].as_slice(), &outputs].concat(), 10);
    assert_eq!(drive(HISTOGRAMS, folder.path(), &[]), "content 2\n");
}

const METRICS: &str = r##"
import json
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = open("shop.prom").read()
assert text.endswith("# EOF\n")
families = {family.name: family for family in text_string_to_metric_families(text)}
result = json.load(open("result.json"))
ok = [s for s in families["firedrill_client_requests"].samples if s.labels["outcome"] == "ok" and s.labels["client"] == "users" and not s.labels["variant"]]
assert families["firedrill_client_requests"].type == "counter" and ok[0].value > 1000, ok
(code,) = [s for s in families["firedrill_run_exit_code"].samples if not s.labels["variant"]]
assert code.value == 10 and code.labels["scenario"] == "shop" and code.labels["seed"] == "1", code
held = {s.labels["expectation"]: s.value for s in families["firedrill_expectation_held"].samples if not s.labels["variant"]}
assert held == {"success(users) >= 99% whole": 1.0, "p50(users) < 1ms during late": 0.0}, held
print("content")
"##;

#[test]
fn metrics_are_read_by_the_parser_of_prometheus() {
    let folder = folder();
    both(folder.path(), "openmetrics=shop.prom");
    play(folder.path(), &["run", "shop.yaml", "--output", "json=result.json"], 10);
    assert_eq!(drive(METRICS, folder.path(), &[]), "content\n");
}

const CSV: &str = r##"
import csv, json
rows = list(csv.DictReader(open("shop.csv", newline="")))
assert {row["variant"] for row in rows} == {"", "fast"} and {row["name"] for row in rows} == {"users", "crawlers", "web", "db"}
users = [row for row in rows if row["name"] == "users" and not row["variant"] and float(row["from_s"]) >= 1]
result = json.load(open("result.json"))
phase = [p for p in result["phases"] if p["name"] == "whole"][0]
for column in ("offered", "sent", "ok", "retries"):
    assert sum(int(row[column]) for row in users) == phase["clients"]["users"][column], column
assert all(None not in row and None not in row.values() for row in rows)
print("content")
"##;

#[test]
fn csv_reads_back_with_the_same_sums() {
    let folder = folder();
    both(folder.path(), "csv=shop.csv");
    play(folder.path(), &["run", "shop.yaml", "--output", "json=result.json"], 10);
    assert_eq!(drive(CSV, folder.path(), &[]), "content\n");
}

#[test]
fn one_document_goes_to_standard_output_and_help_lists_all() {
    let folder = folder();
    let (_, told) = play(folder.path(), &["run", "shop.yaml", "--output", "csv", "--output", "tap"], 2);
    assert!(told.contains("more than one --output goes to standard output"), "{told}");
    let (said, told) = play(folder.path(), &["run", "shop.yaml", "--output", "tap"], 10);
    assert!(said.starts_with("TAP version 14\n") && !said.contains("exit 10"), "{said}");
    assert!(told.ends_with("exit 10: 1 of 3 expectations broken\n"), "{told}");
    let (said, _) = play(folder.path(), &["run", "--output", "help"], 0);
    for word in ["text", "json", "junit", "csv", "hlog", "hgrm", "trace", "openmetrics", "tap"] {
        assert!(said.contains(&format!("\n  {word} ")), "{word}: {said}");
    }
}

#[test]
fn a_recording_gives_the_same_documents_again() {
    let folder = folder();
    let wishes = ["csv=a.csv", "tap=a.tap", "hlog=a.hlog", "trace=a.json", "recording=a.recording"];
    let outputs: Vec<&str> = wishes.iter().flat_map(|wish| ["--output", wish]).collect();
    play(folder.path(), &[["run", "shop.yaml"].as_slice(), &outputs].concat(), 10);
    let wishes = ["csv=b.csv", "tap=b.tap", "hlog=b.hlog", "trace=b.json"];
    let outputs: Vec<&str> = wishes.iter().flat_map(|wish| ["--output", wish]).collect();
    play(folder.path(), &[["report", "a.recording"].as_slice(), &outputs].concat(), 10);
    for ending in ["csv", "tap", "hlog", "json"] {
        let read = |name: &str| std::fs::read_to_string(folder.path().join(format!("{name}.{ending}"))).expect("there");
        assert_eq!(read("a"), read("b"), "{ending}");
    }
}

const FLAKY: &str = r#"
import os, xmlschema
from junitparser.xunit2 import FlakyFailure, JUnitXml
xmlschema.XMLSchema(os.path.join(os.environ["READERS"], "schema", "junit-10.xsd")).validate("junit.xml")
(suite,) = JUnitXml.fromfile("junit.xml")
assert (suite.failures, suite.errors) == (0, 0), (suite.failures, suite.errors)
(case, *others) = suite
(flaky,) = case.iterchildren(FlakyFailure)
assert flaky.message.startswith("measured 0%") and flaky.type == "flaky", flaky.message
assert not any(list(other.iterchildren(FlakyFailure)) for other in others)
print("content")
"#;

#[test]
fn junit_tells_flaky_lines_as_jenkins_reads_them() {
    let folder = folder();
    crate::cli::tried::flaky(folder.path());
    play(folder.path(), &["run", "flaky.yaml", "--retries", "1", "--output", "junit=junit.xml"], 0);
    assert_eq!(drive(FLAKY, folder.path(), &[]), "content\n");
}
