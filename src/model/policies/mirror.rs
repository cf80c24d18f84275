//! A call whose answer nobody waits for: traffic that is copied to a new version, an audit line, a message sent and forgotten.
//!
//! With `mirror: true` the request is sent and the caller goes on at once, holding no worker for it; that it fails hits nobody. Its
//! `timeout` and `retries` still hold, and its work is not counted as waste: it was wanted, although nobody waits. What it costs is
//! load on the called service, and on everything that this calls and that real requests need too.
//!
//! ```yaml
//! name: mirror-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 50/s}
//! services:
//!   web:
//!     calls:
//!       - {to: candidate, mirror: true, timeout: 1s}
//!       - {to: stable}
//!   stable: {work: exp(5ms)}
//!   candidate: {work: exp(5ms)}
//! faults:
//!   bad-version: {kind: errors, on: candidate, share: 100%, at: 20s, for: 20s}
//! expect:
//!   - success(users) >= 100%
//!   - errors(web->candidate) >= 99% during bad-version
//!   - p99(users) <= 30ms
//! ```

use crate::model::Page;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const PAGE: Page = Page { name: "mirror", page: include_str!("mirror.rs"), fields: &[&TABLE] };

static TABLE: [FieldDoc; 1] = [DOC];

pub const DOC: FieldDoc = FieldDoc::optional("mirror", Shape::Flag, "false", "sent, and nobody waits for the answer");

/// What a call for whose answer nobody waits cannot have.
const WITHOUT: &[&str] = &["optional", "fallback", "hedge", "miss"];

/// Reads `mirror` of a call.
pub fn read(call: &Fields) -> bool {
    let mirror = call.flag("mirror").unwrap_or(false);
    for name in WITHOUT.iter().filter(|name| mirror && call.knows(name) && call.has(name)) {
        let message = format!("`{name}` has no meaning here: nobody waits for the answer of a mirrored call");
        call.error(name, message).help("leave it out").code("wrong-value");
    }
    mirror
}
