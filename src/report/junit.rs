//! `junit.xml` in the dialect that Jenkins reads: a suite for each run, a case for each line it was judged by, for each fault ("it happened"),
//! and for the live world ("everything undone"). Broken is a failure, inconclusive an error, lines for information are skipped.

use super::figures::detail;
use super::seeds;
use crate::judge::seeds::{LineOverSeeds, OverSeeds};
use crate::judge::{Basis, Judged, Judgement, Verdict};
use crate::plan::World;
use crate::record::Recording;
use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The report on one or more runs.
pub fn junit(runs: &[(&Recording, &Judgement)]) -> Result<String, SerializeError> {
    let mut report = Report::new("firedrill");
    report.add_test_suites(runs.iter().map(|(recording, judgement)| suite(recording, judgement)));
    report.to_string()
}

fn suite(recording: &Recording, judgement: &Judgement) -> TestSuite {
    let plan = &recording.plan;
    let name = match &plan.variant {
        Some(variant) => format!("{} ({variant})", plan.scenario),
        None => plan.scenario.clone(),
    };
    let class = format!("firedrill.{}", clean(&name));
    let mut suite = TestSuite::new(clean(&name));
    suite.set_time(Duration::try_from_secs_f64(recording.head.wall_s).unwrap_or_default());
    suite.add_properties(properties(recording));
    let cases = lines(judgement).into_iter().chain(faults(recording)).chain(endings(recording));
    for (name, status) in cases {
        let mut case = TestCase::new(clean(&name), status);
        case.set_classname(class.as_str());
        suite.add_test_case(case);
    }
    suite
}

fn properties(recording: &Recording) -> Vec<Property> {
    let plan = &recording.plan;
    let pairs = [
        ("seed", plan.seed.to_string()),
        ("version", recording.head.version.clone()),
        ("plan_digest", recording.head.plan_digest.clone()),
        ("recording_digest", recording.digest()),
        ("world", plan.world.word().to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| Property::new(name, clean(&value))).collect()
}

fn lines(judgement: &Judgement) -> Vec<(String, TestCaseStatus)> {
    let all = |decide: fn(&Line) -> TestCaseStatus, lines: &[Line]| -> Vec<(String, TestCaseStatus)> {
        lines.iter().map(|line| (line.text.clone(), decide(line))).collect()
    };
    let (expectations, symptoms) = told(judgement);
    match judgement.basis {
        Basis::Expectations => all(status, &expectations),
        Basis::Symptoms => [all(status, &symptoms), all(informative, &expectations)].concat(),
        Basis::StillBroken => {
            let whole = ("still broken: at least one expectation breaks".to_owned(), whole_status(judgement));
            [vec![whole], all(informative, &expectations)].concat()
        }
    }
}

/// A line as it was judged: under one seed, or under all of them.
struct Line {
    text: String,
    place: String,
    verdict: Verdict,
    detail: String,
}

fn told(judgement: &Judgement) -> (Vec<Line>, Vec<Line>) {
    let alone = |line: &Judged| Line {
        text: line.text.clone(),
        place: line.place.clone(),
        verdict: line.verdict,
        detail: detail(line),
    };
    let over_all = |over: &OverSeeds, line: &LineOverSeeds| Line {
        text: line.text.clone(),
        place: line.place.clone(),
        verdict: line.verdict,
        detail: seeds::detail(line, over),
    };
    match judgement.seeds.as_deref() {
        None => (judgement.expectations.iter().map(alone).collect(), judgement.symptoms.iter().map(alone).collect()),
        Some(over) => {
            let each = |lines: &[LineOverSeeds]| lines.iter().map(|line| over_all(over, line)).collect();
            (each(&over.expectations), each(&over.symptoms))
        }
    }
}

fn status(line: &Line) -> TestCaseStatus {
    let body = format!("{}\n{}\n{}", line.text, line.place, line.detail);
    match line.verdict {
        Verdict::Holds => TestCaseStatus::success(),
        Verdict::Broken => bad(NonSuccessKind::Failure, "broken", &line.detail, &body),
        Verdict::CannotTell => bad(NonSuccessKind::Error, "cannot tell", &line.detail, &body),
    }
}

fn informative(line: &Line) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(clean(&format!("for information: {}: {}", line.verdict.word(), line.detail)));
    status
}

fn whole_status(judgement: &Judgement) -> TestCaseStatus {
    let reason = &judgement.reason;
    let broken = judgement.count(Verdict::Broken) > 0;
    match judgement.verdict {
        _ if broken => TestCaseStatus::success(),
        Verdict::CannotTell => bad(NonSuccessKind::Error, "cannot tell", reason, reason),
        Verdict::Holds | Verdict::Broken => bad(NonSuccessKind::Failure, "held", reason, reason),
    }
}

fn faults(recording: &Recording) -> impl Iterator<Item = (String, TestCaseStatus)> {
    recording.plan.faults.iter().zip(&recording.evidence).map(|(fault, evidence)| {
        let message = format!("{} on {} touched nothing, so the run shows nothing about it", fault.label, fault.on);
        let status = match evidence.touched {
            0 => bad(NonSuccessKind::Error, "no evidence", &message, &message),
            _ => TestCaseStatus::success(),
        };
        (format!("fault {} happened", fault.name), status)
    })
}

