//! The page as a whole: well-formed, closed to the outside, safe against hostile names, small, and the same each time.

use super::*;
use crate::judge::judge;
use crate::report::charts::scale;
use crate::report::fixture;

fn options() -> Options {
    let command = "firedrill run scenarios/slow-cache.yaml --seed 7 --world sim".to_owned();
    Options { command, scenario_text: Some("name: slow-cache\nseed: 7\n".to_owned()) }
}

fn page_of(recording: &Recording) -> String {
    render(recording, &judge(recording), &options())
}

/// Checks that every tag is closed by its own, and gives back the names of all elements and the values of all `href` and `src`.
fn walk(page: &str) -> (Vec<String>, Vec<String>) {
    const VOID: [&str; 2] = ["meta", "link"];
    let (mut open, mut names, mut links): (Vec<String>, Vec<String>, Vec<String>) = Default::default();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a page begins with its type");
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a bare > in text: {}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("every tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name),
                "closed in the wrong order before: {}",
                &rest[..rest.len().min(80)]
            );
            continue;
        }
        let name = tag.split([' ', '/', '\n']).next().expect("a split has a first part").to_owned();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "a tag named {name:?}");
        assert_eq!(tag.matches('"').count() % 2, 0, "unbalanced quotes in <{tag}>");
        links.extend(
            ["href=\"", "src=\""]
                .iter()
                .filter_map(|key| tag.split_once(key))
                .map(|(_, value)| value.split('"').next().unwrap_or_default().to_owned()),
        );
        names.push(name.clone());
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("the style sheet ends")..];
        }
        if !tag.ends_with('/') && !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    (names, links)
}

fn all_cases() -> Vec<(&'static str, Recording)> {
    vec![
        ("incident", fixture::incident()),
        ("live", fixture::live()),
        ("calm", fixture::calm()),
        ("dark", fixture::dark()),
        ("short", fixture::short()),
        ("crowd", fixture::crowd()),
        ("storm", fixture::storm()),
        ("cut", fixture::cut_short()),
    ]
}

#[test]
fn every_page_is_well_formed_closed_to_the_outside_and_small() {
    for (case, recording) in all_cases() {
        let page = page_of(&recording);
        let (names, links) = walk(&page);
        assert!(links.iter().all(|link| link.starts_with("data:") || link.starts_with('#')), "{case}: {links:?}");
        assert!(
            !names.iter().any(|name| ["script", "img", "iframe", "object", "use", "image"].contains(&name.as_str())),
            "{case}"
        );
        let addresses = page.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !addresses.contains("http://") && !addresses.contains("https://") && !addresses.contains("@import"),
            "{case}"
        );
        assert!(
            !page.contains("NaN") && !page.contains("inf ") && !page.contains("-inf"),
            "{case}: a figure is not a number"
        );
        let most = if case == "crowd" { 800_000 } else { 600_000 };
        assert!(page.len() < most, "{case}: {} bytes", page.len());
    }
}

#[test]
fn hostile_names_stay_text() {
    const HOSTILE: &str = "</title></svg><script>alert(1)</script>\" onload=\"x()' & \u{1}";
    let mut plan = fixture::plan(60.0);
    for name in [&mut plan.scenario, &mut plan.title, &mut plan.clients[0].name, &mut plan.services[1].name] {
        *name = HOSTILE.to_owned();
    }
    plan.variant = Some(HOSTILE.to_owned());
    plan.edges[0].name = HOSTILE.to_owned();
    plan.phases[1].name = HOSTILE.to_owned();
    let fault = &mut plan.faults[0];
    (fault.name, fault.label, fault.on, fault.kind) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
    let mut recording = fixture::played(&plan, 100.0);
    recording.warnings.push(HOSTILE.to_owned());
    recording.head.methods.push(HOSTILE.to_owned());
    let options = Options { command: HOSTILE.to_owned(), scenario_text: Some(HOSTILE.to_owned()) };
    let page = render(&recording, &judge(&recording), &options);
    let (names, _) = walk(&page);
    assert!(!names.iter().any(|name| name == "script"));
    assert!(!page.contains("<script") && !page.contains("\" onload") && !page.contains('\u{1}'));
    assert!(page.contains("&lt;script&gt;alert(1)"), "the name is still shown");
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    let recording = fixture::incident();
    let text = serde_json::to_string(&recording).expect("a recording can be written");
    let read: Recording = serde_json::from_str(&text).expect("and read");
    assert!(page_of(&recording) == page_of(&read));
}

