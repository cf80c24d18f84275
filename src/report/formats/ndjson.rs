//! Newline-delimited JSON: one object a line, as things happen. In the live world each line is written when it happens (within a tenth of a second)
//! and flushed; a simulated run is told in its own time while it is played.
//!
//! `type` says what a line is: `begin`; `phase`, `fault` and `alert` with `state` on or off; `event`; `window`, one for each client and recording window;
//! at the end `evidence`, `undo`, `warning`, `verdict` for each expectation and symptom; and `end`. `run` tells the lines of several runs apart, `at_s`
//! counts from the begin of the run. A window whose requests are still under way has `is_final: false`, and a later line of the same client and window
//! replaces it. With several load generators windows are told at the end, when all have handed in what they recorded. A run that could not be played
//! ends with `failed`. The JSON Schema of a line is docs/reference/ndjson.schema.json.

use super::{Format, Parts};
use crate::report::feed;

pub static FORMAT: Format = Format {
    word: "ndjson",
    file: "events.ndjson",
    purpose: "one JSON object a line as things happen, for programs that watch",
    is_joint: true,
    is_printed: true,
    source: include_str!("ndjson.rs"),
    begin: || Parts::begin("", |account| Ok(feed::whole(account).into_bytes())),
};
