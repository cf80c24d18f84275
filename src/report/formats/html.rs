//! The report with its charts, in one file that asks the network for nothing: the story, the verdict, the charts on one ruler of time, the
//! evidence, the method, and the figures to take away. It opens in any browser, light and dark.

use super::{Account, Format, Parts};
use crate::report::html::{Options, render};

pub static FORMAT: Format = Format {
    word: "html",
    file: "report.html",
    purpose: "the report with its charts, one file for any browser",
    is_joint: false,
    is_printed: false,
    source: include_str!("html.rs"),
    begin: || Parts::begin("", |account| Ok(part(account))),
};

fn part(account: &Account) -> Vec<u8> {
    let scenario_text = Some(account.scenario_text.to_owned()).filter(|text| !text.is_empty());
    let options = Options { command: account.command.to_owned(), scenario_text };
    render(account.recording, account.judgement, &options).into_bytes()
}