#[test]
fn every_chart_and_every_phase_is_there() {
    let recording = fixture::incident();
    let page = page_of(&recording);
    for id in [
        "expectations",
        "latency",
        "heatmap",
        "load",
        "nines",
        "saturation",
        "topology",
        "faults",
        "method",
        "downloads",
    ] {
        let section = page.split(&format!("<section id=\"{id}\">")).nth(1).unwrap_or_else(|| panic!("no section {id}"));
        let section = section.split("</section>").next().unwrap_or_default();
        let drawn = section.contains("<polyline")
            || section.contains("<path class=\"h")
            || id == "topology" && section.contains("class=\"node\"");
        let is_chart = !["expectations", "faults", "method", "downloads"].contains(&id);
        assert_eq!(drawn, is_chart, "{id}");
        assert!(
            !is_chart || section.contains("<details>") && section.contains("<desc>"),
            "{id} has a table and a description"
        );
    }
    let phases =
        page.split("<h2>Phases</h2>").nth(1).and_then(|rest| rest.split("</section>").next()).expect("the phase table");
    for phase in &recording.plan.phases {
        let cell = recording.client_over(0, phase.from, phase.to);
        let row = phases
            .split("<tr>")
            .find(|row| row.contains(&format!(">{}</td>", phase.name)))
            .expect("a row for each phase");
        assert!(row.contains(&scale::count(cell.offered)), "{}: {row}", phase.name);
        assert!(row.contains(&scale::latency(cell.latency.quantile(0.5).expect("answered"))), "{}: {row}", phase.name);
    }
    assert!(page.contains("firedrill run scenarios/slow-cache.yaml --seed 7 --world sim"));
    assert!(page.contains(&recording.digest()) && page.contains(&recording.head.plan_digest));
}

#[test]
fn a_percentile_without_enough_samples_is_a_dash_that_says_why() {
    let page = page_of(&fixture::short());
    let phases =
        page.split("<h2>Phases</h2>").nth(1).and_then(|rest| rest.split("</section>").next()).expect("the phase table");
    assert!(phases.contains("p99 needs 1000 samples, there are") && phases.contains(">–</td>"), "{phases}");
}

#[test]
fn the_world_and_what_was_left_behind_are_said_loudly() {
    let simulated = page_of(&fixture::incident());
    assert!(simulated.contains(">SIMULATED<") && !simulated.contains("What was undone, and the look afterwards"));
    let live = page_of(&fixture::live());
    assert!(live.contains(">LIVE<") && live.contains("left behind") && live.contains("firedrill clean"));
    assert!(live.contains("not undone: redis-server, process 4242"));
}

#[test]
fn a_run_without_a_single_success_says_so_instead_of_drawing_nothing() {
    let page = page_of(&fixture::dark());
    assert!(page.contains("too few successful requests to draw this"));
    assert!(page.contains("refused"));
}

#[test]
#[ignore = "writes the sample pages to the folder in FIREDRILL_SAMPLES, to be looked at"]
fn write_samples() {
    let folder =
        std::path::PathBuf::from(std::env::var_os("FIREDRILL_SAMPLES").expect("set FIREDRILL_SAMPLES to a folder"));
    for (name, recording) in all_cases() {
        std::fs::write(folder.join(format!("{name}.html")), page_of(&recording)).expect("the folder can be written to");
    }
}

#[test]
fn a_run_that_ended_early_shows_where_and_a_silence_says_that_it_is_one() {
    let cut = page_of(&fixture::cut_short());
    assert!(cut.contains("the run ended here, after 70 s: SIGINT") && cut.contains(">not played</text>"));
    let mut silent = fixture::incident();
    assert!(!page_of(&silent).contains("no successful answers</text>"));
    let dark = silent.grid.range(fixture::at(120.0), fixture::at(170.0));
    for cell in &mut silent.clients[0].cells[dark] {
        cell.errors[crate::base::ErrorKind::Refused as usize] += std::mem::take(&mut cell.ok);
        cell.latency = Default::default();
    }
    assert!(page_of(&silent).contains("no successful answers</text>"));
}
