//! The page as a whole: well-formed, closed to the outside, safe against hostile names, small, and the same each time.

use super::verdict::Role;
use super::*;
use crate::report::fixture;

fn options() -> Options {
    let command = "firedrill run scenarios/slow-cache.yaml --seed 7 --world sim".to_owned();
    Options { command, scenario_text: Some("name: slow-cache\nseed: 7\n".to_owned()) }
}

fn shown(standing: Standing) -> Shown {
    let line = |text: &str, standing, role| Line {
        text: text.to_owned(),
        place: "slow-cache.yaml:21:5".to_owned(),
        standing,
        measured: Some("331 ms".to_owned()),
        bound: "< 300 ms".to_owned(),
        interval: Some("326 – 337 ms".to_owned()),
        samples: Some(9_812),
        reason: String::new(),
        role,
    };
    let sentence =
        "p99(users) during slow-cache was 331 ms, not < 300 ms (n 9812, 95% interval 326 to 337 ms).".to_owned();
    let lines = vec![
        line("p99(users) < 300ms during slow-cache", standing, Role::Judged),
        line("success(users) >= 99% before slow-cache", Standing::Holds, Role::Judged),
        line("p99.9(users) < 2s before slow-cache", Standing::CannotTell, Role::Beside),
    ];
    Shown { standing, sentence, lines }
}

fn page_of(recording: &Recording) -> String {
    render_shown(recording, &shown(Standing::Broken), &options())
}

#[test]
#[ignore = "writes the sample pages to the folder in FIREDRILL_SAMPLES, to be looked at"]
fn write_samples() {
    let folder =
        std::path::PathBuf::from(std::env::var_os("FIREDRILL_SAMPLES").expect("set FIREDRILL_SAMPLES to a folder"));
    let cases = [
        ("incident", fixture::incident(), Standing::Broken),
        ("live", fixture::live(), Standing::CannotTell),
        ("calm", fixture::calm(), Standing::Holds),
        ("dark", fixture::dark(), Standing::Broken),
        ("short", fixture::short(), Standing::CannotTell),
        ("crowd", fixture::crowd(), Standing::Broken),
    ];
    for (name, recording, standing) in cases {
        let page = render_shown(&recording, &shown(standing), &options());
        std::fs::write(folder.join(format!("{name}.html")), page).expect("the folder can be written to");
    }
}
