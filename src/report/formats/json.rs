//! `result.json`: the verdict and the main figures of one run for scripts: every expectation with what was measured, its bound, its interval
//! and its samples; every fault with its evidence; clients and services by phase. Its JSON Schema is docs/reference/result.schema.json. Fields
//! are only ever added while `schema_version` stays the same.

use super::{Account, Format, Parts};
use crate::report::result;

pub static FORMAT: Format = Format {
    word: "json",
    file: "result.json",
    purpose: "the verdict and the main figures, for scripts",
    is_joint: false,
    is_printed: true,
    source: include_str!("json.rs"),
    begin: || Parts::begin("", |account| Ok(part(account))),
};

fn part(account: &Account) -> Vec<u8> {
    result::to_json(account.recording, account.judgement).into_bytes()
}
