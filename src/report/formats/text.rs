//! The summary for people: the verdict on every line, the clients by phase, what each fault touched. It is what a terminal shows; in a file it
//! has no colours and is 100 columns wide. The last line of the program (`exit 10: …`) is not part of it.

use super::{Account, Format, Parts};
use crate::report::text::{Style, summary};

pub static FORMAT: Format = Format {
    word: "text",
    file: "summary.txt",
    purpose: "the summary for people, as the terminal shows it",
    is_joint: true,
    is_printed: true,
    source: include_str!("text.rs"),
    begin: || Parts::begin("", part),
};

fn part(account: &Account) -> Result<Vec<u8>, String> {
    Ok((summary(account.recording, account.judgement, Style::PLAIN) + "\n").into_bytes())
}
