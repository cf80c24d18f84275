//! Lessons as a whole: the manual's example, mistakes of authors, the masked page, and the library's answer keys.

use super::open::case;
use super::*;
use crate::lesson::grid::Grid;
use crate::scenario::{Diagnostics, load_text, render};
use std::path::Path;

const SCENARIO: &str = include_str!("../../scenarios/incidents/timeouts/timeout-inversion.yaml");
const LESSON: &str = include_str!("../../scenarios/incidents/timeouts/timeout-inversion.lesson.yaml");

/// Small enough to be played often: twice the load that can be served, so that users wait and leave.
const SMALL: &str = "
name: too-many
title: Too many guests
law: Who waits for longer than his patience is served for nothing.
length: 40s
warmup: 5s
clients:
  users: {calls: {to: kitchen, timeout: 500ms}, rate: 40/s}
services:
  kitchen: {workers: 1, work: 20ms, queue: unbounded}
faults:
  bus-arrives: {kind: surge, on: users, rate: 100/s, at: 10s, for: 30s}
expect:
  - success(users) >= 90% between 20s and 39s
variants:
  more-cooks: {title: Three cooks, set: {services.kitchen.workers: 3}}
  more-patience: {title: Patience, set: {clients.users.calls.timeout: 1s}, still_broken: true}
";

const GOOD: &str = "
lesson: too-many
title: Dinner is late
brief: Guests leave before they eat.
predict:
  - {ask: How many meals a second leave the kitchen?, answer: throughput(kitchen) between 20s and 39s}
  - ask: Who eats them?
    choices: {the guests: 'waste(kitchen) <= 10% between 20s and 39s', nobody: 'waste(kitchen) > 90% between 20s and 39s'}
hypotheses:
  - {text: Meals come too late, right: true, evidence: waste(kitchen) > 50% between 20s and 39s, feedback: Nobody is there.}
  - {text: The cook is ill, evidence: throughput(kitchen) < 40/s between 20s and 39s, feedback: He never worked more.}
reveal: Too many came at once.
what_if:
  knobs:
    - {knob: clients.users.calls.timeout, values: [500ms, 1s], label: patience}
    - {knob: services.kitchen.workers, values: [1, 3], label: cooks}
fix: more-cooks
";

fn small(lesson: &str) -> Result<Case, String> {
    let diags = Diagnostics::new();
    let file = load_text("small.lesson.yaml", lesson, Path::new(""), &diags);
    let scenario = load_text("small.yaml", SMALL, Path::new(""), &Diagnostics::new());
    case(file, scenario, diags).map_err(|refused| match refused {
        Refused::Mistakes(diags, sources) => render::render_lines(&diags, &sources),
        Refused::Unknown { message, .. } => message,
    })
}

fn found(lesson: &str) -> Vec<String> {
    let case = small(lesson).expect("a lesson without mistakes");
    check(&case).expect("it plays").into_iter().map(|mistake| format!("{}: {}", mistake.at, mistake.message)).collect()
}

#[test]
fn the_example_of_the_manual_can_be_read() {
    let diags = Diagnostics::new();
    let file = load_text("example.lesson.yaml", &manual().example, Path::new(""), &diags);
    let scenario = load_text("timeout-inversion.yaml", SCENARIO, Path::new(""), &Diagnostics::new());
    let read = case(file, scenario, diags).map_err(|refused| match refused {
        Refused::Mistakes(diags, sources) => render::render_lines(&diags, &sources),
        Refused::Unknown { message, .. } => message,
    });
    assert_eq!(read.expect("no mistakes").lesson.hypotheses.len(), 2);
}

#[test]
fn a_key_that_the_simulation_confirms_has_no_mistakes() {
    assert_eq!(found(GOOD), Vec::<String>::new());
}

