//! `junit.xml` in the dialect that Jenkins reads, valid against the `junit-10.xsd` of its xUnit plugin: a suite for each run, a case for each
//! line that it was judged by, for each fault ("fault NAME happened"), and for the live world "everything undone".
//!
//! A line that broke is a failure (type `slo`, or `recovery`), what cannot be told and a fault that left no evidence are errors (type
//! `inconclusive`), what a run left behind is a failure (type `left-behind`), and lines that are shown for information are skipped. The message
//! stands in the attribute and, with the line's place, in the body, since some readers show only one of them. Properties: seed, version,
//! digests, world; the suite's output is the command that plays it again. A line that held at a later try only (`run --retries`) has a `flakyFailure` or
//! `flakyError` for each try in which it did not.

use super::{Account, Document, Format, title};
use crate::judge::{Judgement, Verdict};
use crate::record::Recording;
use crate::report::figures;
use crate::report::points::{self, Outcome, Point};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use std::time::Duration;

pub static FORMAT: Format = Format {
    word: "junit",
    file: "junit.xml",
    purpose: "test cases for Jenkins, GitLab and others, one an expectation",
    is_joint: true,
    is_printed: true,
    source: include_str!("junit.rs"),
    begin: || Box::new(Suites(Report::new("firedrill"))),
};

struct Suites(Report);

impl Document for Suites {
    fn add(&mut self, account: &Account) -> Result<(), String> {
        self.0.add_test_suite(suite(account));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        let xml = self.0.to_string().map_err(|error| error.to_string())?;
        // The schema knows this count of a suite, but not of all suites.
        let skipped = format!(" skipped=\"{}\"", self.0.skipped);
        Ok(xml.replacen(&skipped, "", 1).into_bytes())
    }
}

fn suite(account: &Account) -> TestSuite {
    let Account { recording, judgement, command, .. } = *account;
    let name = title(recording);
    let class = format!("firedrill.{}", clean(&name));
    let mut suite = TestSuite::new(clean(&name));
    suite.set_time(Duration::try_from_secs_f64(recording.head.wall_s).unwrap_or_default());
    suite.add_properties(properties(recording));
    suite.set_system_out(clean(&format!("{}\nplay it again: {command}", judgement.reason)));
    suite.add_test_cases(points::of(recording, judgement).iter().enumerate().map(|(at, point)| {
        let mut case = case(point, &class);
        tried(&mut case.status, point, judgement, at == 0);
        case
    }));
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

fn case(point: &Point, class: &str) -> TestCase {
    let status = match point.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed => bad(NonSuccessKind::Failure, point),
        Outcome::Inconclusive => bad(NonSuccessKind::Error, point),
        Outcome::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(clean(&point.message));
            status
        }
    };
    let mut case = TestCase::new(clean(&point.name), status);
    case.set_classname(class);
    case
}

/// What earlier tries said of the same line. A try in which no line was missed, because a fault did not happen, is told at the first case.
fn tried(status: &mut TestCaseStatus, point: &Point, judgement: &Judgement, is_first: bool) {
    let mut reruns = Vec::new();
    for earlier in &judgement.tries {
        let missed = earlier.missed.iter().find(|line| line.text == point.name);
        let (verdict, message) = match missed {
            Some(line) => (line.verdict, figures::detail(line)),
            None if is_first && earlier.missed.is_empty() => (earlier.verdict, earlier.reason.clone()),
            None => continue,
        };
        let kind = if verdict == Verdict::Broken { NonSuccessKind::Failure } else { NonSuccessKind::Error };
        let mut rerun = TestRerun::new(kind);
        rerun.set_type("flaky").set_message(clean(&message)).set_description(clean(&points::earlier(earlier)));
        reruns.push(rerun);
    }
    // Who wants no run that holds now and then is told so at the lines that did.
    if judgement.flaky && judgement.verdict != Verdict::Holds && !reruns.is_empty() {
        let point =
            Point { sort: "flaky", message: judgement.reason.clone(), body: judgement.reason.clone(), ..point.clone() };
        *status = bad(NonSuccessKind::Failure, &point);
    }
    status.add_reruns(reruns);
}

/// The message stands in the attribute and in the body: Jenkins shows one of them here and the other there.
fn bad(kind: NonSuccessKind, point: &Point) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(point.sort).set_message(clean(&point.message)).set_description(clean(&point.body));
    status
}

/// Without the two characters that XML forbids and the library lets through; it strips control characters itself.
fn clean(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{account, written};
    use super::*;
    use crate::judge::judge;
    use crate::plan::World;
    use crate::record::{UndoNote, fixture};

    fn read_back(recording: &Recording) -> Report {
        let judgement = judge(recording);
        let account = account(recording, &judgement);
        let xml = written(&FORMAT, &[account]);
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
        let said = suite.system_out.as_ref().expect("an output").as_str();
        assert!(said.ends_with("play it again: firedrill run fixture"), "{said}");
        let names: Vec<&str> = suite.properties.iter().map(|property| property.name.as_str()).collect();
        assert_eq!(names, ["seed", "version", "plan_digest", "recording_digest", "world"]);
    }

    #[test]
    fn a_line_that_held_at_a_later_try_is_flaky() {
        let broken = judge(&fixture::recording(&fixture::judged_plan()));
        let mut plan = fixture::judged_plan();
        plan.expectations.truncate(2);
        let mut recording = fixture::recording(&plan);
        recording.plan.expectations[1].bound = crate::plan::expectation::Bound::Value(1.0);
        let flaky = judge(&recording).after(vec![crate::judge::Try::of(&broken)]);
        assert!(flaky.flaky, "{}", flaky.reason);
        let told = |judgement: &Judgement| written(&FORMAT, &[account(&recording, judgement)]);
        let passed = told(&flaky);
        assert!(passed.contains("failures=\"0\"") && passed.matches("<flakyFailure").count() == 1, "{passed}");
        let report = Report::deserialize_from_str(&passed).expect("parses back");
        let TestCaseStatus::Success { flaky_runs } = &report.test_suites[0].test_cases[1].status else {
            panic!("held")
        };
        let message = flaky_runs[0].message.as_ref().expect("a message").as_str();
        assert!(message.starts_with("measured 10ms") && message.contains("bound 5ms"), "{message}");
        let refused = told(&flaky.refusing_flaky());
        assert!(refused.contains("failures=\"1\"") && refused.contains("<rerunFailure"), "{refused}");
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
