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
    check(&case, 2, false)
        .expect("it plays")
        .mistakes
        .into_iter()
        .map(|mistake| format!("{}: {}", mistake.at, mistake.message))
        .collect()
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
    let all = found(&GOOD.replace("Guests leave", "After the surge of users, the bus-arrives kind, guests leave"));
    let says = |words: &str| assert!(all.iter().any(|one| one.contains(words)), "{words}: {all:#?}");
    says(
        "small.lesson.yaml:4:8: the page gives `surge` away before the answer is shown, in the brief: `After the surge of users, the bus-arrives`",
    );
    says("gives `bus-arrives` away");
}

#[test]
fn a_kind_of_fault_may_be_said_of_what_it_does_not_act_on() {
    assert_eq!(found(&GOOD.replace("Guests leave", "After a surge of laughter guests leave")), Vec::<String>::new());
}

#[test]
fn knobs_turn_variants_several_paths_and_what_is_not_there_yet() {
    let turned = GOOD.replace(
        "    - {knob: services.kitchen.workers, values: [1, 3], label: cooks}\n",
        "    - {knob: variant, values: [null, more-cooks], names: [as it is, three cooks], label: staff}\n    \
         - {knob: [services.kitchen.work, clients.users.rate], values: [[20ms, 40/s], [10ms, 30/s]], label: the day}\n    \
         - {knob: services.kitchen.queue.order, values: [fifo, lifo], label: who is next}\n    \
         - {knob: services.kitchen.calls, values: [null, []], names: [nobody, nobody at all], label: whom the kitchen asks}\n",
    );
    assert_eq!(found(&turned), Vec::<String>::new());
    let lesson = small(&turned).expect("a lesson").lesson;
    assert_eq!(lesson.knobs[1].settings[1].name, "three cooks");
    assert_eq!(lesson.set(&[0, 1, 0, 0, 0]), (Some("more-cooks"), Vec::new()));
    let both = ["services.kitchen.work=10ms".to_owned(), "clients.users.rate=30/s".to_owned()];
    assert_eq!(lesson.set(&[0, 0, 1, 0, 0]), (None, both.to_vec()));
    assert_eq!(lesson.standing(&[1, 1, 0, 0, 0]), "patience: 1s; staff: three cooks");
}

#[test]
fn wrong_knobs_are_told_with_their_places() {
    let wrong = GOOD.replace(
        "    - {knob: services.kitchen.workers, values: [1, 3], label: cooks}\n",
        "    - {knob: variant, values: [more-cooks, no-cooks], label: staff}\n    \
         - {knob: [services.kitchen.work, clients.users.rate], values: [20ms, [10ms]], names: [one], label: the day}\n    \
         - {knob: variant, values: [null, more-cooks], label: again}\n    \
         - {knob: services.kitchen.calls, values: [null, []], label: whom the kitchen asks}\n",
    );
    let told = small(&wrong).expect_err("refused");
    for words in [
        "the first value is the scenario as it is",
        "nobody reads this as what is done",
        "there is no variant `no-cooks`",
        "this knob turns 2 paths at once",
        "1 names for 2 values",
        "two knobs turn variants",
    ] {
        assert!(told.contains(words), "{words}:\n{told}");
    }
    let there = GOOD.replace("values: [1, 3], label: cooks", "values: [null, 3], label: cooks");
    assert!(found(&there).iter().any(|one| one.contains("is not what the scenario has")), "{:#?}", found(&there));
}

#[test]
fn an_option_may_have_two_bounds_and_both_must_hold() {
    let some = "[waste(kitchen) > 10% between 20s and 39s, waste(kitchen) <= 90% between 20s and 39s]";
    let three = GOOD.replace("choices: {", &format!("choices: {{some: {some}, "));
    assert_eq!(found(&three), Vec::<String>::new());
    let wide = three.replace("<= 90%", "<= 100%");
    assert!(found(&wide).iter().any(|one| one.contains("2 options are right at seed")), "{:#?}", found(&wide));
}