#[test]
fn every_wrong_answer_is_found_with_its_place_and_number() {
    let wrong = GOOD
        .replace("waste(kitchen) <= 10%", "waste(kitchen) >= 10%")
        .replace("waste(kitchen) > 50%", "waste(kitchen) < 50%")
        .replace("throughput(kitchen) < 40/s", "throughput(kitchen) > 40/s")
        .replace("values: [1, 3]", "values: [2, 1]");
    let all = found(&wrong);
    let says = |words: &str| assert!(all.iter().any(|one| one.contains(words)), "{words}: {all:#?}");
    says("2 options are right at seed");
    says("`Meals come too late` is right, and its evidence is not seen");
    says("`The cook is ill` is wrong, and its evidence does not refute it");
    says("`2` is not what the scenario has at `services.kitchen.workers`");
    says("no setting of the knobs reaches the goal");
    says("measured ");
    assert!(all.iter().all(|one| one.starts_with("small.lesson.yaml:")), "{all:#?}");
}

#[test]
fn words_that_give_it_away_are_found() {
    let all = found(&GOOD.replace("Guests leave", "After the surge of the bus-arrives kind guests leave"));
    assert!(all.iter().any(|one| one.contains("gives `surge` away")), "{all:#?}");
    assert!(all.iter().any(|one| one.contains("gives `bus-arrives` away")), "{all:#?}");
}

#[test]
fn mistakes_of_the_author_are_told_all_at_once_with_their_places() {
    let wrong = GOOD
        .replace("lesson: too-many", "lesson: too-few")
        .replace("answer: throughput(kitchen) between", "answer: throughput(kichen) between")
        .replace("fix: more-cooks", "fix: more-patience")
        .replace("knob: services.kitchen.workers", "knob: services.kichen.workers")
        .replace("title: Dinner", "titel: Dinner");
    let told = small(&wrong).expect_err("refused");
    for words in [
        "small.lesson.yaml:2:9: error: the scenario beside it is `too-many`",
        "small.lesson.yaml:3:1: error: unknown key `titel`",
        "`more-patience` is a wrong fix",
        "kichen",
        "the scenario cannot be played with this value",
    ] {
        assert!(told.contains(words), "{words}:\n{told}");
    }
}

#[test]
fn a_rung_of_the_ladder_has_every_part() {
    let told = small(&GOOD.replace("title: Dinner", "level: 1\ntitle: Dinner")).expect_err("refused");
    assert!(told.contains("has `hints`") && told.contains("has `quiz`"), "{told}");
}

#[test]
fn the_page_seals_the_answers_and_shows_no_fault_before() {
    let case = small(GOOD).expect("a lesson");
    let played = play(case.plan(None, vec![], case.base.seed).expect("a plan"), &case.lines()).expect("it plays");
    let grid = grid::grid(&case, |_, _| {}).expect("it plays");
    assert_eq!((grid.runs.len(), grid.runs.iter().filter(|run| run.mended).count()), (4, 2));
    let page = page::render(&case, &played, &grid).expect("a page");
    for hidden in [
        "bus-arrives",
        "Too many came at once",
        "more-cooks",
        "Meals come too late",
        "waste(kitchen)",
        "<title>Too many",
    ] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    for shown in ["Dinner is late", "Guests leave before they eat", "Who eats them?", "Latency over time"] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
    assert_eq!(page, page::render(&case, &played, &grid).expect("a page"), "the same bytes each time");
    let without = page::render(&case, &played, &Grid::default()).expect("a page");
    assert!(without.len() < page.len());
}

#[test]
fn a_lesson_may_be_brief_reveal_and_fix_alone() {
    let short =
        "lesson: too-many\ntitle: Dinner is late\nbrief: Guests leave.\nreveal: Too many came.\nfix: more-cooks\n";
    assert_eq!(found(short), Vec::<String>::new());
    let card = card::card(&small(short).expect("a lesson"), &score::Score::default());
    assert!(card.contains("Who waits for longer") && !card.contains("| part |"), "{card}");
}

#[test]
fn the_lesson_of_the_late_answers_can_be_read() {
    let diags = Diagnostics::new();
    let file = load_text("a.lesson.yaml", LESSON, Path::new(""), &diags);
    let scenario = load_text("a.yaml", SCENARIO, Path::new(""), &Diagnostics::new());
    let case = case(file, scenario, diags).map_err(|_| "mistakes").expect("no mistakes");
    assert_eq!((case.lesson.level, case.lesson.settings().len()), (Some(4), 12));
}
