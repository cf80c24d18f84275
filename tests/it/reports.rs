//! The report, opened in a real browser: nothing runs off the page at 1280 and 400 pixels, light and dark differ, charts are drawn.

use crate::scenarios::{files, plan};
use firedrill::judge::judge;
use firedrill::report::html::{self, Options};
use firedrill::sim;
use std::path::Path;
use std::process::Command;

/// Appended to a copy of the report: says in the page's title what the browser made of it.
const PROBE: &str = "<script>
addEventListener('load', () => {
  const page = document.documentElement;
  const charts = [...document.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 0);
  const light = getComputedStyle(document.body).backgroundColor;
  document.title = `over=${page.scrollWidth - page.clientWidth};charts=${charts.length};background=${light};width=${innerWidth};`;
});
</script>";

fn report() -> String {
    let file = files().into_iter().find(|file| file.ends_with("slow-cache.yaml")).expect("slow-cache is there");
    let recording = sim::play(&plan(&file, None, 0));
    let options = Options { command: "firedrill run slow-cache".to_owned(), scenario_text: None };
    html::render(&recording, &judge(&recording), &options)
}

/// What the probe says of a page opened at this width.
pub fn opened(page: &Path, width: u32, dark: bool) -> String {
    let profile = tempfile::tempdir().expect("a temporary folder");
    let scheme = if dark { 0 } else { 1 };
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--dump-dom"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},2000"))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium is installed (./tests/run installs it)");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title);
    title.unwrap_or_else(|| panic!("chromium showed no page: {}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

pub fn value<'a>(probe: &'a str, key: &str) -> &'a str {
    let found = probe.split(';').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("the probe did not say `{key}`: {probe}"))
}

#[test]
fn a_browser_shows_the_report_at_both_widths_light_and_dark() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = folder.path().join("report.html");
    std::fs::write(&page, format!("{}{PROBE}", report())).expect("it can be written");
    let mut backgrounds = Vec::new();
    for (width, dark) in [(1280, false), (1280, true), (400, false)] {
        let probe = opened(&page, width, dark);
        let over: i64 = value(&probe, "over").parse().expect("a number");
        let charts: usize = value(&probe, "charts").parse().expect("a number");
        assert!(over <= 0, "at {width} px the page is {over} px too wide");
        assert!(charts >= 6, "at {width} px only {charts} charts are drawn");
        backgrounds.push(value(&probe, "background").to_owned());
    }
    assert_ne!(backgrounds[0], backgrounds[1], "light and dark look the same");
    assert_eq!(backgrounds[0], backgrounds[2]);
}

#[test]
fn the_report_is_one_file_that_asks_the_network_for_nothing() {
    let page = report();
    assert!(page.len() < 600_000, "{} bytes", page.len());
    for mark in ["src=\"http", "href=\"http", "url(http", "@import", "<link rel=\"stylesheet"] {
        assert!(!page.contains(mark), "the report contains {mark}");
    }
}