#[test]
fn the_grid_follows_what_load_and_latency_do_not_show() {
    let goal =
        "what_if:\n  goal: [success(users) >= 90% between 20s and 39s, waste(kitchen) <= 10% between 20s and 39s]";
    let case = small(&GOOD.replace("what_if:", goal)).expect("a lesson");
    let grid = grid::grid(&case, |_, _| {}).expect("it plays");
    let figure = grid.figure.expect("the second line of the goal");
    assert!(figure.name.starts_with("waste(kitchen)") && figure.bound == 0.1, "{figure:?}");
    let last = |run: usize| *grid.runs[run].figure.last().expect("a course");
    assert!(last(0) > 0.9 && last(1) < 0.1, "as it is {}, with three cooks {}", last(0), last(1));
    let plain = grid::grid(&small(GOOD).expect("a lesson"), |_, _| {}).expect("it plays");
    assert!(plain.figure.is_none() && plain.runs[0].figure.is_empty());
}

#[test]
fn the_figures_behind_every_answer_are_told() {
    let checked = check(&small(GOOD).expect("a lesson"), 2, true).expect("it plays");
    let all = checked.figures.join("\n");
    for words in [
        "How many meals a second leave the kitchen?\n  5",
        " at 6 seeds",
        "nobody: `waste(kitchen) > 90% between 20s and 39s` holds: ",
        "A wrong cause: The cook is ill\n  `throughput(kitchen) < 40/s between 20s and 39s` broken: 5",
        "The goal is reached by 2 of 3 other settings\n  cooks: 3\n  and 1 with more than one knob turned",
    ] {
        assert!(all.contains(words), "{words}:\n{all}");
    }
    assert_eq!(check(&small(GOOD).expect("a lesson"), 1, true), Ok(checked), "threads change nothing");
}

#[test]
fn a_prediction_is_marked_where_a_chart_shows_its_figure() {
    let lesson = GOOD
        .replacen("throughput(kitchen)", "queue(kitchen)", 1)
        .replace("brief:", "show: [latency, saturation]\nbrief:");
    let case = small(&lesson).expect("a lesson");
    let played = play(case.plan(None, vec![], case.base.seed).expect("a plan"), &case.lines()).expect("it plays");
    let wall = crate::report::html::alone::alone(&mask::masked(&played.recording), &case.lesson.show);
    let marks = marks::marks(&case.lesson, &played, &wall.hung);
    let mark = marks[0].as_ref().expect("the chart of the kitchen shows its queue");
    assert_eq!((mark.figure, mark.from, mark.to, marks[1].is_none()), (1, 20.0, 39.0, true));
    assert!(
        mark.wide.left > mark.narrow.left && mark.narrow.top > mark.wide.top,
        "the second of three panels: {mark:?}"
    );
    let trace = marks::traces(&case.lesson, &played, 40.0)[0].clone().expect("a course");
    assert!(trace.edges.len() == trace.values.len() + 1 && trace.values.len() >= 20);
}

#[test]
fn what_is_asked_for_is_covered_from_the_begin_of_its_window_on() {
    let lesson = GOOD
        .replacen("throughput(kitchen)", "queue(kitchen)", 1)
        .replace("brief:", "show: [latency, saturation]\nbrief:");
    let case = small(&lesson).expect("a lesson");
    let played = play(case.plan(None, vec![], case.base.seed).expect("a plan"), &case.lines()).expect("it plays");
    let covers = cover::covers(&case.lesson, &played);
    let queue = covers.iter().find(|one| one.figure == crate::report::charts::plot::Figure::Queue);
    assert_eq!(queue.map(|one| one.from), Some(20.0), "{covers:?}");
    let row = |covers: &[cover::Cover]| {
        let lines = spark::lines(&played.recording, &case.lesson.show, 40, covers);
        lines.into_iter().find(|line| line.starts_with("kitchen: waiting")).expect("the kitchen has a line")
    };
    let (before, after) = (row(&covers), row(&[]));
    assert_eq!(before.matches('?').count(), 20, "half of forty columns: {before}");
    assert!(!after.contains('?') && before.split("  ").last() != after.split("  ").last(), "{before}\n{after}");
    let (shut, open) = (page::masked_page(&case, &played, false), page::masked_page(&case, &played, true));
    assert!(shut.contains("class=\"cover\"") && !open.contains("class=\"cover\""));
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
