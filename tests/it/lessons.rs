//! Lessons as their players meet them: every key of the library holds, a lesson is played through a pipe, and its page works in a browser.

use crate::reports::{opened, value};
use firedrill::lesson;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A part of the library's lessons, so that parts can be checked side by side.
fn check_part(part: usize) {
    let all = lesson::built_in();
    assert!(all.len() >= 2, "only {} lessons were found", all.len());
    for found in all.iter().skip(part).step_by(PARTS) {
        let case = found.open().unwrap_or_else(|_| panic!("{} has mistakes: firedrill learn check", found.name));
        let mistakes = lesson::check(&case, 1, false).unwrap_or_else(|why| panic!("{}: {why}", found.name)).mistakes;
        assert!(mistakes.is_empty(), "{}: {mistakes:#?}", found.name);
    }
}

macro_rules! parts {
    ($($test:ident $part:literal),* $(,)?) => {
        const PARTS: usize = [$($part),*].len();
        $(#[test] fn $test() { check_part($part); })*
    };
}

parts! { keys_0 0, keys_1 1, keys_2 2, keys_3 3, keys_4 4, keys_5 5, keys_6 6, keys_7 7 }

/// Every name that comes before this one, however far.
fn before(name: &str, needs: &BTreeMap<String, Vec<String>>, seen: &mut BTreeSet<String>) {
    for need in &needs[name] {
        if seen.insert(need.clone()) {
            before(need, needs, seen);
        }
    }
}

#[test]
fn no_lesson_needs_itself_and_those_of_the_ladder_need_lower_rungs() {
    let all: Vec<_> = lesson::built_in().iter().filter_map(|found| found.open().ok().map(|case| case.lesson)).collect();
    let needs = all.iter().map(|one| (one.scenario.clone(), one.needs.clone())).collect();
    for one in &all {
        let mut earlier = BTreeSet::new();
        before(&one.scenario, &needs, &mut earlier);
        assert!(!earlier.contains(&one.scenario), "{} needs itself", one.scenario);
        for need in all.iter().filter(|other| one.level.is_some() && earlier.contains(&other.scenario)) {
            assert!(need.level < one.level, "{} needs {}, which is no lower rung", one.scenario, need.scenario);
        }
    }
    let of = |name: &str| all.iter().find(|one| one.scenario == name).map(|one| one.needs.len());
    assert_eq!(of("the-cause-is-gone"), Some(2));
}

#[test]
fn each_chapter_of_the_course_plays_the_library_and_names_its_lesson() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/course");
    let lessons: BTreeSet<String> = lesson::built_in().into_iter().map(|found| found.name).collect();
    let mut chapters = 0;
    for file in std::fs::read_dir(folder).expect("the course is there").filter_map(Result::ok) {
        let text = std::fs::read_to_string(file.path()).expect("it can be read");
        let name = file.file_name().to_string_lossy().into_owned();
        for command in text.split("firedrill run ").chain(text.split("firedrill plan ")).skip(1) {
            assert!(!command.starts_with("scenarios/"), "{name}: a path where the name would do");
        }
        if name != "README.md" {
            let played = text
                .split("firedrill learn play ")
                .nth(1)
                .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect::<String>());
            assert!(played.is_some_and(|lesson| lessons.contains(&lesson)), "{name} names no lesson");
            chapters += 1;
        }
    }
    assert!(chapters >= 17, "only {chapters} chapters");
}

