//! Everything that was measured, with the plan: every window of every client, service and call with its histogram (HdrHistogram, V2 compressed,
//! base64). `firedrill report` makes every other format of it again, and runs are compared by it. Another version of firedrill may
//! refuse it by its `schema_version`.

use super::{Account, Format, Parts};

pub static FORMAT: Format = Format {
    word: "recording",
    file: "recording.json",
    purpose: "everything that was measured, for `firedrill report`",
    is_joint: false,
    is_printed: false,
    source: include_str!("recording.rs"),
    begin: || Parts::begin("", part),
};

fn part(account: &Account) -> Result<Vec<u8>, String> {
    serde_json::to_vec(account.recording).map_err(|error| error.to_string())
}
