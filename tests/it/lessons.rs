//! Lessons as their players meet them: every key of the library holds, a lesson is played through a pipe, and its page works in a browser.

use crate::reports::{opened, value};
use firedrill::lesson;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A part of the library's lessons, so that parts can be checked side by side.
fn check_part(part: usize) {
    let all = lesson::built_in();
    assert!(all.len() >= 2, "only {} lessons were found", all.len());
    for found in all.iter().skip(part).step_by(PARTS) {
        let case = found.open().unwrap_or_else(|_| panic!("{} has mistakes: firedrill learn check", found.name));
        let mistakes = lesson::check(&case).unwrap_or_else(|why| panic!("{}: {why}", found.name));
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
    let answers = "dunno\n125\n2\n?\nhint\n4,5\n3 2\n3 3\n2\n2\n";
    let (code, said) = played(folder.path(), answers);
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "that cannot be read",
        "What the simulation says",
        "(cost 3)",
        "* 4. confirmed",
        "  1. refuted",
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
  const over = [wide()];
  $('guesses').requestSubmit();
  press('A hint');
  document.querySelectorAll('#after input[type=checkbox]').forEach((box, at) => { box.checked = at > 2; });
  press('That is my answer');
  const knobs = document.querySelectorAll('input[type=range]');
  const goal = () => document.body.innerText.includes('The goal holds.') ? 1 : 0, first = goal();
  knobs[2].value = 2;
  knobs[2].oninput();
  over.push(wide());
  const mended = goal(), panels = document.querySelectorAll('.panels svg').length;
  document.querySelectorAll('fieldset button').forEach((button, at) => { button.previousElementSibling.value = '2'; button.click(); });
  document.title = `over=${Math.max(...over)};charts=${charts};before=${before};first=${first};mended=${mended};panels=${panels};` +
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
        assert!(number("charts") >= 2 && number("panels") == 2, "{probe}");
        assert_eq!((number("before"), number("first"), number("mended")), (0, 0, 1), "{probe}");
        assert_eq!(value(&probe, "score"), "points 87 of 100");
    }
}