/// Whether the run reached its end, when it did not; and in the live world whether it left nothing behind.
fn endings(recording: &Recording) -> Vec<(String, TestCaseStatus)> {
    let mut cases = Vec::new();
    if let Some(cut) = &recording.cut_short {
        let message = format!("the run ended early, at {}: {}", cut.at, cut.why);
        cases.push(("the run reached its end".to_owned(), bad(NonSuccessKind::Error, "cut short", &message, &message)));
    }
    if recording.plan.world == World::Live {
        let left = recording.undo.iter().filter(|note| !note.done);
        let left: Vec<String> = left.map(|note| format!("{}: {}", note.what, note.detail)).collect();
        let status = match left.first() {
            None => TestCaseStatus::success(),
            Some(first) => bad(NonSuccessKind::Failure, "left behind", first, &left.join("\n")),
        };
        cases.push(("everything undone".to_owned(), status));
    }
    cases
}

/// The message stands in the attribute and in the body: Jenkins shows one of them here and the other there.
fn bad(kind: NonSuccessKind, sort: &str, message: &str, body: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(sort).set_message(clean(message)).set_description(clean(body));
    status
}

/// Without the two characters that XML forbids and the library lets through; it strips control characters itself.
fn clean(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::judge;
    use crate::record::{UndoNote, fixture};

    fn read_back(recording: &Recording) -> Report {
        let xml = junit(&[(recording, &judge(recording))]).expect("serializes");
        Report::deserialize_from_str(&xml).expect("parses back")
    }

    fn kind_of(case: &TestCase) -> &'static str {
        match &case.status {
            TestCaseStatus::Success { .. } => "success",
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failure",
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => "error",
            TestCaseStatus::Skipped { .. } => "skipped",
        }
    }

    fn cases(report: &Report) -> Vec<(&str, &'static str)> {
        report.test_suites[0].test_cases.iter().map(|case| (case.name.as_str(), kind_of(case))).collect()
    }

    #[test]
    fn verdicts_become_success_failure_and_error() {
        let mut recording = fixture::recording(&fixture::judged_plan());
        recording.plan.world = World::Live;
        recording.plan.variant = Some("wider".to_owned());
        let report = read_back(&recording);
        let suite = &report.test_suites[0];
        assert_eq!((suite.name.as_str(), suite.tests, suite.failures, suite.errors), ("fixture (wider)", 5, 1, 1));
        let expected = [
            ("success(users) >= 99% during slow", "success"),
            ("p99(users) < 5ms during slow", "failure"),
            ("p99.9(users) < 5ms during slow", "error"),
            ("fault slow happened", "success"),
            ("everything undone", "success"),
        ];
        assert_eq!(cases(&report), expected);
        let TestCaseStatus::NonSuccess { message, description, .. } = &suite.test_cases[1].status else {
            panic!("a failure")
        };
        let message = message.as_ref().expect("a message").as_str();
        assert!(message.starts_with("measured 10ms") && message.contains("bound 5ms, n 2000"), "{message}");
        assert!(description.as_ref().expect("a body").as_str().contains(message));
        let names: Vec<&str> = suite.properties.iter().map(|property| property.name.as_str()).collect();
        assert_eq!(names, ["seed", "version", "plan_digest", "recording_digest", "world"]);
    }

    #[test]
    fn trouble_is_told_and_forbidden_characters_are_stripped() {
        let mut recording = fixture::recording(&fixture::plan());
        recording.plan.world = World::Live;
        recording.plan.scenario = "a\u{1}<b>&\u{ffff}\"".to_owned();
        recording.evidence[0] = Default::default();
        let undo = UndoNote {
            what: "mount".to_owned(),
            done: false,
            detail: "busy \u{1b}[31m]]>".to_owned(),
            ..UndoNote::default()
        };
        recording.undo = vec![undo];
        let report = read_back(&recording);
        assert_eq!(report.test_suites[0].name.as_str(), "a<b>&\"");
        assert_eq!(cases(&report), [("fault slow happened", "error"), ("everything undone", "failure")]);
    }

    #[test]
    fn symptoms_and_wrong_fixes_show_their_expectations_for_information() {
        let mut plan = fixture::judged_plan();
        plan.symptoms = vec![plan.expectations[0].clone()];
        let base = read_back(&fixture::recording(&plan));
        let kinds: Vec<&str> = cases(&base).iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, ["success", "skipped", "skipped", "skipped", "success"]);
        (plan.still_broken, plan.variant) = (true, Some("wrong".to_owned()));
        let wrong = read_back(&fixture::recording(&plan));
        assert_eq!(cases(&wrong)[0], ("still broken: at least one expectation breaks", "success"));
        plan.expectations.truncate(1);
        let mended = read_back(&fixture::recording(&plan));
        assert_eq!(cases(&mended)[0].1, "failure");
    }
}
