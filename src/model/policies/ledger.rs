//! A ledger of what a service has done, by key: whether something that must happen once for each key happened again.
//!
//! A charge, a mail, a code that is used up: the service itself reports each of them as a success, and the second one for the same
//! order is as fast as the first. With `ledger: true` every request that is served is entered under its key (`keys` of the users say
//! who asks for which), whether or not its caller still waits for the answer. `duplicates` counts the entries under a key that had one
//! already, `effects` is the number of entries of the key that has most. The ledger only counts: what is to be done once needs a key
//! that is recognised (an idempotency key, RFC draft "The Idempotency-Key HTTP Header Field"), for instance a cache in front.
//!
//! ```yaml
//! name: ledger-example
//! length: 60s
//! warmup: 0s
//! clients:
//!   orders: {calls: {to: card, timeout: 500ms, retries: 2}, rate: 10/s, keys: {count: 50000000}}
//! services:
//!   card: {workers: 100, work: 100ms, ledger: true}
//! faults:
//!   slow: {kind: slow, on: card, factor: 10, at: 20s, for: 20s}
//! expect:
//!   - duplicates(card) <= 0 between 0s and 20s
//!   - max(effects(card)) <= 1 between 0s and 20s
//!   - success(orders) <= 10% during slow
//!   - max(effects(card)) >= 3 during slow
//!   - duplicates(card) >= 300 during slow
//! ```

use crate::model::Page;
use crate::scenario::{FieldDoc, Shape};

pub const PAGE: Page = Page { name: "ledger", page: include_str!("ledger.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 1] =
    [FieldDoc::optional("ledger", Shape::Flag, "false", "what it has done is counted by key")];