/// Plays a lesson in a folder with these answers, one a line.
fn played(folder: &Path, answers: &str) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(["learn", "play", "timeout-inversion"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // It may end before it has read everything.
    let _ = child.stdin.take().expect("a pipe").write_all(answers.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_lesson_is_played_through_a_pipe() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let answers = "dunno\n125\n2\n?\nhint\n1,3\n3 2\n3 3\n2\nnothing - the wait doubles\n";
    let (code, said) = played(folder.path(), answers);
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "that cannot be read",
        "What the simulation says",
        "(cost 3)",
        "* 1. confirmed",
        "  2. refuted",
        "━ measured: 129.5/s",
        "db: waiting",
        "What waits below you must give up",
        "The goal holds",
        "Right: 250 / 125",
        "| hints | -3 | |",
    ] {
        assert!(said.contains(words), "{words}:\n{said}");
    }
    assert!(said.lines().last().is_some_and(|line| line.starts_with("exit 0: 87 of 100 points")), "{said}");
    let card = std::fs::read_to_string(folder.path().join("reports/lesson/debrief.md")).expect("the card is there");
    assert!(card.contains("What waits below you must give up before you do"));
    let masked =
        std::fs::read_to_string(folder.path().join("reports/lesson/lesson.html")).expect("the charts are there");
    assert!(!masked.contains("spike") && !masked.contains("timeout-inversion"));
}

#[test]
fn the_end_of_the_input_ends_a_lesson_politely() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = played(folder.path(), "125\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("exit 0: the lesson ended with its input\n"), "{said}");
    assert!(!said.contains("6 s each") && !said.contains("spike"), "it gave the answer away: {said}");
}

/// Appended to a copy of a page: plays it as a reader would, and says in the page's title what came of it.
const READER: &str = "<script>
addEventListener('load', () => {
  const page = document.documentElement, wide = () => page.scrollWidth - page.clientWidth;
  const press = (words) => [...document.querySelectorAll('button')].find((one) => one.textContent.startsWith(words)).click();
  const before = document.body.innerText.includes('spike') ? 1 : 0, charts = document.querySelectorAll('svg.chart').length;
  document.querySelector('[name=guess-0]').value = '120/s';
  document.querySelectorAll('[name=guess-1]')[1].checked = true;
  document.querySelector('#guess-2 .unsure').click();
  const over = [wide()], covers = () => document.querySelectorAll('.cover').length, covered = covers();
  $('guesses').requestSubmit();
  const uncovered = covers(), marked = (where) => document.querySelectorAll(`${where} .marks path`).length, traced = marked('.trace');
  press('A hint');
  document.querySelectorAll('#after input[type=checkbox]').forEach((box) => { box.checked = /come (after|again)/.test(box.parentElement.textContent); });
  press('That is my answer');
  const knobs = document.querySelectorAll('input[type=range]');
  const goal = () => document.body.innerText.includes('The goal holds.') ? 1 : 0, first = goal();
  knobs[2].value = 2;
  knobs[2].oninput();
  over.push(wide());
  const mended = goal(), columns = document.querySelectorAll('#after table th').length, panels = document.querySelectorAll('.panels svg').length;
  document.querySelectorAll('fieldset button').forEach((button, at) => { button.previousElementSibling.value = ['2', 'nothing - the wait doubles'][at]; button.click(); });
  document.title = `over=${Math.max(...over)};charts=${charts};before=${before};first=${first};mended=${mended};panels=${panels};columns=${columns};traced=${traced};covered=${covered};uncovered=${uncovered};` +
    `score=${$('score').textContent};`;
});
</script>";

#[test]
fn the_page_of_a_lesson_is_played_in_a_browser_at_both_widths() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = folder.path().join("page.html");
    let program = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(["learn", "play", "timeout-inversion", "--page", "page.html"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(program.status.code(), Some(0), "{}", String::from_utf8_lossy(&program.stderr));
    let text = std::fs::read_to_string(&page).expect("the page is there");
    assert!(text.len() < 1_200_000 && !text.contains("spike"), "{} bytes", text.len());
    std::fs::write(&page, text + READER).expect("it can be written");
    for width in [1280, 400] {
        let probe = opened(&page, width, false);
        let number = |key: &str| value(&probe, key).parse::<i64>().expect("a number");
        assert!(number("over") <= 0, "at {width} px the page is too wide: {probe}");
        assert!(number("charts") >= 2 && (number("panels"), number("columns")) == (3, 3), "{probe}");
        assert_eq!((number("before"), number("first"), number("mended")), (0, 0, 1), "{probe}");
        assert!(number("covered") > 0 && number("uncovered") == 0, "{probe}");
        assert_eq!((number("traced"), value(&probe, "score")), (3, "points 87 of 100"));
    }
}

/// A lesson whose question is about a figure that a chart shows.
const QUEUE: (&str, &str) = (
    "name: line\ntitle: A line\nlength: 30s\nclients:\n  users: {calls: desk, rate: 18/s}\n\
     services:\n  desk: {workers: 1, work: exp(50ms)}\nexpect: [queue(desk) <= 1 whole]\n",
    "lesson: line\ntitle: Why do they wait?\nbrief: They wait.\nshow: [load, saturation]\nreveal: Because.\npredict:\n\
     \x20 - {ask: How many wait?, answer: queue(desk) whole}\n\
     \x20 - {ask: How many come each second?, answer: offered(users) whole}\n\
     \x20 - {ask: How busy is it?, answer: utilisation(desk) whole}\n",
);

/// Guesses, locks, and says of each mark whether it lies inside its chart, and how high guess and truth stand.
const GUESSER: &str = "<script>
addEventListener('load', () => {
  [['0', '1'], ['1', '9000'], ['2', '']].forEach(([at, words]) => { document.querySelector(`[name=guess-${at}]`).value = words; });
  document.querySelector('#guess-2 .unsure').click();
  $('guesses').requestSubmit();
  const marks = (where, name) => [...document.querySelectorAll(`${where} .marks path.${name}`)].filter((one) => one.getBoundingClientRect().width > 0);
  const height = (where, name) => marks(where, name)[0].getBoundingClientRect().top;
  const within = marks('body', 'truth').concat(marks('body', 'guess')).every((one) => {
    const chart = one.closest('svg').getBoundingClientRect(), mark = one.getBoundingClientRect();
    return mark.left >= chart.left && mark.right <= chart.right && mark.top >= chart.top && mark.bottom <= chart.bottom;
  });
  const words = [...document.querySelectorAll('#guess-1 .marks text')].map((one) => one.textContent).join(' ');
  document.title = `charts=${marks('main > section > figure', 'truth').length};copies=${marks('fieldset', 'truth').length};` +
    `guesses=${marks('fieldset', 'guess').length};inside=${within ? 1 : 0};below=${height('#guess-0', 'guess') > height('#guess-0', 'truth') ? 1 : 0};` +
    `arrow=${words.includes('you: 9000 ↑') ? 1 : 0};`;
});
</script>";

#[test]
fn a_prediction_is_drawn_on_the_chart_that_shows_its_figure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [("line.yaml", QUEUE.0), ("line.lesson.yaml", QUEUE.1)] {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let program = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(["learn", "play", "line.lesson.yaml", "--page", "page.html"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(program.status.code(), Some(0), "{}", String::from_utf8_lossy(&program.stderr));
    let page = folder.path().join("page.html");
    let text = std::fs::read_to_string(&page).expect("the page is there");
    std::fs::write(&page, text + GUESSER).expect("it can be written");
    for width in [1280, 400] {
        let probe = opened(&page, width, width == 400);
        for (key, wanted) in
            [("charts", "3"), ("copies", "3"), ("guesses", "2"), ("inside", "1"), ("below", "1"), ("arrow", "1")]
        {
            assert_eq!(value(&probe, key), wanted, "{key} at {width} px: {probe}");
        }
    }
}
